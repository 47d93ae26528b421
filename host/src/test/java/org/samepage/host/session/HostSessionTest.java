// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.host.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.samepage.host.SurroundingsException;
import org.samepage.host.agent.Agent;
import org.samepage.host.agent.Syscall;
import org.samepage.host.backend.HostBackend;
import org.samepage.host.kernel.ForeignUsers;
import org.samepage.host.kernel.HugePages;
import org.samepage.host.kernel.KernelThread;
import org.samepage.host.kernel.KsmFiles;
import org.samepage.host.kernel.ProcFiles;
import org.samepage.host.testing.HostMachine;
import org.samepage.scenario.backend.BackendProcess;
import org.samepage.scenario.backend.BackendProcess.MmapCall;
import org.samepage.scenario.lang.Advice;

/** What a session does to the machine, and that nothing of it stays. */
final class HostSessionTest {
  @Test
  void asks_with_every_file_and_its_value_before_it_writes() {
    HostMachine.demand();
    Map<Path, String> before = HostMachine.knobs();
    List<String> asked = new ArrayList<>();
    HostSession session =
        HostSession.open(
            files -> {
              asked.addAll(files);
              return false;
            },
            false,
            line -> {});
    assertThat(session).as("consent was not given").isNull();
    before.forEach(
        (file, value) -> assertThat(asked).contains("%s (now %s)".formatted(file, value)));
    assertThat(asked).anyMatch(file -> file.startsWith("/proc/sys/vm/compact_memory "));
    assertThat(HostMachine.knobs()).isEqualTo(before);
    assertThat(HostMachine.helpers()).isEmpty();
  }

  @Test
  void puts_every_knob_back_and_leaves_no_process() {
    HostMachine.demand();
    Map<Path, String> before = HostMachine.knobs();
    try (HostSession session = HostMachine.session()) {
      session.begin(HostMachine.BOOT);
      Agent agent = session.startProcess("A");
      assertThat(agent.fork()).isPositive();
      session.write(KsmFiles.file("max_page_sharing"), "7");
      session.write(KsmFiles.file("sleep_millisecs"), "123");
      session.write(KsmFiles.file("use_zero_pages"), "1");
      assertThat(HostMachine.knobs()).isNotEqualTo(before);
      assertThat(HostMachine.helpers()).hasSizeGreaterThanOrEqualTo(3);
    }
    assertThat(HostMachine.knobs()).isEqualTo(before);
    assertThat(HostMachine.helpers()).isEmpty();
  }

  @Test
  void one_session_at_a_time() {
    try (HostSession session = HostMachine.session()) {
      assertThat(session.force()).isFalse();
      assertThatThrownBy(() -> HostSession.open(files -> true, false, line -> {}))
          .isInstanceOf(SurroundingsException.class)
          .hasMessageContainingAll(
              "another run", Long.toString(ProcessHandle.current().pid()), "KSM");
    }
  }

  private static void kill(ProcessHandle process) throws Exception {
    assertThat(process.destroyForcibly()).isTrue();
    var _ = process.onExit().get();
  }

