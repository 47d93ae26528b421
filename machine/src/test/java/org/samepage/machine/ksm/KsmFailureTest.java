// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.ksm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.samepage.machine.ksm.KsmPeek.fill;
import static org.samepage.machine.ksm.KsmPeek.folios;
import static org.samepage.machine.ksm.KsmPeek.items;
import static org.samepage.machine.ksm.KsmPeek.listEmpty;
import static org.samepage.machine.testing.TestMachine.BASE;
import static org.samepage.machine.testing.TestMachine.RW;
import static org.samepage.machine.testing.TestMachine.check;
import static org.samepage.machine.testing.TestMachine.page;
import static org.samepage.machine.testing.TestMachine.pfn;
import static org.samepage.machine.testing.TestMachine.write;
import static org.samepage.mm.vma.MmFlags.MMF_VM_MERGEABLE;
import static org.samepage.mm.vma.MmFlags.MMF_VM_MERGE_ANY;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.samepage.machine.SyscallException;
import org.samepage.machine.UserProcess;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.prctl.Prctl;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.failslab.Alloc;
import org.samepage.mm.failslab.FailSlab;
import org.samepage.mm.spi.FaultHandler;
import org.samepage.mm.vma.VmFlags;

/** Every allocation and every fault that KSM can see fail: what it does then, and what is left. */
final class KsmFailureTest {
  private static final String PROFILE = "linux-6.18";

  static List<String> profiles() {
    return TestMachine.profiles();
  }

  private static void fail(TestMachine m, Alloc what, int nth) {
    m.machine.failSlab().follow(FailSlab.nth(what, nth));
  }

  private static void failAll(TestMachine m, Alloc kind) {
    m.machine.failSlab().follow(what -> what == kind);
  }

