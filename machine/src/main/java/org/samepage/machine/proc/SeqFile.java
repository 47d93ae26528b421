// SPDX-License-Identifier: GPL-2.0-only
// Ported from fs/seq_file.c.
package org.samepage.machine.proc;

import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/** Text in the making, padded as the kernel pads it. */
@PortedFrom(
    value = "include/linux/seq_file.h:seq_file",
    fidelity = Fidelity.ADAPTED,
    differs = "grows as needed, so a file is shown in one go")
final class SeqFile {
  private final StringBuilder text = new StringBuilder();
  private int padUntil;

  @PortedFrom("fs/seq_file.c:seq_puts")
  SeqFile seqPuts(String s) {
    text.append(s);
    return this;
  }

  @PortedFrom("fs/seq_file.c:seq_putc")
  SeqFile seqPutc(char c) {
    text.append(c);
    return this;
  }

  /** A decimal number, with spaces in front of it up to the width. */
  @PortedFrom("fs/seq_file.c:seq_put_decimal_ull_width")
  SeqFile seqPutDecimalUllWidth(String delimiter, long number, int width) {
    return padded(delimiter, Long.toUnsignedString(number), width, ' ');
  }

  @PortedFrom("fs/seq_file.c:seq_put_decimal_ull")
  SeqFile seqPutDecimalUll(String delimiter, long number) {
    return seqPutDecimalUllWidth(delimiter, number, 0);
  }

  /** A hexadecimal number, with zeros in front of it up to the width. */
  @PortedFrom("fs/seq_file.c:seq_put_hex_ll")
  SeqFile seqPutHexLl(String delimiter, long number, int width) {
    return padded(delimiter, Long.toHexString(number), width, '0');
  }

  private SeqFile padded(String delimiter, String digits, int width, char with) {
    text.append(delimiter);
    for (int i = digits.length(); i < width; i++) {
      text.append(with);
    }
    text.append(digits);
    return this;
  }

  /** From here on so many characters are a column of their own. */
  @PortedFrom("include/linux/seq_file.h:seq_setwidth")
  void seqSetwidth(int width) {
    padUntil = text.length() + width;
  }

  /** Fills the column up, and adds one more. */
  @PortedFrom("fs/seq_file.c:seq_pad")
  void seqPad(char c) {
    while (text.length() < padUntil) {
      text.append(' ');
    }
    text.append(c);
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
