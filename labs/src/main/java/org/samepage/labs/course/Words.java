// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.labs.course;

import java.util.ArrayList;
import java.util.List;
import org.samepage.labs.course.EntryLab.Word;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.PteMarker;
import org.samepage.mm.pgtable.SwapEntry;
import org.samepage.mm.pgtable.SwapTypes;

/** Makes words of page tables from what they are to say. */
final class Words {
  private static final int PFN_BITS = 34;
  private static final SwapTypes TYPES = SwapTypes.REFERENCE;

  private final Draw draw;
  private int swaps;

  Words(Draw draw) {
    this.draw = draw;
  }

  private long pfn() {
    return 1 + draw.bits(draw.between(1, PFN_BITS - 1));
  }

  /** A page that may be accessed; sometimes one that has lost its write bit while dirty. */
  Word page() {
    return page(Pte.PRESENT | Pte.USER, "");
  }

  /** A page of a mapping without any access. */
  Word protnone() {
    return page(Pte.PROTNONE, " no-access");
  }

  private Word page(long bits, String end) {
    long pfn = pfn();
    boolean write = draw.oneIn(2);
    boolean dirty = draw.oneIn(2);
    boolean young = draw.oneIn(2);
    boolean uffd = draw.oneIn(3);
    long flags = bits;
    flags |= draw.oneIn(2) ? Pte.NX : 0;
    flags |= write ? Pte.RW : 0;
    flags |= !dirty ? 0 : write ? Pte.DIRTY : Pte.SAVED_DIRTY;
    flags |= young ? Pte.ACCESSED : 0;
    flags |= uffd ? Pte.UFFD_WP : 0;
    return new Word(
        Pte.pfnPte(pfn, flags),
        "page pfn=0x%x%s%s%s%s%s"
            .formatted(
                pfn,
                write ? " write" : "",
                dirty ? " dirty" : "",
                young ? " young" : "",
                uffd ? " uffd-wp" : "",
                end));
  }

  /** A slot of a swap file, with or without flags below its offset; the first of the last file. */
  Word swap() {
    int last = TYPES.maxSwapfiles - 1;
    int type = swaps++ == 0 ? last : draw.between(0, last);
    long offset = draw.bits(draw.between(1, 40));
    long word = SwapEntry.swpEntryRaw(type, offset);
    boolean exclusive = draw.oneIn(2);
    word = exclusive ? SwapEntry.pteSwpMkexclusive(word) : word;
    return new Word(
        word, "swap type=%d offset=0x%x%s".formatted(type, offset, exclusive ? " exclusive" : ""));
  }

  /** An entry of a page that moves. */
  Word migration() {
    long pfn = pfn();
    int kind = draw.between(0, 2);
    long word =
        switch (kind) {
          case 0 -> TYPES.makeReadableMigrationEntry(pfn);
          case 1 -> TYPES.makeReadableExclusiveMigrationEntry(pfn);
          default -> TYPES.makeWritableMigrationEntry(pfn);
        };
    word = draw.oneIn(2) ? TYPES.makeMigrationEntryYoung(word) : word;
    word = draw.oneIn(2) ? TYPES.makeMigrationEntryDirty(word) : word;
    return new Word(
        word,
        "migration %s pfn=0x%x"
            .formatted(List.of("read", "read-exclusive", "write").get(kind), pfn));
  }

  /** A marker that says one thing or several. */
  Word marker() {
    int bits = draw.between(1, 7);
    List<String> said = new ArrayList<>();
    if ((bits & PteMarker.UFFD_WP) != 0) {
      said.add("uffd-wp");
    }
    if ((bits & PteMarker.POISONED) != 0) {
      said.add("poisoned");
    }
    if ((bits & PteMarker.GUARD) != 0) {
      said.add("guard");
    }
    return new Word(PteMarker.makePteMarker(bits), "marker " + String.join("+", said));
  }
}
