// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.portmap;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The functions that 6.18 has in the files that are to be ported whole. */
final class KernelFunctions {
  static final List<String> FILES =
      List.of(
          "mm/ksm.c", "mm/pagewalk.c", "mm/rmap.c", "mm/page_vma_mapped.c", "mm/interval_tree.c");

  /** What mm/ksm.c has its callers find in line. */
  static final String KSM_HEADER = "include/linux/ksm.h";

  private KernelFunctions() {}

  /**
   * In the file's order; each with the reason why it is left out, which begins with "not yet" where
   * it is not for good, or an empty string.
   */
  static Map<String, String> of(String file) {
    return read("/kernel-functions/" + file.substring(file.indexOf('/') + 1) + ".txt");
  }

  /** Symbols of these files that 6.18 has not, or not as functions; each with what it is. */
  static Map<String, String> elsewhere() {
    return read("/kernel-functions/elsewhere.txt");
  }

  private static Map<String, String> read(String name) {
    try (InputStream in = KernelFunctions.class.getResourceAsStream(name)) {
      Map<String, String> functions = new LinkedHashMap<>();
      new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .map(line -> line.split("\\|", 2))
          .forEach(
              parts -> functions.put(parts[0].strip(), parts.length > 1 ? parts[1].strip() : ""));
      return functions;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
