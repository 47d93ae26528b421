// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.mmap;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.samepage.machine.SyscallException;
import org.samepage.machine.UserProcess;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmOperations;

/** VT-15, through the system call; and who is told of the end of mappings that want to be told. */
@PortedFrom(
    value = "tools/testing/vma/tests/mmap.c:test_mmap_region_basic",
    fidelity = Fidelity.ADAPTED,
    differs = "calls mmap, not what is below it")
final class VmaRegionTest {
  private final TestMachine m = TestMachine.boot("linux-6.18");
  private final UserProcess p = m.machine.newProcess();

  @AfterEach
  void close() {
    m.close();
  }

  private void map(long at) throws SyscallException {
    p.mmap(at, 0x3000, TestMachine.RW, true);
  }

  @Test
  void VT_15_mmap_region_basic_four_mappings_become_two() throws Exception {
    map(0x300000);
    map(0x250000);
    map(0x303000);
    map(0x24d000);
    assertThat(p.mm().vmas.size()).isEqualTo(2);
    VmArea low = p.mm().vmas.get(0);
    VmArea high = p.mm().vmas.get(1);
    assertThat(List.of(low.vmStart, low.vmEnd, low.vmPgoff))
        .containsExactly(0x24d000L, 0x253000L, 0x24dL);
    assertThat(List.of(high.vmStart, high.vmEnd, high.vmPgoff))
        .containsExactly(0x300000L, 0x306000L, 0x300L);
  }

  @Test
  void a_mapping_that_wants_to_know_is_told_of_each_part_and_each_end_once() throws Exception {
    List<String> told = new ArrayList<>();
    map(0x300000);
    p.mm().vmas.get(0).vmOps =
        new VmOperations() {
          @Override
          public void open(VmArea vma) {
            told.add("open " + Long.toHexString(vma.vmStart));
          }

          @Override
          public void close(VmArea vma) {
            told.add("close " + Long.toHexString(vma.vmStart));
          }
        };
    p.mprotect(0x301000, 0x1000, 1);
    assertThat(told).containsExactly("open 300000", "open 302000");
    p.munmap(0x301000, 0x1000);
    assertThat(told).hasSize(3).endsWith("close 301000");
    UserProcess child = p.fork();
    assertThat(told).hasSize(5).endsWith("open 300000", "open 302000");
    child.exit();
    p.exit();
    assertThat(told.subList(5, told.size()))
        .containsExactlyInAnyOrder("close 300000", "close 302000", "close 300000", "close 302000");
  }
}
