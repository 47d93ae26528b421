// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.bench;

import tools.jackson.databind.JsonNode;

/**
 * One walk of this machine's own kernel over a merged page, by reclaim.
 *
 * @param mode {@code first}: the item that has the mapping comes first; {@code last}: behind
 *     another's, all of whose VMAs are visited too
 * @param vmas VMAs of one anon_vma
 * @param visits VMAs that the walk visits
 * @param nanos of reclaiming one page, walk included; the median of several [ns]
 */
public record KernelWalk(String mode, long vmas, long visits, long nanos) {
  /** The C program that measures it. */
  public static final String PROGRAM = "rmap_walk";

  private static final String PAGES = "32";

  /** Measures. */
  public static KernelWalk of(KernelProgram program, int vmas, String mode) {
    JsonNode said = program.run(Integer.toString(vmas), PAGES, mode);
    return new KernelWalk(mode, vmas, said.path("visited").asLong(), said.path("wall_ns").asLong());
  }

  /** What a visited VMA costs, all else of the reclaim included [ns]. */
  public double nanosPerVisit() {
    return (double) nanos / visits;
  }
}
