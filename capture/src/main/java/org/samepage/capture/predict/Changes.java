// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.predict;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.samepage.machine.SyscallException;
import org.samepage.machine.UserProcess;
import org.samepage.machine.mmap.Madvise;
import org.samepage.mm.units.PageUnits;

/**
 * What later snapshots have otherwise than those before: pages written, pages gone. Played in
 * order, each at its time, then backwards, then in order again: a page that changed goes on
 * changing.
 */
final class Changes {
  private static final int FIELDS = 4;
  private static final long UNLIKE_ANY = 0x9e3779b97f4a7c15L;
  private static final int IS_THERE = 1;

  private final boolean wanted;
  private final List<Step> steps = new ArrayList<>();
  private final Map<UserProcess, PageTrack> tracks = new HashMap<>();
  private @Nullable PageTrack track;
  private @Nullable UserProcess process;

  /** Of one snapshot: since the one before. */
  private static final class Step {
    final long nanos;
    final List<UserProcess> processes = new ArrayList<>();
    long[] ops = new long[FIELDS];
    int length;

    Step(long nanos) {
      this.nanos = nanos;
    }

    void add(int of, long addr, int there, long low, long high) {
      if (length + FIELDS > ops.length) {
        ops = Arrays.copyOf(ops, 2 * ops.length);
      }
      ops[length] = (long) of << 2 | there;
      ops[length + 1] = addr;
      ops[length + 2] = low;
      ops[length + 3] = high;
      length += FIELDS;
    }
  }

  /** Writes a digest as a page. */
  interface Writer {
    void write(UserProcess to, long addr, long low, long high) throws SyscallException;
  }

  /**
   * Nothing yet.
   *
   * @param wanted whether there will be more than one snapshot
   */
  Changes(boolean wanted) {
    this.wanted = wanted;
  }

  void snapshot(long nanos) {
    if (wanted) {
      steps.add(new Step(nanos));
    }
  }

  /** The process that pages are told of next; null for one that the first snapshot lacks. */
  void process(@Nullable UserProcess next) {
    process = next;
    track = !wanted || next == null ? null : tracks.computeIfAbsent(next, p -> new PageTrack());
    if (track != null && next != null) {
      track.begin();
      steps.getLast().processes.add(next);
    }
  }

  void page(long addr, long low, long high) {
    PageTrack pages = track;
    if (pages == null) {
      return;
    }
    boolean was = pages.find(addr);
    boolean same = was && pages.foundLow() == low && pages.foundHigh() == high;
    if (!same && steps.size() > 1) {
      Step step = steps.getLast();
      step.add(step.processes.size() - 1, addr, IS_THERE, low, high);
    }
    pages.put(addr, low, high);
  }

  /** What was not told any more is gone. */
  void processEnd() {
    PageTrack pages = track;
    if (pages != null && process != null && steps.size() > 1) {
      Step step = steps.getLast();
      pages.forgetUntold(addr -> step.add(step.processes.size() - 1, addr, 0, 0, 0));
    }
    track = null;
  }

  boolean isEmpty() {
    return steps.stream().allMatch(step -> step.length == 0);
  }

  /** The time of the last snapshot. */
  long lastNanos() {
    return steps.isEmpty() ? 0 : steps.getLast().nanos;
  }

  /** The time between two snapshots, about. */
  long intervalNanos() {
    return steps.size() < 2 ? 0 : lastNanos() / (steps.size() - 1);
  }

  /** How many pages change from one snapshot to the next, at most. */
  long largestStep() {
    return steps.stream().mapToLong(step -> step.length / FIELDS).max().orElse(0);
  }

  /**
   * Plays one step.
   *
   * @param number from 1 on, each interval one more
   */
  void play(long number, Writer writer) throws SyscallException {
    int moves = steps.size() - 1;
    long again = (number - 1) / moves;
    Step step = steps.get((int) ((number - 1) % moves) + 1);
    for (int i = 0; i < step.length; i += FIELDS) {
      long[] op = step.ops;
      int index = (int) (op[i] >>> 2);
      UserProcess of = step.processes.get(index);
      if (of.mm().vmas.vmaLookup(op[i + 1]) == null) {
        continue;
      }
      if ((op[i] & IS_THERE) != 0) {
        // what a page changes to the next time is nobody else's
        long fresh = again == 0 ? 0 : (again << 32 | index + 1L) * UNLIKE_ANY;
        writer.write(of, op[i + 1], op[i + 2] ^ fresh, op[i + 3] ^ op[i + 1] * fresh);
      } else {
        of.madvise(op[i + 1], PageUnits.PAGE_SIZE, Madvise.Advice.DONTNEED);
      }
    }
  }
}
