// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.fuzz;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.samepage.scenario.backend.Backend;
import org.samepage.scenario.lang.ScenarioException;
import org.samepage.scenario.lang.ScenarioParser;
import org.samepage.scenario.port.PortBackend;

/** Makes up scenarios, and compares the port with each rival on them. */
public final class Fuzzer {
  private static final String ARROW = " => ";

  private static final String MACHINE = "machine ";

  /** Asks for no machine of its own. */
  private static final String ANY_STATEMENT = "scan 1";

  private final Booting<PortBackend> port;
  private final List<Rival> rivals;
  private final int ops;
  private final Repertoire repertoire;
  private long compared;
  private long leftOut;
  private long failing;

  /**
   * A fuzzer.
   *
   * @param port boots the machine on which scenarios are rehearsed
   * @param rivals whom to compare with
   * @param ops statements that are drafted for a scenario
   * @param repertoire which statements are drafted beside what every machine can do
   */
  public Fuzzer(Booting<PortBackend> port, List<Rival> rivals, int ops, Repertoire repertoire) {
    this.port = port;
    this.rivals = List.copyOf(rivals);
    this.ops = ops;
    this.repertoire = repertoire;
  }

  /** The statements of the scenario of a seed and an index: the same everywhere. */
  public List<String> scenario(long seed, long index) {
    return draft(name(seed, index), seed, index).lines();
  }

  /**
   * Makes up a scenario and runs it on all sides.
   *
   * @return null where none differs
   */
  public @Nullable Finding round(long seed, long index) {
    String name = name(seed, index);
    Rehearsal drafted = draft(name, seed, index);
    leftOut += drafted.leftOut();
    failing += drafted.lines().stream().filter(line -> line.contains(ARROW)).count();
    List<String> lines = bare(drafted.lines());
    // afresh, as what was left out may have left its mark on the machine
    Finding first = replay(lines, name, true);
    if (first == null) {
      return null;
    }
    // on another machine something else might differ
    int machine = lines.getFirst().startsWith(MACHINE) ? 1 : 0;
    List<String> head = lines.subList(0, machine);
    List<String> shortest =
        new Shrinker(candidate -> replay(joined(head, candidate), name, false) != null)
            .shrink(lines.subList(machine, lines.size()));
    Finding last = replay(joined(head, shortest), name, false);
    return last == null ? first.once() : last;
  }

  private static List<String> joined(List<String> head, List<String> rest) {
    List<String> all = new ArrayList<>(head);
    all.addAll(rest);
    return all;
  }

  private static String name(long seed, long index) {
    return "fuzz-%s-%s".formatted(seed, index);
  }

  private Rehearsal draft(String name, long seed, long index) {
    Generator generator = new Generator(new Chance(Chance.mix(seed, index)), repertoire);
    String machine = generator.machine();
    try (PortBackend backend = boot(name, machine == null ? List.of() : List.of(machine))) {
      Rehearsal rehearsal = new Rehearsal(name, backend, repertoire);
      if (machine != null) {
        rehearsal.attempt(new Draft(machine));
      }
      for (int i = 0; i < ops; i++) {
        rehearsal.attempt(generator.next());
      }
      rehearsal.attempt(new Draft("scan 1"));
      return rehearsal;
    }
  }

  /** The machine that the first of these lines asks for, or the usual one. */
  private PortBackend boot(String name, List<String> lines) {
    String first = lines.isEmpty() ? ANY_STATEMENT : lines.getFirst();
    try {
      return port.boot(ScenarioParser.parse(name, first));
    } catch (ScenarioException e) {
      throw new IllegalStateException("what was made up cannot be read", e);
    }
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
    try (PortBackend backend = boot(name, bareLines)) {
      Rehearsal rehearsal = new Rehearsal(name, backend, repertoire);
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
      try (Backend backend = rival.boot().boot(rehearsal.scenario())) {
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
