// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.lang;

/** What an expectation is about. */
public sealed interface Subject {
  /** As written: {@code ksm.full_scans}, {@code A.present}. */
  String text();

  /** A file of /sys/kernel/mm/ksm. */
  record Ksm(String key) implements Subject {
    @Override
    public String text() {
      return "ksm." + key;
    }
  }

  /** A figure of a process. */
  record OfProcess(String process, ProcessFigure figure) implements Subject {
    @Override
    public String text() {
      return process + "." + figure.key();
    }
  }
}
