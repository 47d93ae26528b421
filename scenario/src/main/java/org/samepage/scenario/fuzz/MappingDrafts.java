// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.fuzz;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Drafts of what makes and moves mappings, and ranges of them: mostly sensible, some at the edge.
 */
final class MappingDrafts {
  private static final int SMALL = 12;
  private static final int LARGE = 1100;

  private final Chance chance;
  private final Model model;
  private final List<String> places;

  MappingDrafts(Chance chance, Model model, List<String> places) {
    this.chance = chance;
    this.model = model;
    this.places = places;
  }

  /** Mostly few pages; now and then more than one page table. */
  private long size() {
    if (chance.oneIn(60)) {
      return 0;
    }
    return chance.oneIn(12) ? chance.between(1, LARGE) : chance.between(1, SMALL);
  }

  /** One of a process's mappings; null where it has none. */
  @Nullable String mapping(String process) {
    List<String> names = List.copyOf(model.mappings(process).keySet());
    return names.isEmpty() ? null : chance.of(names);
  }

  /** Somewhere that is likely to touch or to hit another mapping. */
  private String place(String process) {
    String near = mapping(process);
    if (near == null || chance.oneIn(4)) {
      String place = chance.of(places);
      return chance.oneIn(2)
          ? place
          : "0x%x".formatted(Long.decode(place) + 4096L * chance.between(0, SMALL));
    }
    return switch (chance.below(4)) {
      case 0, 1 -> near + ".end";
      case 2 -> "%s-%sp".formatted(near, chance.between(1, SMALL));
      default -> "%s.end+%sp".formatted(near, chance.between(1, 4));
    };
  }

  Draft mmap(String process, String protection) {
    String name = model.newMapping();
    boolean sparse = chance.oneIn(16);
    long pages = sparse ? 1L << chance.between(9, 18) : size();
    StringBuilder line = new StringBuilder();
    line.append("%s mmap %s %sp".formatted(process, name, pages));
    if (!protection.equals("rw")) {
      line.append(" prot=").append(protection);
    }
    if (chance.oneIn(10)) {
      line.append(" shared");
    }
    if (sparse) {
      line.append(" noreserve");
    } else if (chance.oneIn(12)) {
      line.append(" populate");
    }
    if (chance.oneIn(2)) {
      line.append(" at=").append(place(process));
    }
    if (!model.files().isEmpty() && chance.oneIn(6)) {
      line.append(" file=").append(chance.of(model.files()));
      if (chance.oneIn(2)) {
        line.append(" offset=").append(chance.between(0, 4)).append('p');
      }
    }
    return new Draft(line.toString(), () -> model.mapped(process, name, pages));
  }

  @Nullable Draft mremap(String process) {
    String range = wholeOrPages(process);
    if (range == null) {
      return null;
    }
    long pages = chance.oneIn(3) ? size() : -1;
    String mapping = range.contains("[") ? range.substring(0, range.indexOf('[')) : range;
    Long whole = model.mappings(process).get(mapping);
    long spanned = range.contains("[") ? span(range) : whole == null ? 1 : whole;
    long size = pages < 0 ? spanned : pages;
    StringBuilder line = new StringBuilder("%s mremap %s %sp".formatted(process, range, size));
    String renamed = chance.oneIn(2) ? model.newMapping() : null;
    if (!chance.oneIn(4)) {
      line.append(" move");
      if (chance.oneIn(2)) {
        line.append(" to=").append(place(process));
      }
      if (chance.oneIn(5)) {
        line.append(" dontunmap");
      }
    }
    if (renamed != null) {
      line.append(" as=").append(renamed);
    }
    return new Draft(
        line.toString(), () -> model.mapped(process, renamed == null ? mapping : renamed, size));
  }

  private static long span(String range) {
    String[] ends = range.substring(range.indexOf('[') + 1, range.length() - 1).split("\\.\\.");
    return Long.parseLong(ends[1].replace("p", "")) - Long.parseLong(ends[0].replace("p", ""));
  }

  private @Nullable String wholeOrPages(String process) {
    String mapping = mapping(process);
    if (mapping == null) {
      return null;
    }
    return chance.oneIn(2) ? mapping : part(process, mapping);
  }

  /** A range for a system call; sometimes with ends within pages, or beyond the mapping. */
  @Nullable String range(String process) {
    String mapping = mapping(process);
    if (mapping == null) {
      return null;
    }
    if (chance.oneIn(30)) {
      long pages = size(process, mapping);
      return "%s[%s..%s]".formatted(mapping, 4096L * (pages / 2), 4096L * pages + 4096L * 2);
    }
    if (chance.oneIn(20)) {
      // over what follows, and the holes before it
      return "%s[0p..%sp]"
          .formatted(mapping, size(process, mapping) + chance.between(1, 2 * SMALL));
    }
    if (chance.oneIn(40)) {
      return mapping + "[" + chance.between(0, 5000) + ".." + chance.between(5001, 9000) + "]";
    }
    return chance.oneIn(3) ? mapping : part(process, mapping);
  }

  /** As {@link #range}; of a large mapping only a part, as locked pages are scanned one by one. */
  @Nullable String rangeToLock(String process) {
    String range = range(process);
    if (range == null) {
      return null;
    }
    String mapping = range.replaceFirst("\\[.*", "");
    return size(process, mapping) > LARGE ? part(process, mapping) : range;
  }

  /** A range of whole pages, and not too many. */
  @Nullable String pages(String process) {
    String mapping = mapping(process);
    if (mapping == null) {
      return null;
    }
    long pages = size(process, mapping);
    return pages <= 2 * SMALL && chance.oneIn(2) ? mapping : part(process, mapping);
  }

  private long size(String process, String mapping) {
    Map<String, Long> sizes = model.mappings(process);
    Long pages = sizes.get(mapping);
    return pages == null || pages == 0 ? 1 : pages;
  }

  private String part(String process, String mapping) {
    int pages = (int) Math.min(size(process, mapping), Integer.MAX_VALUE / 2);
    int from = chance.below(pages);
    int to = Math.min(pages, from + chance.between(1, SMALL));
    return "%s[%sp..%sp]".formatted(mapping, from, to);
  }
}
