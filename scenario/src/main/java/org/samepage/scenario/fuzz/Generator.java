// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.fuzz;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Drafts one statement after the other, all verbs of the language among them. */
final class Generator {
  private static final List<String> PROTECTIONS =
      List.of("none", "r", "rw", "rw", "rw", "rx", "rwx");
  private static final List<String> ADVICE =
      List.of(
          "MERGEABLE",
          "MERGEABLE",
          "MERGEABLE",
          "MERGEABLE",
          "UNMERGEABLE",
          "DONTNEED",
          "DONTNEED",
          "GUARD_INSTALL",
          "GUARD_REMOVE",
          "POPULATE_READ",
          "POPULATE_WRITE",
          "DONTFORK",
          "DOFORK",
          "WIPEONFORK",
          "KEEPONFORK",
          "NOHUGEPAGE");

  /** Hardly any, so that it becomes full, and enough. */
  private static final List<String> SWAP_PAGES = List.of("8", "64", "512");

  /** As good as without end: how full a real machine's swap is cannot be told beforehand. */
  private static final String PLENTY = "131072";

  private static final List<String> PLACES =
      List.of("0x200000000000", "0x2000001ff000", "0x3fffffff0000", "0x600000000000");

  private final Chance chance;
  private final Model model;
  private final MappingDrafts mappings;
  private final KsmDrafts ksm;
  private final HugeDrafts huge;
  private final List<Supplier<Draft>> verbs = new ArrayList<>();
  private final int nodes;
  private final @Nullable String machine;
  private final List<String> opening = new ArrayList<>();

  /**
   * A generator.
   *
   * @param repertoire what is drafted beside what every machine can do
   */
  Generator(Chance chance, Repertoire repertoire) {
    this.chance = chance;
    this.model = new Model();
    this.mappings = new MappingDrafts(chance, model, PLACES);
    this.ksm = new KsmDrafts(chance);
    this.huge = new HugeDrafts(chance, model, mappings);
    weigh(8, this::mmap);
    weigh(3, this::munmap);
    weigh(5, this::mremap);
    weigh(4, this::mprotect);
    weigh(9, this::madvise);
    weigh(3, this::mergeable);
    weigh(1, this::mlock);
    weigh(1, this::prctl);
    weigh(12, this::write);
    weigh(3, this::poke);
    weigh(3, this::touch);
    weigh(2, this::check);
    weigh(2, this::fork);
    weigh(1, this::exit);
    weigh(1, this::file);
    weigh(1, this::process);
    weigh(3, ksm::store);
    weigh(8, ksm::scan);
    nodes = repertoire.choosesMachine() ? 2 : 1;
    machine = machine(repertoire);
    if (repertoire.choosesMachine()) {
      weigh(4, this::migrate);
      weigh(1, this::offline);
    }
    if (repertoire.swap()) {
      weigh(5, this::swapout);
    }
    if (repertoire.huge()) {
      weigh(repertoire.isKernels() ? 1 : 0, this::migrateToNode);
      weigh(3, this::hugeMapping);
      weigh(9, this::hugeAdvice);
      weigh(2, this::hugeWrite);
    }
    if (chance.oneIn(3)) {
      opening.add("ksm use_zero_pages=1");
    }
  }

  private @Nullable String machine(Repertoire repertoire) {
    if (repertoire.choosesMachine()) {
      return "machine nodes=2 swap=%s thp=%s".formatted(chance.of(SWAP_PAGES), huge.mode());
    }
    return repertoire.swap() ? "machine swap=" + PLENTY : null;
  }

  /** The statement about the machine, which comes first; null for the usual one. */
  @Nullable String machine() {
    return machine;
  }

  private void weigh(int weight, Supplier<Draft> verb) {
    for (int i = 0; i < weight; i++) {
      verbs.add(verb);
    }
  }

  Draft next() {
    if (!opening.isEmpty()) {
      return new Draft(opening.removeFirst());
    }
    if (model.processes().isEmpty()) {
      return process();
    }
    Draft following = huge.following();
    return following != null ? following : chance.of(verbs).get();
  }

  private String anyProcess() {
    return chance.of(model.processes());
  }

