// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.phys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.samepage.mm.phys.PageContents.Form;
import org.samepage.mm.units.PageUnits;

/** Slots are memory of their own, wherever they lie: in small chunks, blocks, or a second span. */
final class PageContentsTest {
  private static final int BLOCK = 512;

  /** More than one span of blocks, of which few pages are touched. */
  private static final int MANY = 34 * BLOCK;

  private static byte mark(int slot) {
    return (byte) (slot % 251 + 1);
  }

  @Test
  void every_slot_keeps_what_was_written_to_it() {
    try (PageContents contents = new PageContents()) {
      for (int slot = 1; slot < 4 * BLOCK; slot++) {
        assertThat(contents.allocate()).isEqualTo(slot);
        contents.fill(slot, mark(slot));
        contents.set(slot, 0, (byte) slot);
        contents.set(slot, PageUnits.PAGE_BYTES - 1, (byte) (slot >> 8));
      }
      for (int slot = 1; slot < 4 * BLOCK; slot++) {
        assertThat(contents.get(slot, 0)).isEqualTo((byte) slot);
        assertThat(contents.get(slot, 1)).isEqualTo(mark(slot));
        assertThat(contents.get(slot, PageUnits.PAGE_BYTES - 1)).isEqualTo((byte) (slot >> 8));
      }
      assertThat(contents.get(PageContents.ZERO_SLOT, 17)).isZero();
      contents.copy(5, 3 * BLOCK);
      assertThat(contents.mismatch(5, 3 * BLOCK)).isEqualTo(PageUnits.PAGE_BYTES);
      contents.set(3 * BLOCK, 4000, (byte) 0);
      assertThat(contents.mismatch(5, 3 * BLOCK)).isEqualTo(4000);
    }
  }

  @Test
  void no_two_slots_share_an_address_and_blocks_are_aligned() {
    try (PageContents contents = new PageContents()) {
      Set<Long> addresses = new HashSet<>();
      addresses.add(contents.address(PageContents.ZERO_SLOT));
      for (int slot = 1; slot < MANY; slot++) {
        contents.allocate();
        assertThat(addresses.add(contents.address(slot))).isTrue();
      }
      assertThat(contents.reservedBytes()).isEqualTo((long) MANY * PageUnits.PAGE_BYTES);
      boolean linux = System.getProperty("os.name").startsWith("Linux");
      if (linux && PageContents.class.getModule().isNativeAccessEnabled()) {
        for (int block = 1; block < MANY / BLOCK; block++) {
          assertThat(contents.address(block * BLOCK) % PageUnits.PMD_SIZE).isZero();
        }
      }
      int last = MANY - 1;
      contents.set(last, 9, (byte) 1);
      assertThat(contents.get(last, 9)).isEqualTo((byte) 1);
      assertThat(contents.get(last, 8)).as("fresh memory is zero").isZero();
    }
  }

  @Test
  void digests_of_many_pages_share_a_block() {
    int perBlock = (int) PageUnits.PMD_SIZE / 16;
    try (PageContents contents = new PageContents(Form.DIGESTS)) {
      for (int slot = 1; slot <= perBlock; slot++) {
        contents.allocate();
      }
      assertThat(contents.reservedBytes()).isEqualTo(2 * PageUnits.PMD_SIZE);
      assertThat(contents.address(perBlock - 1) - contents.address(0))
          .isEqualTo(PageUnits.PMD_SIZE - 16);
    }
  }

  @Test
  void digests_differ_from_the_first_byte_that_differs() {
    try (PageContents contents = new PageContents(Form.DIGESTS)) {
      int a = contents.allocate();
      int b = contents.allocate();
      contents.fill(a, (byte) 7);
      contents.fill(b, (byte) 7);
      assertThat(contents.mismatch(a, b)).isEqualTo(PageUnits.PAGE_BYTES);
      for (int at = 15; at >= 0; at--) {
        contents.set(b, at, (byte) (0x87 + at));
        assertThat(contents.mismatch(a, b)).isEqualTo(at);
      }
    }
  }

  @Test
  void what_was_closed_is_not_read() {
    PageContents contents = new PageContents();
    int slot = 0;
    while (slot <= BLOCK) {
      slot = contents.allocate();
    }
    contents.set(slot, 0, (byte) 1);
    contents.close();
    int last = slot;
    assertThatThrownBy(() -> contents.get(last, 0)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> contents.get(1, 0)).isInstanceOf(IllegalStateException.class);
  }
}
