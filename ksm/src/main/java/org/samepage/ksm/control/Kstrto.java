// SPDX-License-Identifier: GPL-2.0-only
// Ported from lib/kstrtox.c and lib/string_helpers.c.
package org.samepage.ksm.control;

import org.samepage.mm.errno.Errno;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/**
 * Reads what was written to a sysfs file.
 *
 * <p>Each reader returns 0 or a negative errno and leaves the value in {@link #value}.
 */
final class Kstrto {
  private static final long UINT_MAX = 0xffff_ffffL;

  /** The value of the last successful read. */
  long value;

  /** A decimal unsigned long, with a plus sign and a newline at the end where anyone likes. */
  @PortedFrom(
      value = {"lib/kstrtox.c:kstrtoul", "lib/kstrtox.c:_kstrtoull"},
      fidelity = Fidelity.ADAPTED,
      differs = "base 10; the value is a field")
  int kstrtoul(String text) {
    int from = text.startsWith("+") ? 1 : 0;
    int end = from;
    while (at(text, end) >= '0' && at(text, end) <= '9') {
      end++;
    }
    if (end == from) {
      return -Errno.EINVAL;
    }
    long parsed;
    try {
      parsed = Long.parseUnsignedLong(text, from, end, 10);
    } catch (NumberFormatException e) {
      return -Errno.ERANGE; // whatever comes behind the digits
    }
    String rest = text.substring(end);
    if (!rest.isEmpty() && !rest.equals("\n")) {
      return -Errno.EINVAL;
    }
    value = parsed;
    return 0;
  }

  @PortedFrom("lib/kstrtox.c:kstrtouint")
  int kstrtouint(String text) {
    int err = kstrtoul(text);
    return err != 0 || Long.compareUnsigned(value, UINT_MAX) <= 0 ? err : -Errno.ERANGE;
  }

  /** A decimal int, which may have a minus sign. */
  @PortedFrom("lib/kstrtox.c:kstrtoint")
  int kstrtoint(String text) {
    boolean negative = text.startsWith("-");
    int err = kstrtoul(negative ? text.substring(1) : text);
    if (err != 0) {
      return err;
    }
    long magnitude = value;
    value = negative ? -magnitude : magnitude;
    boolean fits =
        Long.compareUnsigned(magnitude, 1L + Integer.MAX_VALUE) < 0
            || (negative && magnitude == 1L + Integer.MAX_VALUE);
    return fits ? 0 : -Errno.ERANGE;
  }

  /** y, t, 1, on or n, f, 0, off, by the first letters; the value is 1 or 0. */
  @PortedFrom("lib/kstrtox.c:kstrtobool")
  int kstrtobool(String text) {
    char first = at(text, 0);
    char decisive = first == 'o' || first == 'O' ? at(text, 1) : first;
    boolean spelledOut = decisive != first;
    value =
        switch (decisive) {
          case 'y', 'Y', 't', 'T', '1' -> spelledOut ? -1 : 1;
          case 'n', 'N' -> spelledOut ? 1 : 0;
          case 'f', 'F' -> 0;
          case '0' -> spelledOut ? -1 : 0;
          default -> -1;
        };
    return value < 0 ? -Errno.EINVAL : 0;
  }

  private static char at(String text, int index) {
    return index < text.length() ? text.charAt(index) : '\0';
  }

  /** Whether two strings are the same but for a newline at the end. */
  @PortedFrom("lib/string_helpers.c:sysfs_streq")
  static boolean sysfsStreq(String a, String b) {
    return strip(a).equals(strip(b));
  }

  private static String strip(String text) {
    return text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
  }
}
