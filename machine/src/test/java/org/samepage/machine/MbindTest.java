// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.machine.testing.TestMachine.BASE;
import static org.samepage.machine.testing.TestMachine.page;
import static org.samepage.machine.testing.TestMachine.write;
import static org.samepage.mm.phys.Mempolicy.MPOL_BIND;
import static org.samepage.mm.phys.Mempolicy.MPOL_DEFAULT;
import static org.samepage.mm.phys.Mempolicy.MPOL_LOCAL;
import static org.samepage.mm.phys.Mempolicy.MPOL_PREFERRED;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.mmap.Mremap;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.vma.VmArea;

/** What mm/mempolicy.c and mm/vma.c do with the policies of mappings. */
final class MbindTest {
  private final TestMachine m =
      TestMachine.boot("linux-6.18", "machine.nodes=2", "machine.swap=64", "machine.memory=4M");

  @AfterEach
  void close() {
    m.close();
  }

  private static void bind(UserProcess p, long from, long to, int mode, long nodes)
      throws SyscallException {
    p.mbind(page(from), (to - from) * 4096, mode, nodes);
  }

  private static List<String> mappings(UserProcess p) {
    List<String> found = new ArrayList<>();
    for (int i = 0; i < p.mm().vmas.size(); i++) {
      VmArea vma = p.mm().vmas.get(i);
      long nodes = vma.vmPolicy == null ? 0 : vma.vmPolicy.nodes();
      found.add("%d-%d:%d".formatted(index(vma.vmStart), index(vma.vmEnd), nodes));
    }
    return found;
  }

  private static long index(long addr) {
    return (addr - BASE) / 4096;
  }

  private int nodeOf(UserProcess p, long index) {
    return m.machine.memory().allocator().pfnToNid(TestMachine.pfn(p, index));
  }

  private static void fails(String error, UserProcess p, long from, long to, int mode, long nodes) {
    MappingTestBase.fails(error, () -> bind(p, from, to, mode, nodes));
  }

  @Test
  void a_policy_cuts_a_mapping_and_the_same_one_again_mends_it() throws Exception {
    UserProcess p = m.process(8);
    bind(p, 2, 4, MPOL_BIND, 2);
    assertThat(mappings(p)).containsExactly("0-2:0", "2-4:2", "4-8:0");
    bind(p, 4, 6, MPOL_BIND, 2);
    assertThat(mappings(p)).as("grows").containsExactly("0-2:0", "2-6:2", "6-8:0");
    bind(p, 4, 5, MPOL_BIND, 1);
    assertThat(mappings(p)).containsExactly("0-2:0", "2-4:2", "4-5:1", "5-6:2", "6-8:0");
    bind(p, 0, 8, MPOL_DEFAULT, 0);
    assertThat(mappings(p)).as("and without").containsExactly("0-8:0");
  }

  @Test
  void a_new_mapping_and_one_that_moves_merge_with_neighbours_of_their_policy_alone()
      throws Exception {
    UserProcess p = m.process(2);
    bind(p, 0, 2, MPOL_BIND, 2);
    p.mmap(page(2), 4096, TestMachine.RW, true);
    assertThat(mappings(p)).as("the new one has none").containsExactly("0-2:2", "2-3:0");
    p.munmap(page(2), 4096);
    p.mmap(page(20), 4096, TestMachine.RW, true);
    bind(p, 20, 21, MPOL_BIND, 2);
    int flags = Mremap.MREMAP_MAYMOVE | Mremap.MREMAP_FIXED;
    p.mremap(page(20), 4096, 4096, flags, page(2));
    assertThat(mappings(p)).containsExactly("0-3:2");
    p.mremap(page(0), 3 * 4096, 5 * 4096, 0, 0);
    assertThat(mappings(p)).containsExactly("0-5:2");
  }

  @Test
  void pages_come_from_the_policys_nodes_and_from_no_other() throws Exception {
    UserProcess p = m.process(2000);
    write(p, 0, 1);
    bind(p, 0, 2000, MPOL_BIND, 2);
    assertThat(nodeOf(p, 0)).as("was there before").isZero();
    write(p, 1, 1);
    assertThat(nodeOf(p, 1)).isEqualTo(1);
    MappingTestBase.fails(
        "ENOMEM",
        () -> {
          for (int i = 2; i < 2000; i++) {
            write(p, i, 1);
          }
        });
    bind(p, 0, 2000, MPOL_PREFERRED, 2);
    write(p, 1999, 1);
    assertThat(nodeOf(p, 1999)).as("preferred, but full").isZero();
  }

  @Test
  void copies_for_writers_and_of_forks_come_from_there_too() throws Exception {
    UserProcess p = m.process(4);
    write(p, 0, 1);
    p.touch(page(1));
    bind(p, 0, 4, MPOL_BIND, 2);
    UserProcess child = p.fork();
    write(child, 0, 2);
    write(child, 1, 2);
    write(child, 2, 2);
    assertThat(mappings(child)).containsExactly("0-4:2");
    for (int i = 0; i < 3; i++) {
      assertThat(nodeOf(child, i)).as("page " + i).isEqualTo(1);
    }
    child.exit();
    p.swapOut(page(0), 4096);
    p.touch(page(0));
    assertThat(nodeOf(p, 0)).as("swapped in").isEqualTo(1);
  }

  @Test
  void what_is_unmerged_comes_from_the_policys_node() throws Exception {
    UserProcess p = m.mergeable(2);
    write(p, 0, 1);
    write(p, 1, 1);
    m.passes(2);
    assertThat(nodeOf(p, 1)).isZero();
    bind(p, 1, 2, MPOL_BIND, 2);
    p.madvise(page(0), 2 * 4096, Advice.UNMERGEABLE);
    assertThat(nodeOf(p, 0)).isZero();
    assertThat(nodeOf(p, 1)).isEqualTo(1);
  }

  @Test
  void errors_are_those_of_mbind() throws Exception {
    UserProcess p = m.process(4);
    p.munmap(page(2), 4096);
    fails("EINVAL", p, 0, 1, MPOL_BIND, 0);
    fails("EINVAL", p, 0, 1, MPOL_BIND, 4); // no such node
    fails("EINVAL", p, 0, 1, MPOL_DEFAULT, 1);
    fails("EINVAL", p, 0, 1, MPOL_LOCAL, 1);
    fails("EINVAL", p, 0, 1, 7, 1);
    MappingTestBase.fails("EINVAL", () -> p.mbind(page(0) + 1, 4096, MPOL_BIND, 1));
    fails("EFAULT", p, 1, 4, MPOL_BIND, 2);
    fails("EFAULT", p, 3, 5, MPOL_BIND, 2);
    fails("EFAULT", p, 10, 11, MPOL_DEFAULT, 0);
    assertThat(mappings(p)).as("nothing has changed").containsExactly("0-2:0", "3-4:0");
    bind(p, 0, 0, MPOL_BIND, 2);
    bind(p, 0, 1, MPOL_BIND, 2);
    bind(p, -5, 20, MPOL_DEFAULT, 0); // holes do not matter
    assertThat(mappings(p)).containsExactly("0-2:0", "3-4:0");
  }
}
