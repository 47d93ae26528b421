// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.ksm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.machine.ksm.KsmPeek.fill;
import static org.samepage.machine.ksm.KsmPeek.folios;
import static org.samepage.machine.testing.TestMachine.BASE;
import static org.samepage.machine.testing.TestMachine.check;
import static org.samepage.machine.testing.TestMachine.page;
import static org.samepage.machine.testing.TestMachine.pfn;
import static org.samepage.machine.testing.TestMachine.write;
import static org.samepage.mm.spi.FaultHandler.FAULT_FLAG_UNSHARE;
import static org.samepage.mm.spi.FaultHandler.VM_FAULT_HWPOISON;
import static org.samepage.mm.spi.FaultHandler.VM_FAULT_OOM;
import static org.samepage.mm.spi.FaultHandler.VM_FAULT_SIGBUS;
import static org.samepage.mm.spi.FaultHandler.VM_FAULT_SIGSEGV;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.samepage.machine.SyscallException;
import org.samepage.machine.UserProcess;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.mmap.Mremap;
import org.samepage.machine.prctl.Prctl;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.failslab.Alloc;
import org.samepage.mm.failslab.FailSlab;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.VmFlags;

/**
 * The one fault that KSM makes itself, in break_ksm, failed in each way and for each caller; and
 * page tables, of which it never makes any. Afterwards nothing is left of it.
 */
final class KsmFaultFailureTest {
  private static final int PAGES = 4;
  private static final long BYTES = PAGES * PageUnits.PAGE_SIZE;
  private static final long ELSEWHERE = 4096;
  private static final List<String> BY_RANGE = List.of("linux-6.19", "linux-7.3");
  private static final int[] ERRORS = {VM_FAULT_SIGBUS, VM_FAULT_SIGSEGV, VM_FAULT_HWPOISON};

  /** In use before anything happens. */
  private static final long FRAMES_AT_BOOT = framesAtBoot();

  /** Who unmerges a range. */
  private enum Caller {
    MADVISE("EAGAIN") {
      @Override
      int call(TestMachine m, UserProcess a) throws SyscallException {
        a.madvise(BASE, BYTES, Advice.UNMERGEABLE);
        return 0;
      }
    },
    MREMAP("ENOMEM") {
      @Override
      int call(TestMachine m, UserProcess a) throws SyscallException {
        int flags = Mremap.MREMAP_MAYMOVE | Mremap.MREMAP_FIXED;
        a.mremap(BASE, BYTES, BYTES, flags, page(ELSEWHERE));
        return 0;
      }
    },
    PRCTL("ENOMEM") {
      @Override
      int call(TestMachine m, UserProcess a) throws SyscallException {
        a.prctlMemoryMerge(0);
        return 0;
      }
    },
    RUN_2("") {
      @Override
      int call(TestMachine m, UserProcess a) {
        return m.store("run", "2");
      }
    };

    /** What a process is told that is short of memory. */
    final String outOfMemory;

    Caller(String outOfMemory) {
      this.outOfMemory = outOfMemory;
    }

    abstract int call(TestMachine m, UserProcess a) throws SyscallException;
  }

  static List<String> profiles() {
    return TestMachine.profiles();
  }

  /** All pages equal and merged; mergeable by prctl, so that prctl can take it back. */
  private static UserProcess merged(TestMachine m) throws Exception {
    UserProcess a = m.process(PAGES);
    a.prctlMemoryMerge(1);
    fill(a, 0, PAGES, 1);
    m.passes(2);
    assertThat(m.ksm("pages_sharing")).isEqualTo(PAGES - 1);
    return a;
  }

  private static void failUnsharing(TestMachine m, long index, int error) {
    m.machine
        .failFaults()
        .follow((vma, addr, flags) ->
            addr == page(index) && (flags & FAULT_FLAG_UNSHARE) != 0 ? error : 0);
  }

