// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.fuzz;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Drafts of what makes huge pages, uses them as a whole or in part, and splits them. */
final class HugeDrafts {
  /** Pages of a huge page. */
  private static final int PAGES = 512;

  private static final List<String> MODES = List.of("madvise", "madvise", "always", "never");
  private static final List<String> ADVICE =
      List.of(
          "HUGEPAGE",
          "HUGEPAGE",
          "NOHUGEPAGE",
          "COLLAPSE",
          "COLLAPSE",
          "COLLAPSE",
          "COLD",
          "PAGEOUT",
          "PAGEOUT",
          "FREE",
          "FREE",
          "DONTNEED",
          "MERGEABLE",
          "UNMERGEABLE");

  /** One huge page, one with a rest behind it, two, and two with less than one more. */
  private static final List<Integer> SIZES = List.of(PAGES, PAGES + 9, 2 * PAGES, 3 * PAGES - 1);

  private final Chance chance;
  private final Model model;
  private final MappingDrafts mappings;

  /** What a mapping that may have huge pages begins with. */
  private final Deque<Draft> following = new ArrayDeque<>();

  HugeDrafts(Chance chance, Model model, MappingDrafts mappings) {
    this.chance = chance;
    this.model = model;
    this.mappings = mappings;
  }

  /** Which mappings are to have huge pages. */
  String mode() {
    return chance.of(MODES);
  }

  /** A statement that belongs behind the last one; null where anything may follow. */
  @Nullable Draft following() {
    return following.poll();
  }

  /** A mapping that begins where a huge page may; what it is for follows. */
  Draft mmap(String process) {
    String name = model.newMapping();
    int pages = chance.of(SIZES);
    if (!chance.oneIn(4)) {
      following.add(new Draft("%s madvise %s HUGEPAGE".formatted(process, name)));
    }
    if (chance.oneIn(2)) {
      following.add(new Draft("%s madvise %s MERGEABLE".formatted(process, name)));
    }
    following.add(
        switch (chance.below(4)) {
          case 0 -> new Draft("%s touch %s[%sp]".formatted(process, name, chance.below(pages)));
          case 1 -> new Draft("%s poke %s[%sp] 1".formatted(process, name, chance.below(pages)));
          default -> write(process, name, pages);
        });
    return new Draft(
        "%s mmap %s %sp".formatted(process, name, pages), () -> model.mapped(process, name, pages));
  }

  /** Advice about a whole mapping, about what one huge page spans, or about a few pages. */
  @Nullable Draft madvise(String process) {
    String mapping = large(process);
    String range = chance.oneIn(3) ? mappings.range(process) : span(process, mapping);
    return range == null
        ? null
        : new Draft("%s madvise %s %s".formatted(process, range, chance.of(ADVICE)));
  }

  /** Contents for many pages. */
  @Nullable Draft write(String process) {
    String mapping = large(process);
    return mapping == null ? null : write(process, mapping, size(process, mapping));
  }

  private Draft write(String process, String mapping, long pages) {
    long from = chance.oneIn(3) ? chance.below((int) pages) : 0;
    long to = chance.oneIn(3) ? Math.min(pages, from + chance.between(1, PAGES)) : pages;
    return new Draft("%s write %s[%sp..%sp] %s".formatted(process, mapping, from, to, content()));
  }

  /** Equal pages within a huge page, or none, and pages of zeros. */
  private String content() {
    return switch (chance.below(6)) {
      case 0 -> "zero";
      case 1 -> "id=" + chance.between(0, 3);
      case 2 -> "cycle=" + chance.between(1, 300);
      default -> "seq=" + chance.between(0, 600);
    };
  }

  private @Nullable String span(String process, @Nullable String mapping) {
    if (mapping == null || chance.oneIn(3)) {
      return mapping;
    }
    int first = PAGES * chance.below((int) Math.max(1, size(process, mapping) / PAGES));
    return "%s[%sp..%sp]".formatted(mapping, first, first + PAGES);
  }

  /** A mapping in which a huge page may be; null where there is none. */
  private @Nullable String large(String process) {
    List<String> names =
        model.mappings(process).entrySet().stream()
            .filter(mapping -> mapping.getValue() >= PAGES && mapping.getValue() <= 4L * PAGES)
            .map(Map.Entry::getKey)
            .toList();
    return names.isEmpty() ? null : chance.of(names);
  }

  private long size(String process, String mapping) {
    return model.mappings(process).getOrDefault(mapping, 1L);
  }
}
