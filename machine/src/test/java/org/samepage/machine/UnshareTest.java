// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.machine.testing.TestMachine.BASE;
import static org.samepage.machine.testing.TestMachine.flags;
import static org.samepage.machine.testing.TestMachine.pfn;
import static org.samepage.mm.spi.FaultHandler.FAULT_FLAG_REMOTE;
import static org.samepage.mm.spi.FaultHandler.FAULT_FLAG_UNSHARE;
import static org.samepage.mm.spi.FaultHandler.FAULT_FLAG_WRITE;
import static org.samepage.mm.spi.FaultHandler.VM_FAULT_SIGSEGV;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.samepage.machine.mmap.Mmap;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.phys.Folios;

/** Faults that make a page a mapping's own without writing it. */
final class UnshareTest {
  private static final int PAGE = 4096;
  private final TestMachine m = TestMachine.boot("linux-6.18");
  private final Folios folios = m.machine.memory().folios();

  @AfterEach
  void close() {
    m.close();
  }

  private int fault(UserProcess p, int flags) {
    p.mm().mmapLock.readLock();
    try {
      return m.machine.faults().handleMmFault(p.mm().vmas.vmaLookup(BASE), BASE, flags);
    } finally {
      p.mm().mmapLock.readUnlock();
    }
  }

  @Test
  void a_page_shared_by_fork_becomes_a_copy_that_is_clean_read_only_and_exclusive()
      throws Exception {
    UserProcess p = m.process(1);
    TestMachine.write(p, 0, 1);
    UserProcess child = p.fork();
    assertThat(fault(child, FAULT_FLAG_UNSHARE | FAULT_FLAG_REMOTE)).isZero();
    assertThat(pfn(child, 0)).isNotEqualTo(pfn(p, 0));
    assertThat(flags(child, 0)).isEqualTo(0x8000_0000_0000_0025L);
    assertThat(folios.pageAnonExclusive(pfn(child, 0))).isTrue();
    TestMachine.check(child, 0, 1);
    int own = pfn(child, 0);
    child.writeByte(BASE, (byte) 1);
    assertThat(pfn(child, 0)).as("written in place").isEqualTo(own);
    assertThat(flags(child, 0)).isEqualTo(0x8000_0000_0000_0067L);
  }

  @Test
  void what_nobody_else_has_any_more_stays_where_it_is_and_read_only() throws Exception {
    UserProcess p = m.process(1);
    TestMachine.write(p, 0, 1);
    p.fork().exit();
    int before = pfn(p, 0);
    assertThat(folios.pageAnonExclusive(before)).isFalse();
    assertThat(fault(p, FAULT_FLAG_UNSHARE)).isZero();
    assertThat(pfn(p, 0)).isEqualTo(before);
    assertThat(folios.pageAnonExclusive(before)).isTrue();
    assertThat(flags(p, 0)).isEqualTo(0x8400_0000_0000_0025L);
  }

  @Test
  void a_zero_page_becomes_a_page_and_nothing_becomes_the_zero_page() throws Exception {
    UserProcess p = m.process(1);
    assertThat(fault(p, FAULT_FLAG_UNSHARE)).isZero();
    assertThat(flags(p, 0)).isEqualTo(0x8000_0000_0000_0225L);
    assertThat(fault(p, FAULT_FLAG_UNSHARE)).isZero();
    assertThat(flags(p, 0)).isEqualTo(0x8000_0000_0000_0025L);
    assertThat(folios.pageAnonExclusive(pfn(p, 0))).isTrue();
  }

  @Test
  void in_a_shared_mapping_it_is_a_read() throws Exception {
    UserProcess p = m.machine.newProcess();
    p.mmap(new Mmap.Request(BASE, PAGE, 1, true, true, false, null, 0));
    assertThat(fault(p, FAULT_FLAG_UNSHARE)).isZero();
    int file = pfn(p, 0);
    assertThat(fault(p, FAULT_FLAG_UNSHARE)).isZero();
    assertThat(pfn(p, 0)).isEqualTo(file);
    assertThat(folios.folioTestAnon(file)).isFalse();
  }

  @Test
  void faults_that_cannot_be_are_refused() throws Exception {
    UserProcess p = m.process(1);
    assertThat(fault(p, FAULT_FLAG_UNSHARE | FAULT_FLAG_WRITE)).isEqualTo(VM_FAULT_SIGSEGV);
    UserProcess shared = m.machine.newProcess();
    shared.mmap(new Mmap.Request(BASE, PAGE, 1, true, true, false, null, 0));
    assertThat(fault(shared, FAULT_FLAG_WRITE)).isEqualTo(VM_FAULT_SIGSEGV);
  }
}
