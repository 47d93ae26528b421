// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.host.backend;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.samepage.host.SurroundingsException;

/** What memory this machine has, against what a scenario asks for. */
final class HostMemory {
  private static final Path NODES = Path.of("/sys/devices/system/node");
  private static final Path SWAPS = Path.of("/proc/swaps");

  private HostMemory() {}

  /** Refuses a machine that is not as the setting says. */
  static void require(String key, String value) {
    switch (key) {
      case "nodes" -> {
        String here = Long.toString(nodes());
        if (!here.equals(value)) {
          throw differs(key, value, "this machine has " + here);
        }
      }
      case "swap" -> {
        if (hasSwap() == value.equals("0")) {
          throw differs(key, value, hasSwap() ? "swap is on here" : "no swap is on here");
        }
      }
      default -> throw differs(key, value, "this cannot be chosen on a real kernel");
    }
  }

  private static SurroundingsException differs(String key, String value, String why) {
    return new SurroundingsException(
        "machine %s=%s: %s; run it on the port".formatted(key, value, why));
  }

  /** NUMA nodes. */
  static long nodes() {
    try (Stream<Path> files = Files.list(NODES)) {
      long nodes = files.filter(f -> f.getFileName().toString().matches("node[0-9]+")).count();
      return Math.max(1, nodes);
    } catch (IOException e) {
      return 1; // a kernel without NUMA
    }
  }

  /** Whether pages can be swapped out. */
  static boolean hasSwap() {
    try {
      return Files.readAllLines(SWAPS).size() > 1;
    } catch (IOException e) {
      return false; // a kernel without swap
    }
  }
}
