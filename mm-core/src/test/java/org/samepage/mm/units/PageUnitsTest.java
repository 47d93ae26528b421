// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.units;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PageUnitsTest {
  @Test
  void an_address_is_put_together_from_its_indices() {
    long addr = 0x7f2a_e151_1abcL;
    long again =
        ((long) PageUnits.pgdIndex(addr) << 39)
            | ((long) PageUnits.pudIndex(addr) << 30)
            | ((long) PageUnits.pmdIndex(addr) << 21)
            | ((long) PageUnits.pteIndex(addr) << 12)
            | 0xabc;
    assertThat(again).isEqualTo(addr);
  }

  @ParameterizedTest(name = "from {0} up to {1} the entry ends at {2}: {3}")
  @CsvSource({
    "0x1ff000, 0x400000, 0x200000, the next boundary",
    "0x200000, 0x300000, 0x300000, the end comes first",
    "0x200000, 0x400000, 0x400000, both at once",
    "0x200000, -1, 0x400000, an end at the top of the address space is far away",
    "0x200000, 0, 0x400000, an end of 0 is the wrapped one",
    "-0x200000, 0, 0, the last entry of the address space"
  })
  void an_entry_ends_at_the_boundary_or_the_end(
      String from, String end, String expected, String why) {
    assertThat(PageUnits.pmdAddrEnd(Long.decode(from), Long.decode(end)))
        .as(why)
        .isEqualTo(Long.decode(expected));
  }

  @Test
  void bytes_are_rounded_as_the_name_says() {
    assertThat(PageUnits.bytesToPages(8191)).isEqualTo(1);
    assertThat(PageUnits.bytesToPagesUp(8191)).isEqualTo(2);
    assertThat(PageUnits.pageAlignDown(8191)).isEqualTo(4096);
    assertThat(PageUnits.pageAlignUp(4097)).isEqualTo(8192);
    assertThat(PageUnits.isPageAligned(4096)).isTrue();
    assertThat(PageUnits.isPageAligned(4097)).isFalse();
  }
}
