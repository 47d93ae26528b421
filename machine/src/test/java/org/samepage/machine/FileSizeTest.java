// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.machine.MappingTestBase.fails;
import static org.samepage.machine.file.Memfd.F_SEAL_GROW;
import static org.samepage.machine.file.Memfd.F_SEAL_SEAL;
import static org.samepage.machine.file.Memfd.F_SEAL_SHRINK;
import static org.samepage.machine.file.Memfd.F_SEAL_WRITE;
import static org.samepage.machine.mmap.Mmap.MAP_FIXED_NOREPLACE;
import static org.samepage.machine.mmap.Mmap.MAP_PRIVATE;
import static org.samepage.machine.mmap.Mmap.MAP_SHARED;
import static org.samepage.machine.testing.TestMachine.RW;
import static org.samepage.machine.testing.TestMachine.check;
import static org.samepage.machine.testing.TestMachine.page;
import static org.samepage.machine.testing.TestMachine.write;

import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.samepage.machine.check.MachineChecker;
import org.samepage.machine.file.Memfd;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.mmap.Mmap;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.vma.AddressSpace;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmFlags;

/** Files that get shorter, longer, holes and seals while they are mapped; files on a disk. */
final class FileSizeTest {
  private static final int READ = 1;
  private static final long FILE = 8 * 4096;
  private final TestMachine m = TestMachine.boot("linux-6.18");
  private final UserProcess p = m.machine.newProcess();

  @AfterEach
  void close() {
    assertThat(MachineChecker.problems(m.machine)).isEmpty();
    m.close();
  }

  private static void map(UserProcess p, AddressSpace file, long at, int prot, int type)
      throws SyscallException {
    int flags = type | MAP_FIXED_NOREPLACE;
    p.mmap(new Mmap.Request(page(at), FILE, prot, flags, file, 0));
  }

  private AddressSpace filled() throws SyscallException {
    AddressSpace file = m.machine.newFile(FILE);
    map(p, file, 0, RW, MAP_SHARED);
    for (int i = 0; i < 8; i++) {
      write(p, i, i + 1);
    }
    return file;
  }

  private static byte firstByte(UserProcess p, long index) throws SyscallException {
    byte[] seen = new byte[4096];
    p.readPage(page(index), seen);
    return seen[0];
  }

  /** Tables that an access past the end of a file leaves behind, as VmPTE of 6.18 has them. */
  @ParameterizedTest
  @CsvSource({"SHARED, false", "PRIVATE, false", "SHARED, true", "PRIVATE, true"})
  void a_fault_that_the_file_refuses_leaves_no_table_of_entries(String type, boolean write)
      throws Exception {
    AddressSpace file = m.machine.newFile(20 * 4096);
    p.mmap(new Mmap.Request(page(0), 20 * 4096, RW, MAP_SHARED, file, 0));
    write(p, 2, 2);
    long far = 1L << 40;
    int flags = (type.equals("SHARED") ? MAP_SHARED : MAP_PRIVATE) | MAP_FIXED_NOREPLACE;
    p.mmap(new Mmap.Request(far, 64 << 20, RW, flags, file, 0));
    long before = p.mm().pgTables.pgtablesBytes();
    fails("SIGBUS", () -> access(far + (8 << 20), write));
    assertThat(p.mm().pgTables.pgtablesBytes() - before).as("no PTEs").isEqualTo(2 * 4096);
    assertThat(Objects.requireNonNull(p.mm().vmas.vmaLookup(far)).anonVma != null)
        .as("ready for a copy")
        .isEqualTo(write && type.equals("PRIVATE"));
    fails("SIGBUS", () -> access(far + 21 * 4096, write));
    assertThat(p.mm().pgTables.pgtablesBytes() - before).as("nothing near").isEqualTo(2 * 4096);
    write(p, 17, 17);
    fails("SIGBUS", () -> access(far + 21 * 4096, write));
    assertThat(p.mm().pgTables.pgtablesBytes() - before)
        .as("a read that maps what is near has a table")
        .isEqualTo((write ? 2 : 3) * 4096L);
  }

  private void access(long addr, boolean write) throws SyscallException {
    if (write) {
      p.writeByte(addr, (byte) 1);
    } else {
      p.touch(addr);
    }
  }

  @Test
  void behind_the_new_end_nobody_has_a_page_private_copies_included() throws Exception {
    AddressSpace file = filled();
    map(p, file, 100, RW, MAP_PRIVATE);
    write(p, 102, 33);
    write(p, 106, 77);
    UserProcess child = p.fork();
    m.machine.truncateFile(file, 4 * 4096);
    for (UserProcess each : new UserProcess[] {p, child}) {
      check(each, 3, 4);
      check(each, 102, 33);
      fails("SIGBUS", () -> each.touch(page(4)));
      fails("SIGBUS", () -> each.touch(page(106)));
    }
    m.machine.truncateFile(file, FILE);
    assertThat(firstByte(p, 6)).isZero();
    assertThat(firstByte(p, 106)).as("the copy is gone").isZero();
    check(p, 3, 4);
  }

