// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.ksm.control;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.samepage.mm.errno.Errno;

final class KstrtoTest {
  private final Kstrto number = new Kstrto();

  @ParameterizedTest(name = "\"{0}\" gives {1}, value {2}")
  @CsvSource({
    "0, 0, 0",
    "42, 0, 42",
    "+7, 0, 7",
    "4294967295, 0, 4294967295",
    "4294967296, ERANGE, 0",
    "-1, EINVAL, 0",
    "'', EINVAL, 0",
    "' 1', EINVAL, 0",
    "0x10, EINVAL, 0",
    "1 , 0, 1",
    "12a, EINVAL, 0",
    "99999999999999999999999, ERANGE, 0",
    "99999999999999999999999x, ERANGE, 0",
    "4294967296x, EINVAL, 0",
    "+, EINVAL, 0"
  })
  void unsigned_ints(String text, String error, long value) {
    int err = number.kstrtouint(text);
    assertThat(err == 0 ? "0" : Errno.name(err)).isEqualTo(error);
    if (err == 0) {
      assertThat(number.value).isEqualTo(value);
    }
  }

  @Test
  void one_newline_at_the_end_is_fine() {
    assertThat(number.kstrtouint("5\n")).isZero();
    assertThat(number.value).isEqualTo(5);
    assertThat(number.kstrtouint("5\n\n")).isEqualTo(-Errno.EINVAL);
    assertThat(Kstrto.sysfsStreq("none\n", "none")).isTrue();
    assertThat(Kstrto.sysfsStreq("none ", "none")).isFalse();
  }

  @ParameterizedTest(name = "\"{0}\" gives {1}, value {2}")
  @CsvSource({
    "-5, 0, -5",
    "2147483647, 0, 2147483647",
    "2147483648, ERANGE, 0",
    "-2147483648, 0, -2147483648",
    "-2147483649, ERANGE, 0",
    "--1, EINVAL, 0"
  })
  void signed_ints(String text, String error, long value) {
    int err = number.kstrtoint(text);
    assertThat(err == 0 ? "0" : Errno.name(err)).isEqualTo(error);
    if (err == 0) {
      assertThat(number.value).isEqualTo(value);
    }
  }

  @ParameterizedTest(name = "\"{0}\" is {1}")
  @CsvSource({
    "1, 1", "y, 1", "Yes, 1", "true, 1", "T, 1", "on, 1", "oN, 1",
    "0, 0", "n, 0", "No, 0", "false, 0", "F, 0", "off, 0", "OFF, 0",
    "2, -1", "o, -1", "ox, -1", "o1, -1", "'', -1", "-, -1"
  })
  void booleans_by_their_first_letters(String text, long value) {
    int err = number.kstrtobool(text);
    if (value < 0) {
      assertThat(err).isEqualTo(-Errno.EINVAL);
    } else {
      assertThat(err).isZero();
      assertThat(number.value).isEqualTo(value);
    }
  }
}
