// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.vma;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.mm.vma.VmFlags.VM_ACCESS_FLAGS;
import static org.samepage.mm.vma.VmFlags.VM_EXEC;
import static org.samepage.mm.vma.VmFlags.VM_IO;
import static org.samepage.mm.vma.VmFlags.VM_MAYBE_GUARD;
import static org.samepage.mm.vma.VmFlags.VM_MAYEXEC;
import static org.samepage.mm.vma.VmFlags.VM_MAYREAD;
import static org.samepage.mm.vma.VmFlags.VM_MAYWRITE;
import static org.samepage.mm.vma.VmFlags.VM_MERGEABLE;
import static org.samepage.mm.vma.VmFlags.VM_READ;
import static org.samepage.mm.vma.VmFlags.VM_SPECIAL;
import static org.samepage.mm.vma.VmFlags.VM_STICKY;
import static org.samepage.mm.vma.VmFlags.VM_WRITE;

import java.lang.reflect.Field;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.testing.TestMemory;

/**
 * The algebra of VMA flags, VT-17 to 26: what the kernel's tests ask of its bitmap type, asked of
 * the word that 6.18 has.
 *
 * <p>Without a counterpart here, as 6.18 has none of it either: the bitmap type itself with bits
 * above 63 (VT-17's comparison with the legacy word, and vma_flags_word), the descriptor that
 * mmap_prepare fills in, variants of one function for bit numbers, masks and structs, and a count
 * of bits (VT-26) beyond what {@link Long#bitCount} is.
 */
@PortedFrom(
    value = "tools/testing/vma/tests/vma.c:test_vma_flags_unchanged",
    fidelity = Fidelity.SIMPLIFIED,
    differs = "6.18 has a word, not a bitmap")
final class VmFlagsTest {
  private static final long RWX = VM_READ | VM_WRITE | VM_EXEC;

  private final TestMemory memory = new TestMemory();
  private final VmArea vma = new VmArea(memory.mm(), 0x1000, 0x2000, RWX, 1);

  @AfterEach
  void close() {
    memory.close();
  }

  @Test
  void VT_17_vma_flags_unchanged_each_bit_that_is_set_stays_and_brings_no_other() {
    long expected = 0;
    vma.vmFlags = 0;
    for (int bit = 0; bit < Long.SIZE; bit++) {
      expected |= 1L << bit;
      vma.vmFlags |= 1L << bit;
      assertThat(vma.vmFlags).isEqualTo(expected);
      assertThat(vma.has(1L << bit)).as("bit " + bit).isTrue();
    }
  }

  @Test
  void VT_17_vma_flags_unchanged_no_flag_has_bits_of_another_and_none_extends_its_sign()
      throws Exception {
    long seen = 0;
    for (Field field : VmFlags.class.getFields()) {
      long flag = field.getLong(null);
      if (Long.bitCount(flag) == 1 && flag != VM_STICKY && !field.getName().endsWith("_FLAGS")) {
        assertThat(seen & flag).as(field.getName()).isZero();
        seen |= flag;
      }
    }
    assertThat(seen).as("none is negative").isPositive();
    assertThat(VM_MERGEABLE).isEqualTo(1L << 31);
  }

  @Test
  void VT_18_vma_flags_cleared_what_is_cleared_is_empty_to_the_last_bit() {
    vma.vmFlags = -1;
    vma.vmFlagsReset(0);
    assertThat(vma.vmFlags).as("all but what is sticky").isEqualTo(VM_STICKY);
    vma.vmFlags = -1 & ~VM_STICKY;
    vma.vmFlagsReset(0);
    assertThat(vma.vmFlags).isZero();
  }

  @Test
  void VT_19_vma_flags_test_finds_what_is_set_alone_and_nothing_in_nothing() {
    assertThat(vma.has(VM_READ)).isTrue();
    assertThat(vma.has(VM_WRITE)).isTrue();
    assertThat(vma.has(VM_EXEC)).isTrue();
    assertThat(vma.has(VM_MAYWRITE)).isFalse();
    assertThat(vma.has(0)).as("an empty mask").isFalse();
    vma.vmFlags = 0;
    assertThat(vma.has(0)).as("even of empty flags").isFalse();
  }

  @Test
  void VT_20_vma_flags_test_any_is_content_with_one_of_many() {
    assertThat(vma.has(VM_READ | VM_MAYREAD | VM_IO)).isTrue();
    assertThat(vma.has(VM_EXEC | VM_WRITE)).isTrue();
    assertThat(vma.has(VM_ACCESS_FLAGS)).isTrue();
    assertThat(vma.has(VM_MAYREAD | VM_IO)).isFalse();
  }

  @Test
  void VT_21_vma_flags_clear_takes_what_it_names_and_leaves_the_rest() {
    for (long mask = 1; mask <= RWX; mask++) {
      vma.vmFlags = RWX & ~mask;
      assertThat(vma.has(mask)).isFalse();
      assertThat(vma.vmFlags | mask).isEqualTo(RWX);
    }
  }

  @Test
  void VT_22_vma_flags_empty_only_when_the_last_is_gone() {
    vma.vmFlags &= ~(VM_READ | VM_WRITE);
    assertThat(vma.vmFlags).isNotZero();
    vma.vmFlags &= ~VM_EXEC;
    assertThat(vma.vmFlags).isZero();
  }

  @Test
  void VT_23_vma_flags_diff_is_what_one_of_the_two_has() {
    long more = RWX | VM_MAYWRITE | VM_MAYEXEC;
    assertThat(RWX ^ more).isEqualTo(VM_MAYWRITE | VM_MAYEXEC);
    assertThat(more ^ RWX).isEqualTo(VM_MAYWRITE | VM_MAYEXEC);
    assertThat(RWX ^ (VM_READ | VM_WRITE)).isEqualTo(VM_EXEC);
  }

  @Test
  void VT_24_vma_flags_and_is_what_both_have() {
    assertThat(RWX & (RWX | VM_MAYWRITE)).isEqualTo(RWX);
    assertThat(vma.has(VM_IO | VM_MAYBE_GUARD)).isFalse();
    assertThat(RWX & (VM_READ | VM_IO)).isEqualTo(VM_READ);
    vma.vmFlags = VM_SPECIAL;
    assertThat(vma.has(VM_STICKY)).as("no sticky flag keeps VMAs apart").isFalse();
  }

  @Test
  void VT_25_append_vma_flags_to_a_mask_and_a_reset_that_keeps_what_is_sticky() {
    assertThat(VM_SPECIAL | VM_READ).isEqualTo(0x1004_4401L);
    vma.vmFlags |= VM_STICKY;
    vma.vmFlagsReset(VM_READ);
    assertThat(vma.vmFlags).isEqualTo(VM_READ | VM_STICKY);
    assertThat(vma.vmPageProt).as("as of a page that may be read").isEqualTo(0x25 | 1L << 63);
  }

  @Test
  void VT_26_vma_flags_count_of_the_flags_that_stand_for_several() {
    assertThat(Long.bitCount(VM_SPECIAL)).isEqualTo(4);
    assertThat(Long.bitCount(VM_ACCESS_FLAGS)).isEqualTo(3);
  }
}