  @Test
  void what_is_left_of_the_last_page_is_zeroed() throws Exception {
    AddressSpace file = filled();
    m.machine.truncateFile(file, 3 * 4096 + 100);
    byte[] seen = new byte[4096];
    p.readPage(page(3), seen);
    byte[] whole = TestMachine.content(4);
    for (int i = 0; i < 4096; i++) {
      assertThat(seen[i]).as("byte " + i).isEqualTo(i < 100 ? whole[i] : 0);
    }
    fails("SIGBUS", () -> p.touch(page(4)));
    fails("EINVAL", () -> m.machine.truncateFile(file, -1));
  }

  @Test
  void a_hole_is_zeros_for_all_but_for_private_copies() throws Exception {
    AddressSpace file = filled();
    map(p, file, 100, RW, MAP_PRIVATE);
    write(p, 103, 33);
    p.touch(page(104));
    p.madvise(page(5), 4096, Advice.GUARD_INSTALL);
    p.madvise(page(2), 4 * 4096, Advice.REMOVE);
    assertThat(firstByte(p, 2)).isZero();
    assertThat(firstByte(p, 4)).isZero();
    check(p, 103, 33);
    assertThat(firstByte(p, 104)).as("read, not written").isZero();
    check(p, 6, 7);
    fails("SIGSEGV", () -> p.touch(page(5)));
    fails("EACCES", () -> p.madvise(page(103), 4096, Advice.REMOVE));
    p.mlock(page(0), 4096);
    fails("EINVAL", () -> p.madvise(page(0), 4096, Advice.REMOVE));
    p.mmap(page(200), 4096, RW, true);
    fails("EINVAL", () -> p.madvise(page(200), 4096, Advice.REMOVE));
  }

  @Test
  void seals_forbid_what_they_say_and_come_too_late_for_a_mapping_that_may_write()
      throws Exception {
    AddressSpace file = filled();
    assertThat(Memfd.memfdAddSeals(file, 32)).isEqualTo(-Errno.EINVAL);
    assertThat(Memfd.memfdAddSeals(file, F_SEAL_WRITE)).isEqualTo(-Errno.EBUSY);
    p.mprotect(page(0), FILE, READ);
    assertThat(Memfd.memfdAddSeals(file, F_SEAL_WRITE)).as("may yet").isEqualTo(-Errno.EBUSY);
    p.munmap(page(0), FILE);
    assertThat(Memfd.memfdAddSeals(file, F_SEAL_WRITE | F_SEAL_SHRINK)).isZero();
    fails("EPERM", () -> map(p, file, 0, RW, MAP_SHARED));
    map(p, file, 0, READ, MAP_SHARED);
    fails("EACCES", () -> p.mprotect(page(0), FILE, RW));
    fails("EACCES", () -> p.madvise(page(0), 4096, Advice.REMOVE));
    check(p, 0, 1);
    map(p, file, 100, RW, MAP_PRIVATE);
    write(p, 100, 5);
    fails("EPERM", () -> m.machine.truncateFile(file, 4096));
    m.machine.truncateFile(file, 2 * FILE);
    assertThat(Memfd.memfdAddSeals(file, F_SEAL_GROW | F_SEAL_SEAL)).isZero();
    fails("EPERM", () -> m.machine.truncateFile(file, 3 * FILE));
    assertThat(Memfd.memfdAddSeals(file, F_SEAL_WRITE)).isEqualTo(-Errno.EPERM);
  }

  @Test
  void a_files_pages_on_a_disk_are_counted_apart_and_written_at_the_second_fault()
      throws Exception {
    AddressSpace file = m.machine.newDiskFile("/data");
    m.machine.truncateFile(file, FILE);
    map(p, file, 0, RW, MAP_SHARED);
    p.touch(page(1));
    assertThat(p.mm().getMmCounterSum(Mm.MM_FILEPAGES)).isEqualTo(1);
    assertThat(p.mm().getMmCounterSum(Mm.MM_SHMEMPAGES)).isZero();
    assertThat(TestMachine.pte(p, 1) & 2).as("the file system wants to hear of a write").isZero();
    write(p, 1, 9);
    assertThat(TestMachine.pte(p, 1) & 2).isNotZero();
    UserProcess child = p.fork();
    check(child, 1, 9);
    assertThat(m.machine.proc().read("/proc/1/maps")).contains("/data\n");
    p.munmap(page(0), FILE);
    assertThat(p.mm().getMmCounterSum(Mm.MM_FILEPAGES)).isZero();
    assertThat(Memfd.memfdAddSeals(file, F_SEAL_WRITE)).isEqualTo(-Errno.EINVAL);
  }

  @Test
  void what_was_opened_for_reading_alone_is_never_written() throws Exception {
    AddressSpace file = filled();
    int flags = MAP_SHARED | MAP_FIXED_NOREPLACE;
    fails("EACCES", () -> p.mmap(new Mmap.Request(page(100), FILE, RW, flags, file, 0, true)));
    p.mmap(new Mmap.Request(page(100), FILE, READ, flags, file, 0, true));
    long seen = p.mm().vmas.findVma(page(100)).vmFlags;
    assertThat(seen & (VmFlags.VM_SHARED | VmFlags.VM_MAYWRITE)).isZero();
    assertThat(seen & VmFlags.VM_MAYSHARE).isNotZero();
    fails("EACCES", () -> p.mprotect(page(100), FILE, RW));
    check(p, 107, 8);
    p.mmap(new Mmap.Request(page(200), FILE, RW, MAP_PRIVATE, file, 0, true));
  }
}
