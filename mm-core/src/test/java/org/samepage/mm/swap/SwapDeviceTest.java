// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.swap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.testing.TestMemory;

final class SwapDeviceTest {
  /** A disk that takes everything and gives nothing back. */
  private static final class BrokenStore implements SwapStore {
    @Override
    public void write(int slot, byte[] page) {}

    @Override
    public byte @Nullable [] read(int slot) {
      return null;
    }

    @Override
    public void discard(int slot) {}
  }

  private final TestMemory memory = new TestMemory();
  private final Folios folios = memory.folios;

  @AfterEach
  void close() {
    memory.close();
  }

  private SwapDevice device(int pages) {
    return new SwapDevice(memory.sched, folios, new HeapSwapStore(), pages);
  }

  private int lockedFolio(int firstByte) {
    int folio = folios.vmaAllocFolioNoprof(0);
    folios.setByte(folio, 0, (byte) firstByte);
    folios.folioLock(folio);
    return folio;
  }

  @Test
  void slot_0_is_the_header_and_never_handed_out() {
    SwapDevice swap = device(3);
    assertThat(swap.totalSwapPages()).isEqualTo(2);
    int folio = lockedFolio(1);
    assertThat(swap.folioAllocSwap(folio)).isZero();
    assertThat(swap.pageSwapEntry(folio)).as("slot 1").isEqualTo(0x07ff_ffff_ffff_fc00L);
    assertThat(swap.folioAllocSwap(lockedFolio(2))).isZero();
    assertThat(swap.folioAllocSwap(lockedFolio(3))).isEqualTo(-Errno.ENOMEM);
    assertThat(swap.getNrSwapPages()).isZero();
    assertThat(device(0).totalSwapPages()).isZero();
    assertThat(device(0).folioAllocSwap(folio)).isEqualTo(-Errno.ENOMEM);
  }

  @Test
  void a_slot_lives_as_long_as_a_word_or_a_copy() {
    SwapDevice swap = device(3);
    int folio = lockedFolio(1);
    var _ = swap.folioAllocSwap(folio);
    assertThat(folios.folioRefCount(folio)).as("ours and the cache's").isEqualTo(2);
    long entry = swap.pageSwapEntry(folio);
    assertThat(swap.swapDuplicate(entry)).isZero();
    assertThat(swap.swapDuplicate(entry)).isZero();
    assertThat(swap.folioFreeSwap(folio)).as("words stand for it").isFalse();
    swap.swapFree(entry);
    swap.swapFree(entry);
    assertThat(swap.slotsInUse()).isEqualTo(1);
    assertThat(swap.folioFreeSwap(folio)).isTrue();
    assertThat(folios.folioTestDirty(folio)).as("there is no other copy any more").isTrue();
    assertThat(swap.slotsInUse()).isZero();
    assertThat(folios.folioRefCount(folio)).isEqualTo(1);
    assertThat(swap.swapDuplicate(entry)).isEqualTo(-Errno.ENOENT);
    assertThatThrownBy(() -> swap.swapFree(entry)).hasMessageContaining("once too often");
  }

  @Test
  void what_was_written_is_read_back_into_the_one_copy() {
    SwapDevice swap = device(3);
    int folio = lockedFolio(42);
    var _ = swap.folioAllocSwap(folio);
    long entry = swap.pageSwapEntry(folio);
    var _ = swap.swapDuplicate(entry);
    swap.swapWriteout(folio);
    swap.deleteFromSwapCache(folio);
    assertThat(swap.swapCacheGetFolio(entry)).isEqualTo(Frames.NO_PAGE);
    int back = folios.vmaAllocFolioNoprof(0);
    folios.folioLock(back);
    assertThat(swap.swapcachePrepare(entry, back)).isZero();
    assertThat(swap.swapcachePrepare(entry, lockedFolio(0)))
        .as("there is a copy")
        .isEqualTo(-Errno.EEXIST);
    swap.swapReadFolio(back);
    assertThat(folios.folioTestUptodate(back)).isTrue();
    assertThat(folios.byteAt(back, 0)).isEqualTo((byte) 42);
    assertThat(swap.swapCacheGetFolio(entry)).isEqualTo(back);
    assertThat(folios.folioRefCount(back)).as("the caller's, the cache's, ours").isEqualTo(3);
  }

  @Test
  void a_page_that_cannot_be_read_is_not_up_to_date() {
    SwapDevice swap = new SwapDevice(memory.sched, folios, new BrokenStore(), 3);
    int folio = lockedFolio(42);
    var _ = swap.folioAllocSwap(folio);
    swap.swapReadFolio(folio);
    assertThat(folios.folioTestUptodate(folio)).isFalse();
  }

  @Test
  void the_last_word_takes_an_unmapped_copy_with_it_and_leaves_a_mapped_one() {
    SwapDevice swap = device(64);
    int folio = lockedFolio(1);
    var _ = swap.folioAllocSwap(folio);
    long entry = swap.pageSwapEntry(folio);
    folios.folioUnlock(folio);
    var _ = swap.swapDuplicate(entry);
    memory.frames.setMapcountRaw(folio, 0);
    swap.freeSwapAndCacheNr(entry);
    assertThat(folios.folioTestSwapcache(folio)).as("mapped, and there is room").isTrue();
    memory.frames.setMapcountRaw(folio, -1);
    var _ = swap.swapDuplicate(entry);
    swap.freeSwapAndCacheNr(entry);
    assertThat(folios.folioTestSwapcache(folio)).isFalse();
    assertThat(swap.slotsInUse()).isZero();
  }
}
