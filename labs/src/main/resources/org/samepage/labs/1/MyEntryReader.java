// SPDX-License-Identifier: GPL-2.0-only
package student;

import org.samepage.labs.task.EntryReader;

/** Reads words of page tables; the task says what each is called. */
public final class MyEntryReader implements EntryReader {
  @Override
  public String read(long word) {
    return "";
  }
}