  private static List<Boolean> ksmPages(TestMachine m, UserProcess a, long from) {
    List<Boolean> ksm = new ArrayList<>();
    for (long i = from; i < from + PAGES; i++) {
      ksm.add(folios(m).folioTestKsm(pfn(a, i)));
    }
    return ksm;
  }

  private static void heal(TestMachine m) {
    m.machine.failFaults().follow(null);
    m.machine.failSlab().follow(null);
    m.machine.currentTask().setSignalPending(false);
  }

  /** Ends all processes and unmerges: no object and no frame may be left. */
  private static void nothingIsLeft(TestMachine m, UserProcess... processes) {
    for (UserProcess process : processes) {
      process.exit();
    }
    assertThat(m.store("run", "0")).isZero();
    assertThat(m.store("run", "2")).isZero();
    var caches = KsmPeek.state(m).caches;
    assertThat(caches.rmapItem.activeObjects()).isZero();
    assertThat(caches.stableNode.activeObjects()).isZero();
    assertThat(caches.mmSlot.activeObjects()).isZero();
    for (String counter :
        List.of("pages_shared", "pages_sharing", "stable_node_chains", "stable_node_dups")) {
      assertThat(m.ksm(counter)).as(counter).isZero();
    }
    assertThat(KsmPeek.listEmpty(m)).isTrue();
    assertThat(m.machine.memory().swap().device().slotsInUse()).isZero();
    assertThat(m.machine.memory().allocator().pagesInUse()).as("frames").isEqualTo(FRAMES_AT_BOOT);
  }

  private static long framesAtBoot() {
    try (TestMachine m = TestMachine.boot("linux-6.18")) {
      return m.machine.memory().allocator().pagesInUse();
    }
  }

  /** mm/ksm.c says so of SIGBUS; any error but OOM comes to the same. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("profiles")
  void a_page_whose_unsharing_fails_stays_merged_and_nobody_is_told(String profile)
      throws Exception {
    boolean byRange = BY_RANGE.contains(profile);
    for (Caller caller : Caller.values()) {
      for (int error : ERRORS) {
        try (TestMachine m = TestMachine.boot(profile)) {
          UserProcess a = merged(m);
          failUnsharing(m, 1, error);
          assertThat(caller.call(m, a)).isZero();
          heal(m);
          long at = caller == Caller.MREMAP ? ELSEWHERE : 0;
          assertThat(ksmPages(m, a, at))
              .as("%s %d: by range, all behind it stay too", caller, error)
              .containsExactly(false, true, byRange, byRange);
          boolean stays = caller == Caller.MREMAP || caller == Caller.RUN_2;
          assertThat(a.mm().vmas.get(0).has(VmFlags.VM_MERGEABLE)).isEqualTo(stays);
          if (caller == Caller.RUN_2) {
            assertThat(m.ksm("run")).isEqualTo(2);
            assertThat(m.ksm("pages_shared")).as("no item is left").isZero();
            assertThat(KsmPeek.state(m).caches.stableNode.activeObjects())
                .as("the node of a mapped page is")
                .isEqualTo(1);
          }
          for (long i = at; i < at + PAGES; i++) {
            check(a, i, 1);
          }
          write(a, at + 1, 2);
          check(a, at, 1);
          check(a, at + 1, 2);
          nothingIsLeft(m, a);
        }
      }
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("profiles")
  void a_page_that_stayed_merged_through_run_2_is_found_again_with_its_node(String profile)
      throws Exception {
    try (TestMachine m = TestMachine.boot(profile)) {
      UserProcess a = merged(m);
      failUnsharing(m, 1, VM_FAULT_SIGBUS);
      assertThat(m.store("run", "2")).isZero();
      heal(m);
      int shared = pfn(a, 1);
      m.store("run", "0");
      assertThat(m.store("max_page_sharing", "10")).as("a node is there").isEqualTo(-Errno.EBUSY);
      m.passes(3);
      assertThat(m.ksm("pages_sharing")).isEqualTo(PAGES - 1);
      assertThat(pfn(a, 0)).as("the others came back to it").isEqualTo(shared);
      nothingIsLeft(m, a);
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("profiles")
  void out_of_memory_stops_at_its_page_and_the_next_call_does_the_rest(String profile)
      throws Exception {
    for (Caller caller : Caller.values()) {
      try (TestMachine m = TestMachine.boot(profile)) {
        UserProcess a = merged(m);
        failUnsharing(m, 1, VM_FAULT_OOM);
        assertThat(called(caller, m, a)).isEqualTo(caller.outOfMemory);
        heal(m);
        assertThat(ksmPages(m, a, 0)).containsExactly(false, true, true, true);
        assertThat(a.mm().vmas.get(0).has(VmFlags.VM_MERGEABLE)).isTrue();
        assertThat(a.prctl(Prctl.PR_GET_MEMORY_MERGE, 0, 0, 0, 0)).isEqualTo(1);
        if (caller == Caller.RUN_2) {
          assertThat(m.ksm("run")).isZero();
        }
        assertThat(called(caller, m, a)).as("again").isEqualTo("0");
        long at = caller == Caller.MREMAP ? ELSEWHERE : 0;
        assertThat(ksmPages(m, a, at)).doesNotContain(true);
        check(a, at + 1, 1);
        nothingIsLeft(m, a);
      }
    }
  }

  /** What a caller is told: 0, an error's name, or nothing for run, whose error is a number. */
  private static String called(Caller caller, TestMachine m, UserProcess a) {
    try {
      int err = caller.call(m, a);
      assertThat(err).isIn(0, -Errno.ENOMEM, -Errno.ERESTARTSYS);
      return err == 0 ? "0" : "";
    } catch (SyscallException e) {
      return e.error();
    }
  }

