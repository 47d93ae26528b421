// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.suites;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.samepage.machine.SyscallException;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.selftests.run.Selftest;
import org.samepage.selftests.run.Suite;
import org.samepage.selftests.suites.GuardFixture.Backing;

/** guard-regions: MADV_GUARD_INSTALL and MADV_GUARD_REMOVE, for three kinds of memory. */
@PortedFrom(
    value = "tools/testing/selftests/mm/guard-regions.c:guard_regions",
    fidelity = Fidelity.ADAPTED,
    differs =
        "a guarded page must refuse both reading and writing; a child's failure fails its case")
public final class GuardRegionsSuite implements Suite {
  /** A case for all kinds. */
  private interface Body {
    void run(GuardFixture f) throws SyscallException;
  }

  private record Guard(String name, Body body) {}

  private static final List<Guard> GUARDS =
      List.of(
          new Guard("basic", GuardBasics::basic),
          new Guard("multi_vma", GuardBasics::multiVma),
          new Guard("process_madvise", GuardBasics::processMadvise),
          new Guard("munmap", GuardBasics::munmap),
          new Guard("mprotect", GuardBasics::mprotect),
          new Guard("split_merge", GuardBasics::splitMerge),
          new Guard("dontneed", GuardAdvice::dontneed),
          new Guard("mlock", GuardAdvice::mlock),
          new Guard("mremap_move", GuardMoves::mremapMove),
          new Guard("mremap_expand", GuardMoves::mremapExpand),
          new Guard("mremap_shrink", GuardMoves::mremapShrink),
          new Guard("fork", GuardForks::fork),
          new Guard("fork_cow", GuardForks::forkCow),
          new Guard("fork_wipeonfork", GuardForks::forkWipeonfork),
          new Guard("lazyfree", GuardAdvice::lazyfree),
          new Guard("populate", GuardAdvice::populate),
          new Guard("cold_pageout", GuardAdvice::coldPageout),
          new Guard("uffd", GuardAdvice::uffd),
          new Guard("madvise_sequential", GuardFiles::madviseSequential),
          new Guard("map_private", GuardFiles::mapPrivate),
          new Guard("readonly_file", GuardFiles::readonlyFile),
          new Guard("fault_around", GuardFiles::faultAround),
          new Guard("truncation", GuardFiles::truncation),
          new Guard("hole_punch", GuardFiles::holePunch),
          new Guard("memfd_write_seal", GuardFiles::memfdWriteSeal),
          new Guard("anon_zeropage", GuardViews::anonZeropage),
          new Guard("pagemap", GuardViews::pagemap),
          new Guard("pagemap_scan", GuardViews::pagemapScan),
          new Guard("collapse", GuardViews::collapse),
          new Guard("smaps", GuardViews::smaps));

  @Override
  public String id() {
    return "GR";
  }

  @Override
  public String program() {
    return "guard-regions";
  }

  @Override
  public List<Selftest> cases() {
    List<Selftest> cases = new ArrayList<>();
    for (Backing backing : Backing.values()) {
      for (int i = 0; i < GUARDS.size(); i++) {
        Guard guard = GUARDS.get(i);
        cases.add(
            Selftest.testCase(
                "GR-%02d.%s".formatted(i + 1, backing.letter),
                "guard_regions.%s.%s"
                    .formatted(backing.name().toLowerCase(Locale.ROOT), guard.name),
                t -> guard.body.run(new GuardFixture(t, backing))));
      }
    }
    return cases;
  }
}
