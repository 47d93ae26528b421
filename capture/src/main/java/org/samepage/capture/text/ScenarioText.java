// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.text;

import java.io.IOException;
import java.io.Writer;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.samepage.capture.format.CaptureHeader;
import org.samepage.capture.format.CaptureVisitor;
import org.samepage.capture.format.CapturedProcess;
import org.samepage.capture.format.CapturedVma;
import org.samepage.capture.format.Losses;
import org.samepage.capture.format.PageBlock;
import org.samepage.capture.format.PageKind;
import org.samepage.mm.units.PageUnits;

/**
 * Writes the first snapshot as a scenario: which pages are equal, not what they hold. Mappings that
 * have pages for KSM are placed one behind the other; pages shared after fork become one each.
 */
public final class ScenarioText implements CaptureVisitor {
  private static final int PASSES = 3;

  private final Writer out;
  private final Map<Digest, Integer> ids = new HashMap<>();
  private boolean first;
  private String process = "";
  private int mappings;
  private boolean mapped;
  private CapturedVma vma = new CapturedVma(0, PageUnits.PAGE_SIZE, Set.of(), 0, "");
  private long runStart;
  private long runPages;
  private int runFirst;
  private int runStep;

  /** What stands for a page. */
  private record Digest(long low, long high) {}

  /**
   * A writer.
   *
   * @param out not closed
   */
  public ScenarioText(Writer out) {
    this.out = out;
  }

  @SuppressWarnings(
      "AnnotateFormatMethod") // the annotation is of a library that is not ours to have
  private void line(String format, Object... values) throws IOException {
    out.write(format.formatted(values));
    out.write('\n');
  }

  @Override
  public void header(CaptureHeader header) throws IOException {
    line("# From a capture: equal pages are equal here; addresses and bytes are others.");
  }

  @Override
  public void snapshot(int index, long nanos) {
    first = index == 0;
  }

  @Override
  public void process(CapturedProcess described) throws IOException {
    if (first) {
      process = "P" + described.pid();
      mappings = 0;
      line("# %d %s", described.pid(), described.name().replaceAll("\\p{Cntrl}", "?"));
      line("process %s", process);
      line("%s prctl MEMORY_MERGE 1", process);
    }
  }

  @Override
  public void vma(CapturedVma next) throws IOException {
    endRun();
    vma = next;
    mapped = false;
  }

  @Override
  public void pages(PageBlock block) throws IOException {
    boolean known = block.kind == PageKind.ZEROS || block.kind == PageKind.CONTENT;
    if (!first || !known || !vma.mayBeMerged()) {
      return;
    }
    if (!mapped) {
      line("%s mmap M%d %dp noreserve", process, mappings++, vma.pages());
      mapped = true;
    }
    for (int i = 0; i < block.count; i++) {
      page(
          PageUnits.bytesToPages(block.address - vma.start()) + i,
          block.kind == PageKind.ZEROS
              ? 0
              : id(new Digest(block.digests[2 * i], block.digests[2 * i + 1])));
    }
  }

  /** From 1 on; 0 is the page of zeros. */
  private int id(Digest digest) {
    return ids.computeIfAbsent(digest, d -> ids.size() + 1);
  }

  /** Adds a page to a run of equal ones, or of ones each with the next number. */
  private void page(long index, int id) throws IOException {
    boolean behind = runPages > 0 && index == runStart + runPages;
    if (behind && runPages == 1 && (id == runFirst || (runFirst > 0 && id == runFirst + 1))) {
      runStep = id - runFirst;
      runPages = 2;
      return;
    }
    if (behind && runPages > 1 && id == runFirst + runStep * runPages) {
      runPages++;
      return;
    }
    endRun();
    runStart = index;
    runPages = 1;
    runFirst = id;
    runStep = 0;
  }

  private void endRun() throws IOException {
    if (runPages > 0) {
      String content = runFirst == 0 ? "zero" : (runStep == 1 ? "seq=" : "id=") + runFirst;
      line(
          "%s write M%d[%dp..%dp] %s",
          process, mappings - 1, runStart, runStart + runPages, content);
    }
    runPages = 0;
  }

  @Override
  public void processEnd(Losses losses) throws IOException {
    endRun();
  }

  /** Ends the scenario: passes, and what they saved. */
  public void finish() throws IOException {
    for (int i = 0; i < PASSES; i++) {
      line("scan 1");
      line("show ksm.pages_shared ksm.pages_sharing ksm.pages_unshared ksm.general_profit");
    }
  }
}
