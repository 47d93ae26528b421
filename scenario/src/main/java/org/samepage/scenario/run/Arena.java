// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.run;

import static org.samepage.mm.units.PageUnits.PMD_SIZE;
import static org.samepage.mm.units.PageUnits.pageAlignUp;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.samepage.scenario.lang.Address;
import org.samepage.scenario.lang.Range;

/** The names of a process's mappings, and where the next one goes. */
final class Arena {
  static final long START = 0x1000_0000_0000L;
  static final long END = 0x7000_0000_0000L;

  private final Map<String, Span> spans;
  private long cursor;

  /** Where a name's mapping is. */
  record Span(long start, long length) {
    long end() {
      return start + length;
    }
  }

  /** A part of a mapping, in addresses. */
  record Part(long start, long length) {}

  /** What a statement asks for is not possible in this arena. */
  static final class ArenaException extends Exception {
    private static final long serialVersionUID = 1L;

    ArenaException(String problem) {
      super(problem);
    }
  }

  Arena() {
    this.spans = new LinkedHashMap<>();
    this.cursor = START;
  }

  private Arena(Arena parent) {
    this.spans = new LinkedHashMap<>(parent.spans);
    this.cursor = parent.cursor;
  }

  /** What a forked child begins with. */
  Arena copy() {
    return new Arena(this);
  }

  Span span(String name) throws ArenaException {
    Span span = spans.get(name);
    if (span == null) {
      throw new ArenaException(
          spans.isEmpty()
              ? "unknown mapping %s; there are none".formatted(name)
              : "unknown mapping %s; there are %s"
                  .formatted(name, String.join(", ", spans.keySet())));
    }
    return span;
  }

  Part part(Range range) throws ArenaException {
    Span span = span(range.mapping());
    return range.isWhole()
        ? new Part(span.start, span.length)
        : new Part(span.start + range.from(), range.to() - range.from());
  }

  /**
   * Where a mapping is to be placed.
   *
   * @param at null for the cursor
   */
  long place(@Nullable Address at, long length) throws ArenaException {
    long address = at == null ? cursor : resolve(at);
    if (address < START || address >= END || length > END - address) {
      throw new ArenaException(
          "%#x is outside the arena from %#x to %#x".formatted(address, START, END));
    }
    return address;
  }

  private long resolve(Address address) throws ArenaException {
    if (address.mapping() == null) {
      return address.offset();
    }
    Span span = span(address.mapping());
    return (address.end() ? span.end() : span.start) + address.offset();
  }

  /** Names a mapping that was made; the cursor moves on where it was placed by the cursor. */
  void placed(String name, long start, long length, boolean byCursor) {
    long whole = pageAlignUp(length);
    spans.put(name, new Span(start, whole));
    if (byCursor) {
      cursor = (start + whole + PMD_SIZE + PMD_SIZE - 1) & -PMD_SIZE;
    }
  }
}
