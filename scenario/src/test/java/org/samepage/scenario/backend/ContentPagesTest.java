// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.backend;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.samepage.scenario.lang.Content;

final class ContentPagesTest {
  private final byte[] page = new byte[4096];
  private final byte[] other = new byte[4096];

  @Test
  void pattern_0_begins_with_the_published_output_of_splitmix64() {
    // the first outputs of splitmix64 seeded with 0
    ContentPages.pattern(0, page);
    ByteBuffer words = ByteBuffer.wrap(page).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(words.getLong()).isEqualTo(0xe220a8397b1dcdafL);
    assertThat(words.getLong()).isEqualTo(0x6e789e6aa1b965f4L);
    assertThat(words.getLong()).isEqualTo(0x06c45d188009454fL);
  }

  @Test
  void each_kind_of_content_picks_its_pattern_by_page() {
    ContentPages.pattern(12, other);
    ContentPages.fill(new Content.Id(12), 5, page);
    assertThat(page).isEqualTo(other);
    ContentPages.fill(new Content.Sequence(7), 5, page);
    assertThat(page).isEqualTo(other);
    ContentPages.fill(new Content.Cycle(13), 13 * 4 + 12, page);
    assertThat(page).isEqualTo(other);
    ContentPages.fill(new Content.Bytes(0xab), 3, page);
    assertThat(page).containsOnly(0xab);
  }
}
