// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.suites;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.selftests.run.Selftest.testCase;
import static org.samepage.selftests.sys.Abi.MAP_FIXED_NOREPLACE;
import static org.samepage.selftests.sys.Abi.MAP_SHARED;
import static org.samepage.selftests.sys.Abi.MREMAP_DONTUNMAP;
import static org.samepage.selftests.sys.Abi.MREMAP_FIXED;
import static org.samepage.selftests.sys.Abi.MREMAP_MAYMOVE;
import static org.samepage.selftests.sys.Abi.PROT_READ;
import static org.samepage.selftests.sys.Abi.PROT_WRITE;

import java.util.List;
import org.samepage.machine.SyscallException;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.selftests.run.Selftest;
import org.samepage.selftests.run.Suite;
import org.samepage.selftests.run.TestRun;

/** mremap_dontunmap: the pages move, the mapping they come from stays. */
@PortedFrom(
    value = "tools/testing/selftests/mm/mremap_dontunmap.c:main",
    fidelity = Fidelity.ADAPTED,
    differs = "where upstream lets the kernel choose a place, a free one is given as a hint")
public final class MremapDontunmapSuite implements Suite {
  private static final int RW = PROT_READ | PROT_WRITE;
  private static final long FIVE = 5 * PAGE_SIZE;

  @Override
  public String id() {
    return "MD";
  }

  @Override
  public String program() {
    return "mremap_dontunmap";
  }

  @Override
  public List<Selftest> cases() {
    return List.of(
        testCase("MD-01", "mremap_dontunmap_simple", MremapDontunmapSuite::simple),
        testCase("MD-02", "mremap_dontunmap_simple_shmem", MremapDontunmapSuite::simpleShmem),
        testCase("MD-03", "mremap_dontunmap_simple_fixed", MremapDontunmapSuite::simpleFixed),
        testCase("MD-04", "mremap_dontunmap_partial_mapping", MremapDontunmapSuite::partialMapping),
        testCase(
            "MD-05",
            "mremap_dontunmap_partial_mapping_overwrite",
            MremapDontunmapSuite::partialMappingOverwrite));
  }

  private static void simple(TestRun t) throws SyscallException {
    long source = filled(t, 5, 'a');
    long dest = moved(t, source, t.place(), 0);
    bytes(t, dest, FIVE, 'a');
    bytes(t, source, FIVE, 0);
    unmap(t, dest, FIVE);
    unmap(t, source, FIVE);
  }

  /** What is in a file is still seen where it came from. */
  private static void simpleShmem(TestRun t) throws SyscallException {
    long fd = t.ok(t.process().memfdCreate(0), "memfd_create");
    t.same(0, t.process().ftruncate(fd, FIVE), "ftruncate");
    long source = t.place();
    t.same(
        source,
        t.process().mmap(source, FIVE, RW, MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0),
        "mmap");
    t.same(0, t.process().close(fd), "close");
    t.process().fill(source, FIVE, 'a');
    long dest = moved(t, source, t.place(), 0);
    bytes(t, dest, FIVE, 'a');
    bytes(t, source, FIVE, 'a');
    unmap(t, dest, FIVE);
    unmap(t, source, FIVE);
  }

  private static void simpleFixed(TestRun t) throws SyscallException {
    long dest = filled(t, 5, 'X');
    long source = filled(t, 5, 'a');
    moved(t, source, dest, MREMAP_FIXED);
    bytes(t, dest, FIVE, 'a');
    bytes(t, source, FIVE, 0);
    unmap(t, dest, FIVE);
    unmap(t, source, FIVE);
  }

  private static void partialMapping(TestRun t) throws SyscallException {
    long source = filled(t, 10, 'a');
    long dest = moved(t, source + FIVE, t.place(), 0);
    bytes(t, source, FIVE, 'a');
    bytes(t, source + FIVE, FIVE, 0);
    bytes(t, dest, FIVE, 'a');
    unmap(t, dest, FIVE);
    unmap(t, source, 2 * FIVE);
  }

  private static void partialMappingOverwrite(TestRun t) throws SyscallException {
    long source = filled(t, 5, 'a');
    long dest = filled(t, 10, 'X');
    moved(t, source, dest, MREMAP_FIXED);
    bytes(t, source, FIVE, 0);
    bytes(t, dest, FIVE, 'a');
    bytes(t, dest + FIVE, FIVE, 'X');
    unmap(t, dest, 2 * FIVE);
    unmap(t, source, FIVE);
  }

  private static long filled(TestRun t, long pages, int value) throws SyscallException {
    long addr = t.map(pages, RW);
    t.process().fill(addr, pages * PAGE_SIZE, value);
    return addr;
  }

  private static long moved(TestRun t, long source, long to, int flags) {
    long dest =
        t.process().mremap(source, FIVE, FIVE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP | flags, to);
    t.same(to, dest, "mremap");
    return dest;
  }

  private static void bytes(TestRun t, long addr, long length, int value) throws SyscallException {
    t.allBytes(t.process(), addr, length, value, "after the move");
  }

  private static void unmap(TestRun t, long addr, long length) {
    t.same(0, t.process().munmap(addr, length), "munmap");
  }
}
