// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.thp;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.machine.testing.TestMachine.BASE;
import static org.samepage.machine.testing.TestMachine.page;

import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.samepage.machine.UserProcess;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.mm.spi.FaultHandler;
import org.samepage.mm.vma.VmArea;

/**
 * The kernel's own accesses to huge pages: mlock, populate, /proc/PID/mem. What smaps says was seen
 * on Linux 6.18.44 for the same calls.
 */
final class HugeGupTest extends ThpBed {
  private UserProcess p = machine.newProcess();

  @BeforeEach
  void cold() throws Exception {
    p = advised(1);
    p.writeByte(page(5), (byte) 1);
    p.madvise(BASE, HUGE, Advice.COLD);
    assertThat(smaps(p, 0, "Referenced")).isZero();
  }

  private void referenced(long kib) throws Exception {
    assertThat(smaps(p, 0, "AnonHugePages")).isEqualTo(2048);
    assertThat(smaps(p, 0, "Referenced")).isEqualTo(kib);
  }

  @Test
  void mlock_touches_what_may_be_written() throws Exception {
    p.mlock(BASE, HUGE);
    referenced(2048);
    assertThat(smaps(p, 0, "Locked")).isEqualTo(2048);
  }

  @Test
  void to_populate_for_reading_leaves_the_entry_as_it_was() throws Exception {
    p.madvise(BASE, HUGE, Advice.POPULATE_READ);
    referenced(0);
    p.madvise(BASE, HUGE, Advice.POPULATE_WRITE);
    referenced(2048);
  }

  @Test
  void a_forced_write_needs_no_fault_where_the_page_is_the_process_s_own() throws Exception {
    p.mprotect(BASE, HUGE, 1);
    long before = pmd(p, 0);
    assertThat(p.mem().pwrite(page(1) + 904, "xyz".getBytes(US_ASCII))).isEqualTo(3);
    referenced(2048);
    assertThat(pmd(p, 0)).as("but for the accessed bit").isEqualTo(before | 1 << 5);
    byte[] seen = new byte[3];
    p.madvise(BASE, HUGE, Advice.COLD);
    assertThat(p.mem().pread(page(1) + 904, seen)).isEqualTo(3);
    assertThat(seen).isEqualTo("xyz".getBytes(US_ASCII));
    referenced(0);
  }

  @Test
  void the_huge_page_of_zeros_is_read_without_a_reference_and_written_by_a_copy() throws Exception {
    UserProcess q = advised(1);
    q.touch(page(0));
    assertThat(folio(q, 0)).isEqualTo(folios.frames().hugeZeroPfn());
    byte[] seen = {7};
    assertThat(q.mem().pread(page(3), seen)).isEqualTo(1);
    assertThat(seen).containsExactly(0);
    assertThat(q.mem().pwrite(page(3), new byte[] {9})).isEqualTo(1);
    assertThat(isHuge(q, 0)).isTrue();
    assertThat(smaps(q, 0, "AnonHugePages")).isEqualTo(2048);
    assertThat(q.mem().pread(page(3), seen)).isEqualTo(1);
    assertThat(seen).containsExactly(9);
  }

  /** A processor does this itself; a fault on an entry that allows the access comes to it too. */
  @Test
  void a_fault_that_is_none_notes_a_write_and_no_read() throws Exception {
    fault(0);
    referenced(0);
    fault(FaultHandler.FAULT_FLAG_WRITE);
    referenced(2048);
  }

  private void fault(int flags) {
    VmArea vma = Objects.requireNonNull(p.mm().vmas.vmaLookup(BASE));
    p.mm().mmapLock.readLock();
    assertThat(machine.faults().handleMmFault(vma, BASE, flags)).isZero();
    p.mm().mmapLock.readUnlock();
  }
}
