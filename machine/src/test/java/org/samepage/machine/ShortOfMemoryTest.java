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
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.failslab.Alloc;
import org.samepage.mm.failslab.FailSlab;

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
}