  private static void heal(TestMachine m) {
    m.machine.failSlab().follow(null);
    m.machine.failFaults().follow(null);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("profiles")
  void without_an_rmap_item_the_batch_ends_and_the_same_page_comes_again(String profile)
      throws Exception {
    try (TestMachine m = TestMachine.boot(profile)) {
      UserProcess a = m.mergeable(4);
      fill(a, 0, 4, 1);
      for (int nth = 1; nth <= 4; nth++) {
        fail(m, Alloc.KSM_RMAP_ITEM, 1);
        m.machine.ksm().ksmd().batch(100);
        assertThat(items(m, a)).hasSize(nth - 1);
        heal(m);
        m.machine.ksm().ksmd().batch(1);
      }
      m.passes(2);
      assertThat(m.ksm("pages_sharing")).isEqualTo(3);
    }
  }

  @Test
  void without_a_stable_node_both_pages_are_given_back_and_merge_later() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE)) {
      UserProcess a = m.mergeable(2);
      fill(a, 0, 2, 1);
      m.passes(1);
      fail(m, Alloc.KSM_STABLE_NODE, 1);
      m.passes(1);
      heal(m);
      assertThat(m.ksm("pages_shared")).isZero();
      assertThat(m.ksm("pages_unshared")).isZero();
      for (int i = 0; i < 2; i++) {
        assertThat(folios(m).folioTestKsm(pfn(a, i))).isFalse();
        assertThat(items(m, a).get(i).anonVma).isNull();
        check(a, i, 1);
      }
      m.passes(1);
      assertThat(m.ksm("pages_sharing")).as("the checksums were kept").isEqualTo(1);
    }
  }

  @Test
  void without_a_chain_the_new_node_goes_too_and_both_pages_are_given_back() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE, "ksm.max_page_sharing=2")) {
      UserProcess a = m.mergeable(4);
      fill(a, 0, 2, 1);
      m.passes(2);
      fill(a, 2, 4, 1);
      m.passes(1);
      fail(m, Alloc.KSM_STABLE_NODE, 2);
      m.passes(1);
      heal(m);
      assertThat(m.ksm("stable_node_chains")).isZero();
      assertThat(m.ksm("pages_shared")).isEqualTo(1);
      assertThat(folios(m).folioTestKsm(pfn(a, 2))).isFalse();
      assertThat(folios(m).folioTestKsm(pfn(a, 3))).isFalse();
      m.passes(1);
      assertThat(m.ksm("stable_node_dups")).isEqualTo(2);
    }
  }

  @Test
  void without_a_chain_a_page_from_another_node_stays_parked() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE, "machine.nodes=2", "ksm.merge_across_nodes=0")) {
      UserProcess a = m.mergeable(2);
      fill(a, 0, 2, 1);
      m.machine.currentTask().setNumaNode(1);
      UserProcess b = m.mergeable(2);
      fill(b, 0, 2, 1);
      m.passes(2);
      KsmPeek.moveToNode(a, 0, 1);
      failAll(m, Alloc.KSM_STABLE_NODE);
      m.machine.ksm().ksmd().batch(1);
      assertThat(KsmPeek.state(m).migrateNodes).hasSize(1);
      assertThat(m.ksm("stable_node_chains")).isZero();
      heal(m);
      m.passes(2);
      assertThat(KsmPeek.state(m).migrateNodes).isEmpty();
      assertThat(m.ksm("stable_node_dups")).isEqualTo(2);
    }
  }

  /** Made once, when it first changes; afterwards there is nothing that could fail. */
  @Test
  void without_trees_for_all_nodes_merge_across_nodes_stays_as_it_is() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE, "machine.nodes=2")) {
      failAll(m, Alloc.KSM_TREES);
      assertThat(m.store("merge_across_nodes", "1")).as("as it is").isZero();
      assertThat(m.store("merge_across_nodes", "0")).isEqualTo(-Errno.ENOMEM);
      assertThat(m.ksm("merge_across_nodes")).isEqualTo(1);
      heal(m);
      assertThat(m.store("merge_across_nodes", "0")).isZero();
      failAll(m, Alloc.KSM_TREES);
      assertThat(m.store("merge_across_nodes", "1")).isZero();
      assertThat(m.store("merge_across_nodes", "0")).isZero();
      assertThat(m.ksm("merge_across_nodes")).isZero();
    }
  }

  @Test
  void without_a_slot_madvise_says_again_and_the_mapping_is_as_before() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE)) {
      UserProcess a = m.process(2);
      fail(m, Alloc.KSM_MM_SLOT, 1);
      assertThatThrownBy(() -> a.madvise(BASE, 2 * 4096, Advice.MERGEABLE))
          .isInstanceOf(SyscallException.class)
          .hasMessageContaining("EAGAIN");
      assertThat(a.mm().vmas.get(0).has(VmFlags.VM_MERGEABLE)).isFalse();
      assertThat(a.mm().mmFlagsTest(MMF_VM_MERGEABLE)).isFalse();
      assertThat(listEmpty(m)).isTrue();
      a.madvise(BASE, 2 * 4096, Advice.MERGEABLE);
      assertThat(listEmpty(m)).isFalse();
    }
  }

  @Test
  void without_a_slot_prctl_fails_a_fork_does_not_and_a_mapping_is_marked_all_the_same()
      throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE)) {
      UserProcess a = m.process(2);
      fail(m, Alloc.KSM_MM_SLOT, 1);
      assertThatThrownBy(() -> a.prctlMemoryMerge(1)).hasMessageContaining("ENOMEM");
      assertThat(a.mm().mmFlagsTest(MMF_VM_MERGE_ANY)).isFalse();
      a.prctlMemoryMerge(1);
      fail(m, Alloc.KSM_MM_SLOT, 1);
      UserProcess child = a.fork();
      assertThat(child.mm().mmFlagsTest(MMF_VM_MERGEABLE)).isFalse();
      assertThat(child.mm().mmFlagsTest(MMF_VM_MERGE_ANY)).isTrue();
      fail(m, Alloc.KSM_MM_SLOT, 1);
      child.mmap(page(100), 4096, RW, true);
      assertThat(child.mm().mmFlagsTest(MMF_VM_MERGEABLE)).isFalse();
      child.mmap(page(200), 4096, RW, true);
      assertThat(child.mm().mmFlagsTest(MMF_VM_MERGEABLE)).as("tried again").isTrue();
      child.exit();
    }
  }

  @Test
  void a_broken_page_that_cannot_be_given_back_after_a_failed_merge_stays_a_ksm_page()
      throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE)) {
      UserProcess a = m.mergeable(2);
      fill(a, 0, 2, 1);
      m.passes(1);
      fail(m, Alloc.KSM_STABLE_NODE, 1);
      m.machine.failFaults().follow((vma, addr, flags) -> FaultHandler.VM_FAULT_OOM);
      m.passes(1);
      heal(m);
      int shared = pfn(a, 0);
      assertThat(folios(m).folioTestKsm(shared)).isTrue();
      assertThat(pfn(a, 1)).isEqualTo(shared);
      assertThat(m.ksm("pages_shared")).as("without a node").isZero();
      m.passes(3);
      check(a, 0, 1);
      check(a, 1, 1);
      write(a, 0, 2);
      check(a, 1, 1);
    }
  }

  @Test
  void run_2_fails_with_the_faults_error_and_stops_and_the_rest_stays_merged() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE)) {
      UserProcess a = m.mergeable(3);
      UserProcess b = m.mergeable(3);
      fill(a, 0, 3, 1);
      fill(b, 0, 3, 2);
      m.passes(2);
      fail(m, Alloc.FRAME, 2);
      assertThat(m.store("run", "2")).isEqualTo(-Errno.ENOMEM);
      heal(m);
      assertThat(m.ksm("run")).isZero();
      assertThat(m.ksm("full_scans")).isEqualTo(2);
      assertThat(folios(m).folioTestKsm(pfn(a, 0))).isFalse();
      assertThat(folios(m).folioTestKsm(pfn(a, 1))).isTrue();
      assertThat(folios(m).folioTestKsm(pfn(b, 0))).isTrue();
      assertThat(m.store("run", "2")).isZero();
      assertThat(m.ksm("pages_shared")).isZero();
    }
  }

  @Test
  void prctl_0_puts_everything_back_where_a_page_cannot_be_unmerged() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE)) {
      UserProcess a = m.machine.newProcess();
      a.mmap(BASE, 2 * 4096, RW, true);
      a.mmap(page(10), 2 * 4096, RW, true);
      a.prctlMemoryMerge(1);
      fill(a, 0, 2, 1);
      fill(a, 10, 12, 1);
      m.passes(2);
      m.machine
          .failFaults()
          .follow((vma, addr, flags) -> addr == page(10) ? FaultHandler.VM_FAULT_OOM : 0);
      assertThatThrownBy(() -> a.prctlMemoryMerge(0)).hasMessageContaining("ENOMEM");
      heal(m);
      assertThat(a.prctl(Prctl.PR_GET_MEMORY_MERGE, 0, 0, 0, 0)).isEqualTo(1);
      for (int i = 0; i < a.mm().vmas.size(); i++) {
        assertThat(a.mm().vmas.get(i).has(VmFlags.VM_MERGEABLE)).isTrue();
      }
      a.prctlMemoryMerge(0);
      assertThat(a.prctl(Prctl.PR_GET_MEMORY_MERGE, 0, 0, 0, 0)).isZero();
    }
  }

  @Test
  void prctl_refuses_arguments_that_are_not_0_and_ends_for_a_signal() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE)) {
      UserProcess a = m.process(1);
      for (int at = 3; at <= 5; at++) {
        int arg = at;
        assertThatThrownBy(() ->
                a.prctl(
                    Prctl.PR_SET_MEMORY_MERGE,
                    1,
                    arg == 3 ? 1 : 0,
                    arg == 4 ? 1 : 0,
                    arg == 5 ? 1 : 0))
            .hasMessageContaining("EINVAL");
      }
      assertThatThrownBy(() -> a.prctl(Prctl.PR_GET_MEMORY_MERGE, 1, 0, 0, 0))
          .hasMessageContaining("EINVAL");
      m.machine.currentTask().setSignalPending(true);
      assertThatThrownBy(() -> a.prctlMemoryMerge(1)).hasMessageContaining("EINTR");
      m.machine.currentTask().setSignalPending(false);
      assertThat(a.mm().mmFlagsTest(MMF_VM_MERGE_ANY)).isFalse();
    }
  }

  @Test
  void a_signal_ends_unmergeable_and_the_bit_stays() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE)) {
      UserProcess a = m.mergeable(3);
      fill(a, 0, 3, 1);
      m.passes(2);
      int[] faults = {0};
      m.machine
          .failFaults()
          .follow((vma, addr, flags) -> {
            m.machine.currentTask().setSignalPending(++faults[0] == 2);
            return 0;
          });
      assertThatThrownBy(() -> a.madvise(BASE, 3 * 4096, Advice.UNMERGEABLE))
          .isInstanceOf(SyscallException.class);
      heal(m);
      m.machine.currentTask().setSignalPending(false);
      assertThat(faults[0]).as("pages done").isEqualTo(2);
      assertThat(folios(m).folioTestKsm(pfn(a, 2))).isTrue();
      assertThat(a.mm().vmas.get(0).has(VmFlags.VM_MERGEABLE)).isTrue();
    }
  }

  /** Each allocation fails once, wherever it is; afterwards all is merged as if it had not. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("profiles")
  void any_single_failure_is_made_good_by_later_passes(String profile) throws Exception {
    for (Alloc kind : List.of(Alloc.KSM_RMAP_ITEM, Alloc.KSM_STABLE_NODE, Alloc.FRAME)) {
      for (int nth = 1; nth <= 12; nth++) {
        try (TestMachine m = TestMachine.boot(profile, "ksm.max_page_sharing=2")) {
          UserProcess a = m.mergeable(6);
          fill(a, 0, 6, 1);
          fail(m, kind, nth);
          m.passes(4);
          heal(m);
          m.passes(3);
          assertThat(m.ksm("pages_sharing")).as(kind + " " + nth).isEqualTo(3);
          assertThat(m.ksm("stable_node_dups")).as(kind + " " + nth).isEqualTo(3);
        }
      }
    }
  }
}
