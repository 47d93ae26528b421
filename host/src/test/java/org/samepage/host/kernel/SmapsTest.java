// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.host.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class SmapsTest {
  /** As Linux 6.18 prints it, without the lines between that nobody reads. */
  private static final String SMAPS =
      """
      200000000000-200000004000 rw-p 00000000 00:00 0\s
      Size:                 16 kB
      Rss:                   8 kB
      THPeligible:           0
      VmFlags: rd wr mr mw me ac sd mg\s
      200000004000-200000005000 r--s 00003000 00:01 1033                       /memfd:x (deleted)
      Size:                  4 kB
      VmFlags: rd sh mr mw me ms sd\s
      ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
      VmFlags: ex\s
      """;

  @Test
  void reads_ranges_offsets_and_flags() {
    List<Smaps.Vma> vmas = Smaps.parse(SMAPS);
    assertThat(vmas)
        .extracting(Smaps.Vma::prefix)
        .containsExactly(
            "200000000000-200000004000 rw-p 00000000",
            "200000004000-200000005000 r--s 00003000",
            "ffffffffff600000-ffffffffff601000 --xp 00000000");
    assertThat(vmas).extracting(Smaps.Vma::mergeable).containsExactly(true, false, false);
    assertThat(vmas.get(1).flags()).contains("sh").doesNotContain("mg");
  }

  @Test
  void overlap_counts_the_bytes_in_common() {
    Smaps.Vma vma = Smaps.parse(SMAPS).getFirst();
    assertThat(vma.overlap(0, Long.MAX_VALUE)).isEqualTo(0x4000);
    assertThat(vma.overlap(0x2000_0000_1000L, 0x2000_0000_3000L)).isEqualTo(0x2000);
    assertThat(vma.overlap(0x2000_0000_4000L, Long.MAX_VALUE)).isZero();
    assertThat(vma.overlap(0, 0x2000_0000_0000L)).isZero();
  }
}
