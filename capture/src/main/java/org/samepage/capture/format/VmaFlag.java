// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.format;

import org.jspecify.annotations.Nullable;

/** What a mapping is like; the order is that of the bits in the file. */
public enum VmaFlag {
  READ("rd"),
  WRITE("wr"),
  EXEC("ex"),
  SHARED("sh"),
  MAY_SHARE("ms"),
  IO("io"),
  PFNMAP("pf"),
  DONTEXPAND("de"),
  HUGETLB("ht"),
  MIXEDMAP("mm"),
  DROPPABLE("dp"),
  MERGEABLE("mg"),
  HUGEPAGE("hg"),
  NOHUGEPAGE("nh"),
  LOCKED("lo"),
  GROWSDOWN("gd"),
  DONTFORK("dc"),
  WIPEONFORK("wf");

  private final String letters;

  VmaFlag(String letters) {
    this.letters = letters;
  }

  /** The flag that {@code VmFlags} of /proc/PID/smaps has these two letters for. */
  public static @Nullable VmaFlag ofLetters(String letters) {
    for (VmaFlag flag : values()) {
      if (flag.letters.equals(letters)) {
        return flag;
      }
    }
    return null;
  }

  /** As {@code VmFlags} has it. */
  public String letters() {
    return letters;
  }
}
