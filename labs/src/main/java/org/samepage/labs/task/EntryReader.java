// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.labs.task;

/** Lab 1: reads words of page tables. */
public interface EntryReader {
  /** Says what one word of a lowest page table is, in the form that the task lays down. */
  String read(long word);
}
