// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.ksm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.machine.ksm.KsmPeek.fill;
import static org.samepage.machine.ksm.KsmPeek.listEmpty;
import static org.samepage.machine.testing.TestMachine.BASE;
import static org.samepage.machine.testing.TestMachine.pfn;
import static org.samepage.machine.testing.TestMachine.write;
import static org.samepage.mm.vma.MmFlags.MMF_VM_MERGE_ANY;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.samepage.ksm.control.KsmSysfs;
import org.samepage.ksm.slots.KsmSlots;
import org.samepage.ksm.unmerge.KsmMadvise;
import org.samepage.ksm.unmerge.MergeAny;
import org.samepage.machine.UserProcess;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.vma.Mm;

/** T11 and T13: the 24 files; and who is told of broken memory. */
final class KsmFilesTest {
  private static final String PROFILE = "linux-6.18";

  /** As a 6.18.44 shows them before anything is changed; {@code w} for those of mode 0644. */
  @Test
  void T13_there_are_24_files_with_the_kernels_defaults_and_modes() {
    try (TestMachine m = TestMachine.boot(PROFILE)) {
      KsmSysfs sysfs = m.machine.ksm().sysfs();
      List<String> seen = new ArrayList<>();
      for (String name : sysfs.names()) {
        seen.add(
            name + (sysfs.isWritable(name) ? " w " : " r ") + sysfs.show(name).replace("\n", ";"));
      }
      assertThat(seen)
          .containsExactlyInAnyOrder(
              "advisor_max_cpu w 70;",
              "advisor_max_pages_to_scan w 30000;",
              "advisor_min_pages_to_scan w 500;",
              "advisor_mode w [none] scan-time;",
              "advisor_target_scan_time w 200;",
              "full_scans r 0;",
              "general_profit r 0;",
              "ksm_zero_pages r 0;",
              "max_page_sharing w 256;",
              "merge_across_nodes w 1;",
              "pages_scanned r 0;",
              "pages_shared r 0;",
              "pages_sharing r 0;",
              "pages_skipped r 0;",
              "pages_to_scan w 100;",
              "pages_unshared r 0;",
              "pages_volatile r 0;",
              "run w 0;",
              "sleep_millisecs w 20;",
              "smart_scan w 1;",
              "stable_node_chains r 0;",
              "stable_node_chains_prune_millisecs w 2000;",
              "stable_node_dups r 0;",
              "use_zero_pages w 0;");
    }
  }

  @ParameterizedTest(name = "{0} = {1} gives {2}, then it is {3}")
  @CsvSource({
    "sleep_millisecs, 0, 0, 0",
    "sleep_millisecs, 4294967295, 0, 4294967295",
    "sleep_millisecs, 4294967296, EINVAL, 20",
    "sleep_millisecs, 0x10, EINVAL, 20",
    "pages_to_scan, -1, EINVAL, 100",
    "pages_to_scan, +5, 0, 5",
    "pages_to_scan, '5 ', EINVAL, 100",
    "pages_to_scan, '', 0, 100",
    "full_scans, '', EACCES, 0",
    "pages_to_scan, ' ', EINVAL, 100",
    "run, 4, EINVAL, 0",
    "run, 4294967297, EINVAL, 0",
    "merge_across_nodes, -1, EINVAL, 1",
    "merge_across_nodes, 18446744073709551616, ERANGE, 1",
    "max_page_sharing, 2147483648, ERANGE, 256",
    "max_page_sharing, 2147483647, 0, 2147483647",
    "max_page_sharing, -2147483648, EINVAL, 256",
    "max_page_sharing, 0, EINVAL, 256",
    "stable_node_chains_prune_millisecs, 0, 0, 0",
    "stable_node_chains_prune_millisecs, 4294967296, EINVAL, 2000",
    "use_zero_pages, on, 0, 1",
    "use_zero_pages, T, 0, 1",
    "use_zero_pages, yellow, 0, 1",
    "smart_scan, N, 0, 0",
    "smart_scan, of, 0, 0",
    "smart_scan, o, EINVAL, 1",
    "advisor_max_cpu, -1, EINVAL, 70",
    "advisor_max_cpu, 4294967296, 0, 0",
    "advisor_min_pages_to_scan, 18446744073709551616, EINVAL, 500",
    "advisor_max_pages_to_scan, 0, 0, 0",
    "advisor_max_pages_to_scan, 1, 0, 1",
    "advisor_target_scan_time, 1, 0, 1",
    "full_scans, 1, EACCES, 0",
    "general_profit, 1, EACCES, 0"
  })
  void T13_writes_are_bounded_as_in_the_kernel(String name, String text, String error, long after) {
    try (TestMachine m = TestMachine.boot(PROFILE)) {
      int err = m.store(name, text);
      assertThat(err == 0 ? "0" : Errno.name(err)).isEqualTo(error);
      assertThat(m.ksm(name)).isEqualTo(after);
    }
  }

