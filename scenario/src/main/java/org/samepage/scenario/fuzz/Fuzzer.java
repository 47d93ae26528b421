// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.fuzz;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.samepage.scenario.backend.Backend;
import org.samepage.scenario.lang.ScenarioException;
import org.samepage.scenario.port.PortBackend;

/** Makes up scenarios, and compares the port with each rival on them. */
public final class Fuzzer {
  private static final String ARROW = " => ";

  private final Supplier<PortBackend> port;
  private final List<Rival> rivals;
  private final int ops;
  private final boolean moving;
  private long compared;
  private long leftOut;
  private long failing;

  /**
   * A fuzzer.
   *
   * @param port boots the machine on which scenarios are rehearsed
   * @param rivals whom to compare with
   * @param ops statements that are drafted for a scenario
   * @param moving whether pages are migrated, swapped out and taken out of use, too, and huge ones
   *     made and split
   */
  public Fuzzer(Supplier<PortBackend> port, List<Rival> rivals, int ops, boolean moving) {
    this.port = port;
    this.rivals = List.copyOf(rivals);
    this.ops = ops;
    this.moving = moving;
  }

  /** The statements of the scenario of a seed and an index: the same everywhere. */
  public List<String> scenario(long seed, long index) {
    try (PortBackend backend = port.get()) {
      return draft(name(seed, index), seed, index, backend).lines();
    }
  }

  /**
   * Makes up a scenario and runs it on all sides.
   *
   * @return null where none differs
   */
  public @Nullable Finding round(long seed, long index) {
    String name = name(seed, index);
    List<String> lines;
    try (PortBackend backend = port.get()) {
      Rehearsal drafted = draft(name, seed, index, backend);
      leftOut += drafted.leftOut();
      failing += drafted.lines().stream().filter(line -> line.contains(ARROW)).count();
      lines = bare(drafted.lines());
    }
    // afresh, as what was left out may have left its mark on the machine
    Finding first = replay(lines, name, true);
    if (first == null) {
      return null;
    }
    List<String> shortest =
        new Shrinker(candidate -> replay(candidate, name, false) != null).shrink(lines);
    Finding last = replay(shortest, name, false);
    return last == null ? first.once() : last;
  }

  private static String name(long seed, long index) {
    return "fuzz-%s-%s".formatted(seed, index);
  }

  private Rehearsal draft(String name, long seed, long index, PortBackend backend) {
    Rehearsal rehearsal = new Rehearsal(name, backend);
    Generator generator = new Generator(new Chance(Chance.mix(seed, index)), moving);
    for (int i = 0; i < ops; i++) {
      rehearsal.attempt(generator.next());
    }
    rehearsal.attempt(new Draft("scan 1"));
    return rehearsal;
  }

  private static List<String> bare(List<String> lines) {
    List<String> bare = new ArrayList<>();
    for (String line : lines) {
      int arrow = line.indexOf(ARROW);
      bare.add(arrow < 0 ? line : line.substring(0, arrow));
    }
    return bare;
  }

  private @Nullable Finding replay(List<String> bareLines, String name, boolean count) {
    try (PortBackend backend = port.get()) {
      Rehearsal rehearsal = new Rehearsal(name, backend);
      bareLines.forEach(line -> rehearsal.attempt(new Draft(line)));
      return rehearsal.lines().isEmpty() ? null : compare(rehearsal, name, count);
    }
  }

  private @Nullable Finding compare(Rehearsal rehearsal, String name, boolean count) {
    String problem = rehearsal.problem();
    if (problem != null) {
      return new Finding(name, "itself", rehearsal.lines(), List.of(problem), null, null);
    }
    for (Rival rival : rivals) {
      try (Backend backend = rival.boot().get()) {
        Duel duel = new Duel(rehearsal, rival.name());
        List<String> differences = duel.fight(backend);
        compared += count ? duel.compared() : 0;
        if (!differences.isEmpty()) {
          return new Finding(
              name,
              rival.name(),
              rehearsal.lines(),
              differences,
              rehearsal.document(),
              duel.document());
        }
      } catch (ScenarioException e) {
        throw new IllegalStateException("what was rehearsed cannot be read", e);
      }
    }
    return null;
  }

  /** Statements that were carried out on the port and on a rival, and compared. */
  public long compared() {
    return compared;
  }

  /** Of those, calls and accesses that failed, on both sides with the same error. */
  public long failing() {
    return failing;
  }

  /** Drafts that could not be carried out. */
  public long leftOut() {
    return leftOut;
  }
}