  private static ProcessHandle keeper() {
    return ProcessHandle.current()
        .children()
        .filter(child -> HostMachine.helpers().contains(child.pid()))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void a_keeper_that_was_killed_is_noticed_and_another_mends() throws Exception {
    HostMachine.demand();
    Map<Path, String> before = HostMachine.knobs();
    HostSession session = HostMachine.session();
    HostBackend backend = new HostBackend(session, HostMachine.BOOT);
    var _ = backend.startProcess("A");
    session.write(KsmFiles.file("max_page_sharing"), "9");
    session.leaveHugePagesAlone();
    kill(keeper());
    assertThatThrownBy(() -> backend.scanPasses(1))
        .isInstanceOf(SurroundingsException.class)
        .hasMessageContaining("the helper has died");
    assertThatThrownBy(backend::close).isInstanceOf(SurroundingsException.class);
    assertThat(KsmFiles.value("max_page_sharing")).isEqualTo("9");
    assertThatThrownBy(session::close)
        .isInstanceOf(SurroundingsException.class)
        .hasMessageContaining("died");
    assertThat(HostMachine.knobs()).isEqualTo(before);
    assertThat(HostMachine.helpers()).isEmpty();
  }

  private static final long HUGE = 2L << 20;

  /** A process with a huge page's worth of small pages, for which it asks for huge ones. */
  private static BackendProcess withHugePages(HostBackend backend, String name) throws Exception {
    long where = 0x1000_0000_0000L;
    BackendProcess process = backend.startProcess(name);
    process.mmap(new MmapCall(where, HUGE, 3, false, false, true, null, 0));
    process.madvise(where, HUGE, Advice.HUGEPAGE);
    return process;
  }

  @Test
  void the_first_advice_about_huge_pages_puts_khugepaged_to_sleep_until_the_end() throws Exception {
    HostMachine.demand();
    assumeTrue(HugePages.hasKhugepaged(), "no khugepaged");
    Map<Path, String> before = HostMachine.knobs();
    try (HostSession session = HostMachine.session();
        HostBackend backend = new HostBackend(session, HostMachine.BOOT)) {
      var _ = backend.startProcess("A");
      assertThat(HostMachine.knobs()).containsEntry(HugePages.SCAN_SLEEP, sleep(before));
      var _ = withHugePages(backend, "B");
      assertThat(HostMachine.knobs()).containsEntry(HugePages.SCAN_SLEEP, HugePages.FOREVER);
    }
    assertThat(HostMachine.knobs()).isEqualTo(before);
  }

  /** It would look at the first process that has asked for huge pages at once. */
  @Test
  void khugepaged_looks_at_no_process_of_a_session() throws Exception {
    HostMachine.demand();
    assumeTrue(HugePages.hasKhugepaged(), "no khugepaged");
    try (HostSession session = HostMachine.session();
        HostBackend backend = new HostBackend(session, HostMachine.BOOT)) {
      session.leaveHugePagesAlone();
      Path counter = HugePages.SCAN_SLEEP.resolveSibling("full_scans");
      String scans = ProcFiles.read(counter);
      for (String name : List.of("A", "B", "C")) {
        BackendProcess process = withHugePages(backend, name);
        KernelThread.khugepaged().awaitSleep();
        assertThat(ProcFiles.read(counter)).as("scans with process %s", name).isEqualTo(scans);
        process.exit(); // where nobody is left, the next one who comes wakes it
      }
    }
  }

  private static String sleep(Map<Path, String> knobs) {
    return knobs.getOrDefault(HugePages.SCAN_SLEEP, "");
  }

  @Test
  void a_process_that_was_killed_is_named() throws Exception {
    HostMachine.demand();
    Map<Path, String> before = HostMachine.knobs();
    try (HostSession session = HostMachine.session();
        HostBackend backend = new HostBackend(session, HostMachine.BOOT)) {
      BackendProcess process = backend.startProcess("A");
      long keeper = keeper().pid();
      for (long pid : HostMachine.helpers()) {
        if (pid != keeper) {
          ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
        }
      }
      assertThatThrownBy(() -> process.munmap(0x1000_0000_0000L, 4096))
          .isInstanceOf(SurroundingsException.class)
          .hasMessageContaining("process A");
    }
    assertThat(HostMachine.knobs()).isEqualTo(before);
    assertThat(HostMachine.helpers()).isEmpty();
  }

  @Test
  void another_user_of_ksm_is_named() throws Exception {
    try (HostSession session = HostMachine.session()) {
      session.begin(HostMachine.BOOT);
      Agent agent = session.startProcess("A");
      long where = 0x5000_0000_0000L;
      assertThat(agent.syscall(Syscall.MMAP, where, 4096, 3, 0x10_0022, -1, 0)).isEqualTo(where);
      assertThat(agent.syscall(Syscall.MADVISE, where, 4096, 12)).isZero();
      session.refuseForeignUsers();
      assertThat(ForeignUsers.find(Set.of()))
          .as("seen by someone else")
          .anyMatch(user -> user.contains("(" + agent.pid() + ")"));
    }
  }
}
