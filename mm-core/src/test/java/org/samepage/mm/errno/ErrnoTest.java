// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.errno;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class ErrnoTest {
  @Test
  void a_name_is_found_whatever_the_sign() {
    assertThat(Errno.name(-Errno.EINVAL)).isEqualTo("EINVAL");
    assertThat(Errno.name(Errno.ENOMEM)).isEqualTo("ENOMEM");
    assertThat(Errno.name(200)).isEqualTo("errno 200");
  }

  @Test
  void numbers_are_those_of_linux() {
    assertThat(Errno.byName())
        .containsEntry("EAGAIN", 11)
        .containsEntry("ENOMEM", 12)
        .containsEntry("EBUSY", 16)
        .containsEntry("EEXIST", 17)
        .containsEntry("EINVAL", 22);
  }
}
