// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.host.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import org.samepage.host.kernel.KsmFiles;
import org.samepage.host.testing.HostMachine;
import org.samepage.scenario.backend.BackendProcess;

/** What a session does to the machine, and that nothing of it stays. */
final class HostSessionTest {
  @Test
  void asks_with_every_file_and_its_value_before_it_writes() {
    HostMachine.demand();
    Map<String, String> before = HostMachine.knobs();
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
    before.forEach((name, value) ->
        assertThat(asked).contains("%s (now %s)".formatted(KsmFiles.file(name), value)));
    assertThat(HostMachine.knobs()).isEqualTo(before);
    assertThat(HostMachine.helpers()).isEmpty();
  }

  @Test
  void puts_every_knob_back_and_leaves_no_process() {
    HostMachine.demand();
    Map<String, String> before = HostMachine.knobs();
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
    Map<String, String> before = HostMachine.knobs();
    HostSession session = HostMachine.session();
    HostBackend backend = new HostBackend(session, HostMachine.BOOT);
    var _ = backend.startProcess("A");
    session.write(KsmFiles.file("max_page_sharing"), "9");
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

  @Test
  void a_process_that_was_killed_is_named() throws Exception {
    HostMachine.demand();
    Map<String, String> before = HostMachine.knobs();
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
