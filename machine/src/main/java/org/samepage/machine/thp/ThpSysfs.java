// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/huge_memory.c.
package org.samepage.machine.thp;

import static org.samepage.mm.units.PageUnits.PMD_SIZE;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/** The files in {@code /sys/kernel/mm/transparent_hugepage}. */
public final class ThpSysfs {
  private volatile ThpMode enabled;
  private volatile boolean useZeroPage = true;

  public ThpSysfs(ThpMode enabled) {
    this.enabled = enabled;
  }

  /** Which mappings get huge pages. */
  public ThpMode enabled() {
    return enabled;
  }

  @PortedFrom("include/linux/huge_mm.h:transparent_hugepage_use_zero_page")
  public boolean transparentHugepageUseZeroPage() {
    return useZeroPage;
  }

  /**
   * Reads a file.
   *
   * @return its text, or null where there is none of this name
   */
  public @Nullable String show(String name) {
    return switch (name) {
      case "enabled" -> enabledShow();
      case "use_zero_page" -> useZeroPage ? "1\n" : "0\n";
      case "hpage_pmd_size" -> PMD_SIZE + "\n";
      default -> null;
    };
  }

  /**
   * Writes a file.
   *
   * @return 0, {@code -EINVAL} for a text that it does not take, {@code -EACCES} for one that is
   *     only read, {@code -ENOENT} where there is none of this name
   */
  public int store(String name, String text) {
    return switch (name) {
      case "enabled" -> enabledStore(text.strip());
      case "use_zero_page" -> useZeroPageStore(text.strip());
      case "hpage_pmd_size" -> -Errno.EACCES;
      default -> -Errno.ENOENT;
    };
  }

  @PortedFrom("mm/huge_memory.c:enabled_show")
  private String enabledShow() {
    List<String> words = new ArrayList<>();
    for (ThpMode mode : ThpMode.values()) {
      words.add(mode == enabled ? "[" + mode.spelling() + "]" : mode.spelling());
    }
    return String.join(" ", words) + "\n";
  }

  @PortedFrom(
      value = "mm/huge_memory.c:enabled_store",
      fidelity = Fidelity.ADAPTED,
      differs = "no khugepaged to start")
  private int enabledStore(String text) {
    for (ThpMode mode : ThpMode.values()) {
      if (Objects.equals(mode.spelling(), text)) {
        enabled = mode;
        return 0;
      }
    }
    return -Errno.EINVAL;
  }

  @PortedFrom(
      value = "mm/huge_memory.c:use_zero_page_store",
      fidelity = Fidelity.ADAPTED,
      differs = "takes 0 and 1 in decimal alone")
  private int useZeroPageStore(String text) {
    if (!text.equals("0") && !text.equals("1")) {
      return -Errno.EINVAL;
    }
    useZeroPage = text.equals("1");
    return 0;
  }
}
