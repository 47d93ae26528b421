// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.draw;

import java.util.function.LongUnaryOperator;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.PteMarker;
import org.samepage.mm.pgtable.SwapEntry;
import org.samepage.mm.pgtable.SwapTypes;

/** One entry in words. */
final class EntryText {
  private EntryText() {}

  static String of(long word, LongUnaryOperator sharers) {
    if (Pte.ptePresent(word)) {
      long pfn = Pte.ptePfn(word);
      long maps = sharers.applyAsLong(pfn);
      return "frame 0x%x%s%s%s"
          .formatted(
              pfn,
              Pte.pteWrite(word) ? " write" : "",
              Pte.pteDirty(word) ? " dirty" : "",
              maps > 1 ? ", mapped %d times".formatted(maps) : "");
    }
    if (PteMarker.isGuardPteMarker(word)) {
      return "guard";
    }
    if (PteMarker.isPteMarker(word)) {
      return "marker 0x%x".formatted(PteMarker.pteMarkerGet(word));
    }
    if (SwapTypes.REFERENCE.isMigrationEntry(word)) {
      return "migration of frame 0x%x".formatted(SwapTypes.REFERENCE.swpOffsetPfn(word));
    }
    return "swap %d:0x%x".formatted(SwapEntry.swpTypeRaw(word), SwapEntry.swpOffsetRaw(word));
  }
}