  @Test
  void T13_unsigned_files_show_no_sign() {
    try (TestMachine m = TestMachine.boot(PROFILE)) {
      assertThat(m.store("advisor_target_scan_time", "18446744073709551615")).isZero();
      assertThat(m.machine.ksm().sysfs().show("advisor_target_scan_time"))
          .isEqualTo("18446744073709551615\n");
    }
  }

  @Test
  void T11_a_page_that_cannot_be_merged_is_visited_ever_less_often() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE)) {
      write(m.mergeable(1), 0, 1);
      StringBuilder log = new StringBuilder();
      for (int pass = 1; pass <= 40; pass++) {
        long before = m.ksm("pages_scanned");
        m.passes(1);
        log.append(m.ksm("pages_scanned") > before ? 'P' : 's');
      }
      assertThat(log.toString())
          .isEqualTo("PPPP" + "sP" + "ssP" + "ssssP" + "ssssssssP" + "ssssssssP" + "ssssssss");
    }
  }

  @Test
  void every_process_with_a_vma_in_an_items_anon_vma_is_told_once_for_each_item() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE)) {
      UserProcess a = m.mergeable(2);
      fill(a, 0, 2, 1);
      m.passes(2);
      UserProcess child = a.fork();
      UserProcess other = m.mergeable(1);
      write(other, 0, 9);
      m.passes(2);
      child.munmap(BASE, 4096);
      List<String> told = new ArrayList<>();
      List<Mm> processes = List.of(a.mm(), child.mm(), other.mm());
      m.machine
          .ksm()
          .collectProcs()
          .collectProcsKsm(
              pfn(a, 0),
              processes,
              (mm, vma, addr) -> told.add(processes.indexOf(mm) + "@" + (addr - BASE) / 4096));
      // both items of the parent tell the child, although it has unmapped page 0; its own tell it
      assertThat(told).containsExactlyInAnyOrder("0@0", "0@1", "1@0", "1@1", "1@0", "1@1");
    }
  }

  @Test
  void a_program_that_begins_is_on_the_list_if_all_of_it_is_to_be_merged() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE)) {
      KsmSlots slots = m.machine.ksm().slots();
      UserProcess plain = m.machine.newProcess();
      assertThat(slots.ksmExecve(plain.mm())).isZero();
      assertThat(listEmpty(m)).isTrue();
      UserProcess a = m.machine.newProcess();
      a.mm().mmFlagsSet(MMF_VM_MERGE_ANY); // as taken over of its predecessor
      m.machine.failSlab().follow(what -> true);
      assertThat(slots.ksmExecve(a.mm())).isEqualTo(-Errno.ENOMEM);
      m.machine.failSlab().follow(null);
      assertThat(slots.ksmExecve(a.mm())).isZero();
      assertThat(listEmpty(m)).isFalse();
      a.exit();
      assertThat(listEmpty(m)).isTrue();
    }
  }

  @Test
  void ksm_disable_ends_what_was_advised_one_by_one_too() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE)) {
      UserProcess a = m.mergeable(2);
      fill(a, 0, 2, 1);
      m.passes(2);
      MergeAny mergeAny = m.machine.ksm().mergeAny();
      a.mm().mmapLock.writeLock();
      assertThat(mergeAny.ksmDisable(a.mm())).isZero();
      a.mm().mmapLock.writeUnlock();
      assertThat(KsmPeek.folios(m).folioTestKsm(pfn(a, 0))).isFalse();
      m.passes(1);
      assertThat(listEmpty(m)).isTrue();
      assertThat(KsmMadvise.ksmCompatible(a.mm().vmas.get(0).vmFlags)).isTrue();
    }
  }
}
