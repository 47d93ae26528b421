// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.report;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/** The reports of one machine, in the order in which they came. Safe for many threads. */
public final class KernelLog {
  private final List<KernelReport> reports = new ArrayList<>();
  private final Set<String> warnedOnce = new HashSet<>();
  private String at = "";

  /** Says where the machine is driven from now: {@code FILE:LINE}. */
  public synchronized void at(String where) {
    at = where;
  }

  public synchronized void report(String kind, String text) {
    reports.add(new KernelReport(kind, text, at));
  }

  /** Reports a condition that a correct machine never meets, and goes on. */
  @PortedFrom(
      value = "include/asm-generic/bug.h:WARN_ON",
      fidelity = Fidelity.ADAPTED,
      differs = "names the condition instead of the line")
  public boolean warnOn(boolean condition, String what) {
    if (condition) {
      report("warn", "WARNING: " + what);
    }
    return condition;
  }

  /** As {@link #warnOn}, but prints only the first time. */
  @PortedFrom(
      value = "include/linux/once_lite.h:WARN_ON_ONCE",
      fidelity = Fidelity.ADAPTED,
      differs = "names the condition instead of the line")
  public synchronized boolean warnOnOnce(boolean condition, String what) {
    if (condition && warnedOnce.add(what)) {
      report("warn_once", "WARNING: " + what);
    }
    return condition;
  }

  /** Reports and ends the task where the condition holds. */
  @PortedFrom(
      value = "include/asm-generic/bug.h:BUG_ON",
      fidelity = Fidelity.ADAPTED,
      differs = "ends the task by an exception")
  public void bugOn(boolean condition, String what) {
    if (condition) {
      report("bug", "kernel BUG: " + what);
      throw new KernelBugException(what);
    }
  }

  public synchronized List<KernelReport> reports() {
    return List.copyOf(reports);
  }
}
