// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.lang;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a statement does. Those with a {@code process} are done by that process. */
public sealed interface Action {
  /** {@code process NAME}. */
  record StartProcess(String name) implements Action {}

  /** {@code file NAME SIZE CONTENT}. */
  record MakeFile(String name, long size, Content content) implements Action {}

  /** {@code ksm KEY=VALUE …}, in the order written. */
  record KsmWrite(List<Setting> settings) implements Action {}

  /** One {@code KEY=VALUE}. */
  record Setting(String key, String value) {}

  /** {@code scan N}. */
  record ScanPasses(long passes) implements Action {}

  /** {@code scan pages=N}. */
  record ScanPages(long pages) implements Action {}

  /** {@code machine KEY=VALUE …}: the first statement. */
  record MachineSettings(List<Setting> settings) implements Action {}

  /**
   * {@code expect SUBJECT OP NUMBER}, or {@code expect@PROFILE,… SUBJECT OP NUMBER}.
   *
   * @param profiles where it is evaluated; empty for everywhere
   */
  record Expect(Subject subject, Comparison comparison, long number, List<String> profiles)
      implements Action {}

  /** {@code show SUBJECT…}. */
  record Show(List<Subject> subjects) implements Action {}

  /** {@code P mmap NAME SIZE …}. */
  record Mmap(
      String process,
      String name,
      long size,
      Protection protection,
      boolean shared,
      boolean noreserve,
      boolean populate,
      @Nullable Address at,
      @Nullable String file,
      long offset)
      implements Action {}

  /** {@code P munmap RANGE}. */
  record Munmap(String process, Range range) implements Action {}

  /** {@code P mremap RANGE SIZE …}. */
  record Mremap(
      String process,
      Range range,
      long size,
      boolean move,
      @Nullable Address to,
      boolean dontunmap,
      @Nullable String as)
      implements Action {}

  /** {@code P mprotect RANGE PROT}. */
  record Mprotect(String process, Range range, Protection protection) implements Action {}

  /** {@code P madvise RANGE ADVICE}. */
  record Madvise(String process, Range range, Advice advice) implements Action {}

  /** {@code P mlock RANGE} and {@code P munlock RANGE}. */
  record Mlock(String process, Range range, boolean lock) implements Action {}

  /** {@code P prctl MEMORY_MERGE 0/1}. */
  record PrctlMemoryMerge(String process, long value) implements Action {}

  /** {@code P write RANGE CONTENT}. */
  record Write(String process, Range range, Content content) implements Action {}

  /** {@code P poke RANGE BYTE}. */
  record Poke(String process, Range range, int value) implements Action {}

  /** {@code P touch RANGE}. */
  record Touch(String process, Range range) implements Action {}

  /** {@code P check RANGE CONTENT}; the range and content as written are for messages. */
  record Check(String process, Range range, Content content, String rangeText, String contentText)
      implements Action {}

  /**
   * {@code P migrate RANGE [node=N]}.
   *
   * @param node null for a move within each page's own node
   */
  record Migrate(String process, Range range, @Nullable Integer node) implements Action {}

  /** {@code P swapout RANGE}. */
  record Swapout(String process, Range range) implements Action {}

  /** {@code P offline RANGE}. */
  record Offline(String process, Range range) implements Action {}

  /** {@code P fork Q}. */
  record Fork(String process, String child) implements Action {}

  /** {@code P exit}. */
  record Exit(String process) implements Action {}
}