  /** A process, a verb, a range of it, and what else the verb takes. */
  private Draft onRange(String verb, Supplier<String> rest) {
    return on(MappingDrafts::range, verb, rest);
  }

  private Draft onPages(String verb, Supplier<String> rest) {
    return on(MappingDrafts::pages, verb, rest);
  }

  private Draft on(
      BiFunction<MappingDrafts, String, @Nullable String> kind,
      String verb,
      Supplier<String> rest) {
    String process = anyProcess();
    String range = kind.apply(mappings, process);
    if (range == null) {
      return mmap();
    }
    String behind = rest.get();
    return new Draft(
        "%s %s %s%s".formatted(process, verb, range, behind.isEmpty() ? "" : " " + behind));
  }

  private Draft process() {
    if (model.isFull()) {
      return exit();
    }
    String name = model.newProcess();
    return new Draft("process " + name, () -> model.started(name));
  }

  private Draft fork() {
    if (model.isFull()) {
      return exit();
    }
    String parent = anyProcess();
    String child = model.newProcess();
    return new Draft(parent + " fork " + child, () -> model.forked(parent, child));
  }

  private Draft exit() {
    String name = anyProcess();
    return new Draft(name + " exit", () -> model.exited(name));
  }

  private Draft file() {
    String name = model.newFile();
    return new Draft(
        "file %s %sp %s".formatted(name, chance.between(1, 24), content()),
        () -> model.filed(name));
  }

  private Draft mmap() {
    return mappings.mmap(anyProcess(), chance.of(PROTECTIONS));
  }

  private Draft munmap() {
    return onRange("munmap", () -> "");
  }

  private Draft mremap() {
    Draft draft = mappings.mremap(anyProcess());
    return draft == null ? mmap() : draft;
  }

  private Draft mprotect() {
    return onRange("mprotect", () -> chance.of(PROTECTIONS));
  }

  private Draft madvise() {
    return onRange("madvise", () -> chance.of(ADVICE));
  }

  /** What everything about KSM begins with. */
  private Draft mergeable() {
    String process = anyProcess();
    String mapping = mappings.mapping(process);
    return mapping == null
        ? mmap()
        : new Draft("%s madvise %s MERGEABLE".formatted(process, mapping));
  }

  private Draft mlock() {
    String verb = chance.oneIn(2) ? "mlock" : "munlock";
    return on(MappingDrafts::rangeToLock, verb, () -> "");
  }

  private Draft prctl() {
    return new Draft(anyProcess() + " prctl MEMORY_MERGE " + chance.below(2));
  }

  private Draft write() {
    return onPages("write", this::content);
  }

  private Draft poke() {
    return onPages("poke", () -> Integer.toString(chance.below(3)));
  }

  private Draft touch() {
    return onPages("touch", () -> "");
  }

  private Draft migrate() {
    return chance.oneIn(4) ? onPages("migrate", () -> "") : migrateToNode();
  }

  /** To one of the nodes; now and then to one that is not there. */
  private Draft migrateToNode() {
    return onPages("migrate", () -> "node=" + (chance.oneIn(20) ? nodes : chance.below(nodes)));
  }

  private Draft swapout() {
    return onPages("swapout", () -> "");
  }

  private Draft offline() {
    return onPages("offline", () -> "");
  }

  private Draft hugeMapping() {
    return huge.mmap(anyProcess());
  }

  private Draft hugeAdvice() {
    Draft draft = huge.madvise(anyProcess());
    return draft == null ? hugeMapping() : draft;
  }

  private Draft hugeWrite() {
    Draft draft = huge.write(anyProcess());
    return draft == null ? hugeMapping() : draft;
  }

  private Draft check() {
    return onPages("check", this::content);
  }

  /** Few different ones, so that pages are equal by chance. */
  private String content() {
    return switch (chance.below(8)) {
      case 0, 1 -> "zero";
      case 2 -> "byte=" + chance.between(0, 255);
      case 3 -> "seq=" + chance.between(0, 4);
      case 4 -> "cycle=" + chance.between(1, 5);
      default -> "id=" + chance.between(0, 3);
    };
  }
}
