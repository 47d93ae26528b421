// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.lang;

import org.samepage.mm.work.WorkCounter;

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

  /** A work counter. */
  record Work(WorkCounter counter) implements Subject {
    @Override
    public String text() {
      return "work." + counter.key();
    }
  }

  /** The number of kernel reports so far. */
  record Reports() implements Subject {
    @Override
    public String text() {
      return "reports";
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
