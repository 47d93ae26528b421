// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.suites;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.selftests.sys.Abi.MAP_ANONYMOUS;
import static org.samepage.selftests.sys.Abi.MAP_FIXED_NOREPLACE;
import static org.samepage.selftests.sys.Abi.MAP_SHARED;
import static org.samepage.selftests.sys.Abi.MREMAP_FIXED;
import static org.samepage.selftests.sys.Abi.MREMAP_MAYMOVE;
import static org.samepage.selftests.sys.Abi.PROT_READ;
import static org.samepage.selftests.sys.Abi.PROT_WRITE;

import java.util.Arrays;
import org.samepage.machine.SyscallException;
import org.samepage.mm.errno.Errno;
import org.samepage.selftests.run.TestRun;
import org.samepage.selftests.sys.TestProcess;

/**
 * One move of shared memory, of which the first 4 MiB are looked at.
 *
 * @param srcAlignment of the source [bytes]; it is aligned to that and no more
 * @param destAlignment the same of the destination
 * @param size [bytes]
 * @param preamble a mapping that ends where the destination begins [bytes]
 * @param overlapping whether source and destination overlap
 */
record RegionMove(
    long srcAlignment, long destAlignment, long size, long preamble, boolean overlapping) {
  private static final long THRESHOLD = 4 << 20;

  /** Some cases need room below the source. */
  private static final long HEADROOM = 40 << 20;

  private static final String MMAP_MIN_ADDR = "/proc/sys/vm/mmap_min_addr";

  /** Moves, and compares. */
  void run(TestRun t) throws SyscallException {
    long result = tryMove(t);
    t.ok(result, "mremap");
  }

  /** Upstream's expected failures. */
  void mustFail(TestRun t) throws SyscallException {
    long result = tryMove(t);
    t.fails(Errno.EINVAL, result, "mremap");
    throw t.expectedFailure("Expected mremap failure");
  }

  /** The new address, or the negative errno of the first call that fails. */
  private long tryMove(TestRun t) throws SyscallException {
    TestProcess p = t.process();
    long source = sourceMapping(t, srcAlignment, size);
    if (source < 0) {
      t.say("Failed to map source region: " + Errno.name((int) source));
      return source;
    }
    byte[] pattern = Pattern.bytes(Math.min(THRESHOLD, size));
    p.write(source, pattern);
    long to = destination(p, source);
    byte[] before = new byte[0];
    if (preamble != 0) {
      t.same(to - preamble, shared(p, to - preamble, preamble), "mmap of the preamble");
      before = Pattern.bytes(preamble);
      p.write(to - preamble, before);
    }
    long start = t.nanos();
    long dest = p.mremap(source, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, to);
    long nanos = t.nanos() - start;
    if (dest < 0) {
      t.say("mremap failed: " + Errno.name((int) dest));
      return dest;
    }
    t.same(to, dest, "mremap");
    t.yes(Arrays.equals(pattern, p.read(dest, pattern.length)), "data after remap matches");
    if (preamble != 0) {
      t.yes(Arrays.equals(before, p.read(to - preamble, before.length)), "the preamble matches");
    }
    if (nanos > 0 && size <= THRESHOLD) {
      t.say("mremap time: %12dns".formatted(nanos));
    }
    return dest;
  }

  /** Steps through the address space to a free place that is aligned to this and no more. */
  static long sourceMapping(TestRun t, long alignment, long size) {
    String text = t.kernel().read(MMAP_MIN_ADDR);
    long least = (text == null ? PAGE_SIZE : Long.parseLong(text.strip())) + HEADROOM;
    for (long addr = alignment; ; addr += alignment) {
      if (addr < least) {
        continue;
      }
      long result = shared(t.process(), addr, size);
      if (result == -Errno.EPERM || result == -Errno.EEXIST) {
        continue;
      }
      if (result < 0) {
        return result;
      }
      if (isAligned(addr, alignment)) {
        return addr;
      }
      t.same(0, t.process().munmap(addr, size), "munmap");
    }
  }

  /** Upstream's test, which for an alignment of two bits looks at these alone. */
  private static boolean isAligned(long addr, long alignment) {
    return (addr & (alignment - 1)) == 0 && (addr & alignment) != 0;
  }

  private long destination(TestProcess p, long source) {
    long offset = overlapping ? -destAlignment : destAlignment;
    long to = ((source + size + offset) & -destAlignment) + preamble;
    to |= destAlignment;
    while (!overlapping && !isFree(p, to)) {
      to += destAlignment;
    }
    return to;
  }

  private boolean isFree(TestProcess p, long addr) {
    long result = shared(p, addr, size);
    if (result == addr) {
      p.munmap(addr, size);
    }
    return result != -Errno.EEXIST;
  }

  static long shared(TestProcess p, long addr, long length) {
    int flags = MAP_FIXED_NOREPLACE | MAP_ANONYMOUS | MAP_SHARED;
    return p.mmap(addr, length, PROT_READ | PROT_WRITE, flags, -1, 0);
  }
}
