// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.proc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.samepage.host.backend.HostBackend;
import org.samepage.scenario.backend.Backend;
import org.samepage.scenario.backend.BackendProcess;
import org.samepage.scenario.lang.Scenario;
import org.samepage.scenario.lang.ScenarioParser;
import org.samepage.scenario.lang.Statement;
import org.samepage.scenario.port.PortBackend;
import org.samepage.scenario.run.ScenarioRunner;

/** /proc of the port against that of the kernel, after each statement of small scenarios. */
final class ProcDifferenceTest extends BesideKernel {
  private static final int CHANCES = 3;

  private record Side(ScenarioRunner runner, ProcSight sight) {
    static Side of(Backend backend, ProcReader proc) {
      return new Side(new ScenarioRunner("t.scenario", backend, line -> {}), new ProcSight(proc));
    }

    List<String> step(Statement statement) throws Exception {
      runner.carryOut(statement);
      Map<String, BackendProcess> processes = runner.processes();
      return sight.look(processes);
    }
  }

  /**
   * Compares after each statement. The processor may mark a page as accessed that nobody touched,
   * so where nothing but {@code Referenced} differs, the scenario gets another chance.
   */
  private static void compare(String... statements) throws Exception {
    Scenario scenario = ScenarioParser.parse("t.scenario", String.join("\n", statements));
    for (int chance = CHANCES; !equal(scenario, chance > 1); chance--) {}
  }

  private static boolean equal(Scenario scenario, boolean again) throws Exception {
    try (PortBackend port = WORKBENCH.bootPort(CONFIG);
        HostBackend host = new HostBackend(session(), CONFIG.ksm())) {
      Side ours = Side.of(port, ProcReader.of(port.machine().proc()));
      Side theirs = Side.of(host, ProcReader.ofHost());
      for (Statement statement : scenario.statements()) {
        List<String> kernel = theirs.step(statement);
        List<String> mine = ours.step(statement);
        if (again && !mine.equals(kernel) && unreferenced(mine).equals(unreferenced(kernel))) {
          return false;
        }
        assertThat(mine)
            .as("after line %s: %s", statement.line(), statement.text())
            .isEqualTo(kernel);
      }
      assertThat(ours.runner.failures()).isEqualTo(theirs.runner.failures()).isEmpty();
      return true;
    }
  }

  private static List<String> unreferenced(List<String> lines) {
    return lines.stream().filter(line -> !line.contains(" Referenced:")).toList();
  }

  @Test
  void written_pages_and_read_ones() throws Exception {
    compare(
        "process A",
        "A mmap X 8p",
        "A mmap Y 600p noreserve",
        "A touch X[0p..3p]",
        "A write X[2p..5p] seq=1",
        "A poke Y[100p] 1",
        "A poke Y[599p] 1",
        "A munmap Y[0p..512p]",
        "A madvise X[2p..3p] DONTNEED",
        "A madvise X DONTNEED");
  }

  @Test
  void huge_pages_and_their_splits() throws Exception {
    compare(
        "process A",
        "A mmap X 6M",
        "A madvise X HUGEPAGE",
        "A touch X[3p]",
        "A poke X[7p] 1",
        "A poke X[600p] 2",
        "A mprotect X[2M..4M] r",
        "A mprotect X[2M..4M] none",
        "A mprotect X[2M..4M] rw",
        "A poke X[601p] 2",
        "A mprotect X[700p..710p] r",
        "A touch X[1100p]",
        "A munmap X[1535p]",
        "A munmap X[511p]",
        "A madvise X[0p] DONTNEED",
        "A mprotect X[700p..710p] rw",
        "A poke X[705p] 1",
        "A munmap X[0..2M]");
  }

  @Test
  void huge_pages_of_parent_and_child() throws Exception {
    compare(
        "process A",
        "A mmap X 2M",
        "A madvise X HUGEPAGE",
        "A write X seq=0",
        "A fork B",
        "B poke X[5p] 9",
        "B munmap X[9p]",
        "A poke X[20p] 3",
        "B exit",
        "A poke X[30p] 1",
        "A fork C",
        "A exit",
        "C poke X[40p] 1");
  }

  @Test
  void huge_pages_moved_collapsed_and_given_away() throws Exception {
    compare(
        "process A",
        "A mmap X 4M",
        "A madvise X HUGEPAGE",
        "A write X[0..512p] seq=0",
        "A mremap X[0..2M] 2M move to=0x200000000000 as=M",
        "A mremap M 2M move to=0x200010001000 as=N",
        "A mremap N 2M move to=0x200020000000 as=O",
        "A madvise O COLLAPSE",
        "A madvise O FREE",
        "A poke O[3p] 1",
        "A madvise O COLD",
        "A madvise O[8p..16p] COLD",
        "A poke X[600p] 1",
        "A madvise X[2M..4M] NOHUGEPAGE");
  }

