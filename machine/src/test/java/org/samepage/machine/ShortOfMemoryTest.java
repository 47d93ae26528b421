// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.samepage.machine.mmap.Mremap.MREMAP_FIXED;
import static org.samepage.machine.mmap.Mremap.MREMAP_MAYMOVE;
import static org.samepage.machine.testing.TestMachine.BASE;
import static org.samepage.machine.testing.TestMachine.RW;
import static org.samepage.machine.testing.TestMachine.page;

import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.samepage.machine.check.MachineChecker;
import org.samepage.machine.exec.Exec;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.failslab.Alloc;
import org.samepage.mm.failslab.FailSlab;
import org.samepage.mm.vma.Mm;

/** What system calls do when an allocation fails: they say so, and nothing is lost. */
final class ShortOfMemoryTest extends MappingTestBase {
  private static final int FIXED = MREMAP_MAYMOVE | MREMAP_FIXED;
  private static final int R = 1;

  /** Each allocation of a call fails in turn; the mappings are whole each time, and the data. */
  @Test
  void a_call_that_is_short_of_memory_says_so_and_a_second_one_does_it() throws Exception {
    for (Alloc what : Alloc.values()) {
      for (int n = 1; n <= 3; n++) {
        shortOfMemory(what, n);
      }
    }
  }

  private void shortOfMemory(Alloc what, int n) throws SyscallException {
    map(0, 9, RW);
    for (long i = 0; i < 9; i++) {
      TestMachine.write(p, i, i);
    }
    long other = (1L << 30) / 4096; // so that tables are missing there
    List<ThrowingCallable> calls =
        List.of(
            () -> p.mprotect(page(3), bytes(3), R),
            () -> p.madvise(page(1), bytes(1), Advice.DONTFORK),
            () -> remap(0, 1, 1, FIXED, other),
            () -> remap(other, 1, 1, FIXED, 0),
            () -> p.mprotect(page(3), bytes(3), RW),
            () -> p.madvise(page(1), bytes(1), Advice.DOFORK),
            () -> p.munmap(page(7), bytes(1)));
    FailSlab failSlab = m.sched.failSlab;
    for (ThrowingCallable call : calls) {
      failSlab.follow(FailSlab.nth(what, n));
      Throwable thrown = catchThrowable(call);
      failSlab.follow(null);
      if (thrown != null) {
        assertThat(thrown).isInstanceOf(SyscallException.class);
        assertThat(((SyscallException) thrown).error()).isIn("ENOMEM", "EAGAIN");
        assertThatCode(call).as("again, with memory").doesNotThrowAnyException();
      }
    }
    assertThat(lines()).as(what + " " + n).containsExactly("0-7 rw-p", "8-9 rw-p");
    assertThat(p.mm().totalVm).isEqualTo(8);
    for (long i = 0; i < 9; i++) {
      if (i != 7) {
        TestMachine.check(p, i, i);
      }
    }
    failSlab.follow(FailSlab.nth(what, n));
    try {
      p.fork().exit();
    } catch (SyscallException e) {
      assertThat(e.error()).isEqualTo("ENOMEM");
    }
    failSlab.follow(null);
    p.munmap(BASE, bytes(9));
    assertThat(p.mm().totalVm).isZero();
  }

  /** Of brk, which says where the heap ends, and of exec, after which the old program goes on. */
  @Test
  void brk_and_exec_that_are_short_of_memory_leave_everything_as_it_was() throws Exception {
    for (Alloc what : Alloc.values()) {
      for (int n = 1; n <= 4; n++) {
        brkAndExec(what, n);
      }
    }
  }

  private void brkAndExec(Alloc what, int n) throws SyscallException {
    long heap = 0x5555_5555_6000L;
    UserProcess q = m.machine.newProcess();
    q.exec(Exec.Image.ofHeap(heap));
    q.prctlMemoryMerge(1);
    FailSlab failSlab = m.sched.failSlab;
    failSlab.follow(FailSlab.nth(what, n));
    long end = q.brk(heap + bytes(3));
    failSlab.follow(null);
    assertThat(end).isIn(heap, heap + bytes(3));
    assertThat(q.mm().dataVm).as("%s %d", what, n).isEqualTo(end == heap ? 0 : 3);
    assertThat(q.brk(heap + bytes(3))).isEqualTo(heap + bytes(3));
    q.writeByte(heap, (byte) 7);
    Mm before = q.mm();
    failSlab.follow(FailSlab.nth(what, n));
    Throwable thrown = catchThrowable(() -> q.exec(new Exec.Image(heap, 0, "argument")));
    failSlab.follow(null);
    if (thrown == null) {
      assertThat(q.mm()).isNotSameAs(before);
    } else {
      assertThat(thrown).hasMessage("ENOMEM");
      assertThat(q.mm()).as("%s %d", what, n).isSameAs(before);
      byte[] page = new byte[4096];
      q.readPage(heap, page);
      assertThat(page[0]).isEqualTo((byte) 7);
    }
    q.exit();
    MachineChecker.check(m.machine);
  }
}
