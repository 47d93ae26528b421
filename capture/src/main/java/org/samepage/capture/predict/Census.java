// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.predict;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.samepage.capture.format.CaptureHeader;
import org.samepage.capture.format.CaptureVisitor;
import org.samepage.capture.format.CapturedProcess;
import org.samepage.capture.format.CapturedVma;
import org.samepage.capture.format.Losses;
import org.samepage.capture.format.PageBlock;
import org.samepage.capture.format.PageKind;

/** Counts a capture before a machine is made from it; and finds who was forked from whom. */
public final class Census implements CaptureVisitor {
  private @Nullable CaptureHeader header;
  private final Map<Integer, CapturedProcess> processes = new LinkedHashMap<>();
  private final Map<Integer, PairSet> sharedFrames = new HashMap<>();
  private final Set<Integer> forked = new HashSet<>();
  private final PairSet distinct = new PairSet();
  private final PairSet repeated = new PairSet();
  private @Nullable CapturedProcess current;
  private boolean first;
  private int snapshots;
  private long nanos;
  private long pages;
  private long zeros;
  private long huge;
  private long swapped;
  private long unreadable;
  private long incomplete;

  @Override
  public void header(CaptureHeader head) {
    header = head;
  }

  @Override
  public void snapshot(int index, long at) {
    first = index == 0;
    snapshots = index + 1;
    nanos = at;
  }

  @Override
  public void process(CapturedProcess process) {
    current = process;
    if (first) {
      processes.put(process.pid(), process);
    }
  }

  @Override
  public void vma(CapturedVma vma) {}

  @Override
  public void pages(PageBlock block) {
    if (!first) {
      return;
    }
    swapped += block.kind == PageKind.SWAPPED ? block.count : 0;
    unreadable += block.kind == PageKind.UNREADABLE ? block.count : 0;
    if (block.kind != PageKind.ZEROS && block.kind != PageKind.CONTENT) {
      return;
    }
    pages += block.count;
    huge += block.huge ? block.count : 0;
    if (block.kind == PageKind.ZEROS) {
      zeros += block.count;
    } else {
      for (int i = 0; i < block.count; i++) {
        if (!distinct.add(block.digests[2 * i], block.digests[2 * i + 1])) {
          repeated.add(block.digests[2 * i], block.digests[2 * i + 1]);
        }
      }
    }
    if (block.shared) {
      PairSet own =
          sharedFrames.computeIfAbsent(Objects.requireNonNull(current).pid(), pid -> new PairSet());
      for (int i = 0; i < block.count; i++) {
        own.add(block.frames[i], 1);
      }
      PairSet parents = sharedFrames.get(Objects.requireNonNull(current).ppid());
      for (int i = 0; parents != null && i < block.count; i++) {
        if (parents.contains(block.frames[i], 1)) {
          forked.add(Objects.requireNonNull(current).pid());
        }
      }
    }
  }

  @Override
  public void processEnd(Losses losses) {
    incomplete += losses.state() == Losses.State.WHOLE ? 0 : 1;
  }

  public CaptureHeader header() {
    return Objects.requireNonNull(header, "no header");
  }

  /** The processes of the first snapshot, by number. */
  public Map<Integer, CapturedProcess> processes() {
    return processes;
  }

  /** Whether a process has pages in common with its parent, which is in the capture before it. */
  boolean isForked(int pid) {
    return forked.contains(pid);
  }

  public int snapshots() {
    return snapshots;
  }

  /** From the first snapshot to the last. */
  public long nanos() {
    return nanos;
  }

  /** Anonymous pages of the first snapshot whose contents are known. */
  public long pages() {
    return pages;
  }

  /** Of these, parts of huge pages. */
  public long huge() {
    return huge;
  }

  public long swapped() {
    return swapped;
  }

  public long unreadable() {
    return unreadable;
  }

  /** Processes, of all snapshots, that ended, changed, or might not be read. */
  public long incomplete() {
    return incomplete;
  }

  /** Pages whose content no other page has. */
  long single() {
    return distinct.size() - repeated.size() + (zeros == 1 ? 1L : 0L);
  }

  /** Pages that would be left if each content were there once. */
  public long distinct() {
    return distinct.size() + (zeros > 0 ? 1L : 0L);
  }
}