  /** It comes while the second page is unshared; that page is done, and no other. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("profiles")
  void a_signal_ends_each_caller_behind_the_page_that_it_is_at(String profile) throws Exception {
    for (Caller caller : Caller.values()) {
      try (TestMachine m = TestMachine.boot(profile)) {
        UserProcess a = merged(m);
        m.machine
            .failFaults()
            .follow((vma, addr, flags) -> {
              m.machine.currentTask().setSignalPending(addr == page(1));
              return 0;
            });
        assertThat(called(caller, m, a)).as("%s", caller).isNotEqualTo("0");
        heal(m);
        assertThat(ksmPages(m, a, 0)).containsExactly(false, false, true, true);
        assertThat(a.mm().vmas.get(0).has(VmFlags.VM_MERGEABLE)).isTrue();
        assertThat(called(caller, m, a)).isEqualTo("0");
        nothingIsLeft(m, a);
      }
    }
  }

  /** The twin of the page that break_cow is called for has failed: locked, or without a node. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("profiles")
  void break_cow_that_fails_leaves_pages_that_read_as_before(String profile) throws Exception {
    for (int error : new int[] {VM_FAULT_OOM, VM_FAULT_SIGBUS, VM_FAULT_HWPOISON}) {
      for (boolean locked : new boolean[] {true, false}) {
        try (TestMachine m = TestMachine.boot(profile)) {
          UserProcess a = m.mergeable(1);
          UserProcess b = m.mergeable(1);
          write(a, 0, 1);
          write(b, 0, 1);
          m.passes(1);
          failUnsharing(m, 0, error);
          int twin = pfn(a, 0);
          if (locked) {
            folios(m).folioLock(twin);
          } else {
            m.machine.failSlab().follow(FailSlab.nth(Alloc.KSM_STABLE_NODE, 1));
          }
          m.passes(1);
          heal(m);
          if (locked) {
            folios(m).folioUnlock(twin);
          }
          assertThat(m.ksm("pages_shared")).isZero();
          assertThat(folios(m).folioTestKsm(pfn(b, 0))).as("not given back").isTrue();
          assertThat(KsmPeek.items(m, b).getFirst().anonVma).isNull();
          m.passes(3);
          check(a, 0, 1);
          check(b, 0, 1);
          write(b, 0, 2);
          check(a, 0, 1);
          nothingIsLeft(m, a, b);
        }
      }
    }
  }

  /** Another thread drops the range, and its table with it, between the look and the fault. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("profiles")
  void run_2_reports_that_a_table_cannot_be_had_which_went_under_it(String profile)
      throws Exception {
    try (TestMachine m = TestMachine.boot(profile)) {
      UserProcess a = m.mergeable(PageUnits.HPAGE_PMD_NR);
      fill(a, 0, 2, 1);
      m.passes(2);
      m.machine
          .failFaults()
          .follow((vma, addr, flags) -> {
            assertThat(addr).isEqualTo(page(0));
            inAnotherThread(() -> a.madvise(BASE, PageUnits.PMD_SIZE, Advice.DONTNEED));
            m.machine.failSlab().follow(FailSlab.nth(Alloc.PAGE_TABLE, 1));
            return 0;
          });
      assertThat(a.mm().pgTables.pteTable(BASE)).isNotNull();
      assertThat(m.store("run", "2")).isEqualTo(-Errno.ENOMEM);
      heal(m);
      assertThat(a.mm().pgTables.pteTable(BASE)).isNull();
      assertThat(m.ksm("run")).isZero();
      nothingIsLeft(m, a);
    }
  }

  private interface Call {
    void run() throws Exception;
  }

  private static void inAnotherThread(Call call) {
    List<Throwable> thrown = new ArrayList<>();
    Thread thread =
        Thread.ofPlatform()
            .start(() -> {
              try {
                call.run();
              } catch (Exception e) {
                thrown.add(e);
              }
            });
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    assertThat(thrown).isEmpty();
  }

  /** Of merging into chains, of zero pages, of writes and of unmerging all of it. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("profiles")
  void ksmd_makes_no_page_table(String profile) throws Exception {
    try (TestMachine m =
        TestMachine.boot(profile, "ksm.max_page_sharing=2", "ksm.use_zero_pages=1")) {
      UserProcess a = m.mergeable(12);
      fill(a, 0, 6, 1);
      for (int i = 6; i < 9; i++) {
        a.writePage(page(i), new byte[PageUnits.PAGE_BYTES]);
      }
      write(a, 9, 2);
      UserProcess b = a.fork();
      int[] tables = {0};
      m.machine
          .failSlab()
          .follow(what -> {
            tables[0] += what == Alloc.PAGE_TABLE ? 1 : 0;
            return what == Alloc.PAGE_TABLE;
          });
      m.passes(4);
      write(a, 0, 3);
      m.passes(2);
      assertThat(m.store("run", "2")).isZero();
      heal(m);
      assertThat(tables[0]).isZero();
      check(b, 0, 1);
      nothingIsLeft(m, a, b);
    }
  }

  /** What comes back from swap in another place than it had is copied. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("profiles")
  void without_a_frame_for_its_copy_a_swapped_page_stays_where_it_is(String profile)
      throws Exception {
    try (TestMachine m = TestMachine.boot(profile, "machine.swap=64")) {
      UserProcess a = merged(m);
      a.swapOut(page(0), PageUnits.PAGE_SIZE);
      a.touch(page(0));
      long copies = m.machine.ksm().folios().ksmSwpinCopy();
      long word = TestMachine.pte(a, 1);
      m.machine.failSlab().follow(FailSlab.nth(Alloc.FRAME, 1));
      try {
        a.touch(page(1));
        throw new AssertionError("it had no memory");
      } catch (SyscallException e) {
        assertThat(e.error()).isEqualTo("ENOMEM");
      }
      heal(m);
      assertThat(TestMachine.pte(a, 1)).isEqualTo(word);
      assertThat(m.machine.ksm().folios().ksmSwpinCopy()).isEqualTo(copies);
      for (int i = 0; i < PAGES; i++) {
        check(a, i, 1);
      }
      assertThat(m.machine.ksm().folios().ksmSwpinCopy()).isEqualTo(copies + PAGES - 1);
      nothingIsLeft(m, a);
    }
  }
}
