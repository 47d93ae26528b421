// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.samepage.machine.testing.TestMachine.BASE;
import static org.samepage.machine.testing.TestMachine.RW;
import static org.samepage.machine.testing.TestMachine.page;

import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.samepage.machine.mmap.Mmap;
import org.samepage.machine.proc.ProcMaps;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.vma.AddressSpace;
import org.samepage.mm.vma.VmArea;

/** One process and short ways to change its mappings and to see them; places are pages. */
abstract class MappingTestBase {
  final TestMachine m = TestMachine.boot("linux-6.18");

  final UserProcess p = m.machine.newProcess();

  @AfterEach
  void close() {
    m.close();
  }

  static long bytes(long pages) {
    return pages * 4096;
  }

  void map(long from, long to, int prot) throws SyscallException {
    p.mmap(page(from), bytes(to - from), prot, true);
  }

  void remap(long from, long oldPages, long newPages, int flags, long to) throws SyscallException {
    p.mremap(page(from), bytes(oldPages), bytes(newPages), flags, page(to));
  }

  void file(long addr, long offset) throws SyscallException {
    AddressSpace file = m.machine.newFile(bytes(256));
    p.mmap(new Mmap.Request(addr, 4096, RW, true, false, false, file, offset));
  }

  void shared(long from, long to) throws SyscallException {
    p.mmap(new Mmap.Request(page(from), bytes(to - from), RW, true, false, false, null, 0));
  }

  static void fails(String error, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SyscallException.class, e -> assertThat(e.error()).isEqualTo(error));
  }

  /** The mappings as {@code from-to permissions flags}, in pages from the base. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < p.mm().vmas.size(); i++) {
      VmArea vma = p.mm().vmas.get(i);
      String line = ProcMaps.lines(p.mm()).get(i).replace(" sh", "");
      int blank = line.indexOf(' ');
      lines.add(
          "%d-%d%s%s"
              .formatted(
                  (vma.vmStart - BASE) / 4096,
                  (vma.vmEnd - BASE) / 4096,
                  line.substring(blank, blank + 5),
                  line.substring(blank + 14)));
    }
    return lines;
  }

  /** Pages of a range that are there, the zero page not among them. */
  long resident() {
    return p.mm().rssStat.get(0) + p.mm().rssStat.get(1) + p.mm().rssStat.get(3);
  }
}