  @Test
  void pages_of_parent_and_child() throws Exception {
    compare(
        "process A",
        "A mmap X 6p",
        "A write X[0p..4p] seq=1",
        "A touch X[4p]",
        "A fork B",
        "B fork C",
        "B poke X[0p] 9",
        "A poke X[1p] 9",
        "C touch X",
        "C exit",
        "A poke X[2p] 9",
        "B exit",
        "A poke X[0p..4p] 7",
        "A fork D",
        "A exit",
        "D poke X[3p] 8");
  }

  @Test
  void merged_pages() throws Exception {
    compare(
        "process A",
        "A mmap X 8p",
        "A madvise X MERGEABLE",
        "A write X cycle=3",
        "process B",
        "B prctl MEMORY_MERGE 1",
        "B mmap X 4p",
        "B write X cycle=3",
        "scan 3",
        "A poke X[1p] 200",
        "A fork C",
        "C touch X",
        "scan 2",
        "B munmap X[0p..2p]",
        "C exit",
        "A madvise X[3p..5p] UNMERGEABLE",
        "B prctl MEMORY_MERGE 0",
        "ksm run=2");
  }

  @Test
  void merged_zero_pages() throws Exception {
    compare(
        "ksm use_zero_pages=1",
        "process A",
        "A mmap X 6p",
        "A madvise X MERGEABLE",
        "A write X[0p..4p] zero",
        "A touch X[4p]",
        "scan 3",
        "A touch X[0p]",
        "A poke X[1p] 1",
        "A fork B",
        "B poke X[2p] 1",
        "A madvise X[3p] DONTNEED",
        "A munmap X[0p]");
  }

  @Test
  void guards() throws Exception {
    compare(
        "process A",
        "A mmap X 8p",
        "A madvise X[6p..8p] GUARD_INSTALL",
        "A write X[0p..4p] seq=1",
        "A madvise X[1p..3p] GUARD_INSTALL",
        "A touch X[1p] => SIGSEGV",
        "A fork B",
        "A madvise X[1p] GUARD_REMOVE",
        "B madvise X[2p..8p] GUARD_REMOVE",
        "A mprotect X[0p..2p] r",
        "A mmap Y 2p shared",
        "A madvise Y[0p] GUARD_INSTALL");
  }

  @Test
  void protections() throws Exception {
    compare(
        "process A",
        "A mmap X 8p",
        "A write X[0p..6p] seq=1",
        "A touch X[7p]",
        "A mprotect X[1p..4p] none",
        "A mprotect X[2p..3p] r",
        "A mmap Z 3p prot=r",
        "A touch Z",
        "A mmap E 4p prot=rx",
        "A mmap W 4p prot=rwx",
        "A mprotect E rw",
        "A mprotect W rx",
        "A fork B",
        "A mprotect X rw",
        "B mprotect X[5p..8p] none",
        "A poke X 3");
  }

  @Test
  void locked_pages() throws Exception {
    compare(
        "process A",
        "A mmap X 6p",
        "A write X[0p..2p] seq=1",
        "A mlock X[1p..4p]",
        "A mmap R 2p prot=r",
        "A mlock R",
        "A fork B",
        "A poke X[1p..3p] 3",
        "B touch X",
        "A munlock X[2p..3p]",
        "A mremap X[1p..2p] 1p move as=Y",
        "A munmap X[3p..4p]",
        "A munlock Y");
  }

  @Test
  void shared_memory() throws Exception {
    compare(
        "process A",
        "A mmap X 8p shared",
        "A poke X[0p..2p] 1",
        "A touch X[4p]",
        "A fork B",
        "B touch X[0p..6p]",
        "A poke X[4p] 2",
        "A madvise X[0p..1p] DONTNEED",
        "A mprotect X[0p..3p] r",
        "B munmap X[4p..5p]",
        "B exit",
        "A touch X");
  }

  @Test
  void files_in_memory() throws Exception {
    compare(
        "file F 6p seq=50",
        "process A",
        "A mmap X 6p file=F",
        "A mmap Y 4p file=F offset=2p shared",
        "A touch X[0p]",
        "A poke X[1p] 1",
        "A poke Y[1p] 1",
        "A touch X",
        "A fork B",
        "B poke X[2p] 2",
        "A mremap X[0p..2p] 2p move as=Z",
        "A munmap Y",
        "A exit");
  }

  @Test
  void moved_and_resized_mappings() throws Exception {
    compare(
        "process A",
        "A mmap X 8p",
        "A write X[0p..6p] seq=1",
        "A mremap X[2p..5p] 3p move as=Y",
        "A mremap Y 6p",
        "A mremap X[5p..8p] 3p move dontunmap as=Z",
        "A touch X[6p]",
        "A mremap Y 1p",
        "A madvise X[0p..2p] DONTFORK",
        "A madvise Z[0p..1p] WIPEONFORK",
        "A madvise Z[2p..3p] NOHUGEPAGE",
        "A fork B",
        "A munmap X");
  }
}
