// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.host.session;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.samepage.host.SurroundingsException;
import org.samepage.host.agent.AgentBinary;
import org.samepage.host.kernel.KsmFiles;
import org.samepage.host.kernel.KsmdStepper;
import org.samepage.host.kernel.ProcFiles;

/** What the host backend needs of a machine. */
public final class Requirements {
  private static final Path OVERCOMMIT = Path.of("/proc/sys/vm/overcommit_memory");
  private static final Path MOVE_PAGES = Path.of("/proc/self/numa_maps");

  private final AgentBinary binary;

  public Requirements(AgentBinary binary) {
    this.binary = binary;
  }

  /**
   * One of them.
   *
   * @param what it is
   * @param met whether the machine has it
   * @param detail what was found, or what to do
   */
  public record Requirement(String what, boolean met, String detail) {}

  /** All of them, in an order in which a missing one explains those after it. */
  public List<Requirement> check() {
    List<Requirement> all = new ArrayList<>();
    boolean linux =
        System.getProperty("os.name", "").equals("Linux")
            && System.getProperty("os.arch", "").equals("amd64");
    all.add(
        new Requirement(
            "Linux on x86-64",
            linux,
            linux ? kernelVersion() : System.getProperty("os.name") + " has no such KSM"));
    if (!linux) {
      return all;
    }
    boolean root = "0".equals(effectiveUser());
    all.add(new Requirement("root", root, root ? "yes" : "run as root (sudo)"));
    boolean ksm = Files.isDirectory(KsmFiles.FOLDER);
    all.add(
        new Requirement(
            "CONFIG_KSM",
            ksm,
            ksm ? KsmFiles.FOLDER.toString() : "there is no " + KsmFiles.FOLDER));
    all.add(ksmd());
    boolean stat = Files.exists(Path.of("/proc/self/ksm_stat"));
    all.add(
        new Requirement(
            "/proc/PID/ksm_stat", stat, stat ? "yes" : "comes with Linux 6.1; this one is older"));
    boolean moves = Files.exists(MOVE_PAGES);
    all.add(
        new Requirement(
            "CONFIG_NUMA (move_pages empties the LRU batches)",
            moves,
            moves ? "yes" : "not built in"));
    String overcommit = ProcFiles.readIfThere(OVERCOMMIT);
    boolean sparse = !"2".equals(overcommit);
    all.add(
        new Requirement(
            "sparse mappings",
            sparse,
            sparse
                ? "vm.overcommit_memory is " + overcommit
                : "vm.overcommit_memory must not be 2"));
    List<String> compiler = binary.compiler();
    all.add(
        new Requirement(
            "a C compiler",
            compiler != null,
            compiler == null ? "set CC, or install gcc or clang" : String.join(" ", compiler)));
    return all;
  }

  private static Requirement ksmd() {
    try {
      return new Requirement("ksmd", true, "process " + KsmdStepper.findKsmd());
    } catch (SurroundingsException e) {
      return new Requirement("ksmd", false, String.valueOf(e.getMessage()));
    }
  }

  /** As {@code uname -r} has it. */
  public static String kernelVersion() {
    String version = ProcFiles.readIfThere(Path.of("/proc/sys/kernel/osrelease"));
    return version == null ? "unknown" : version;
  }

  private static String effectiveUser() {
    String ids = ProcFiles.figures(Path.of("/proc/self/status")).getOrDefault("Uid", "? ?");
    return ids.split("\\s+")[1];
  }

  /** The first that is not met, as {@code what: detail}; null where all are. */
  public @Nullable String missing() {
    return check().stream()
        .filter(requirement -> !requirement.met)
        .findFirst()
        .map(requirement -> requirement.what + ": " + requirement.detail)
        .orElse(null);
  }

  /** Throws where one is not met. */
  public void demand() {
    String missing = missing();
    if (missing != null) {
      throw new SurroundingsException("the host backend needs " + missing);
    }
  }
}
