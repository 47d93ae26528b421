// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.ServiceLoader;
import java.util.SplittableRandom;
import org.samepage.ksm.wiring.StrategyBundle;
import org.samepage.ksm.wiring.StrategyCatalogue;
import org.samepage.machine.Machine;
import org.samepage.machine.SyscallException;
import org.samepage.machine.UserProcess;
import org.samepage.machine.check.MachineChecker;
import org.samepage.machine.config.ConfigLoader;
import org.samepage.machine.config.ConfigSource;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.wiring.MachineBoot;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.sched.FreeRunning;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.units.PageUnits;

/** A booted machine with short ways to do things; closing it checks its invariants and reports. */
public final class TestMachine implements AutoCloseable {
  public static final long BASE = 0x1000_0000_0000L;
  public static final int RW = 3;

  private static final ClassLoader LOADER = TestMachine.class.getClassLoader();
  private static final StrategyCatalogue CATALOGUE = StrategyCatalogue.load(LOADER);
  private static final ConfigLoader CONFIGS = new ConfigLoader(LOADER, CATALOGUE);

  public final Machine machine;

  /** What the machine runs under. */
  public final Sched sched;

  private TestMachine(Sched sched, Machine machine) {
    this.sched = sched;
    this.machine = machine;
  }

  /** A machine under a profile, with settings as {@code key=value}. */
  public static TestMachine boot(String profile, String... settings) {
    return boot(new FreeRunning(), profile, settings);
  }

  /** As {@link #boot(String, String...)}, with a scheduler of the caller's. */
  public static TestMachine boot(Sched sched, String profile, String... settings) {
    ConfigSource source = new ConfigSource(profile, null, List.of(settings));
    return new TestMachine(sched, new MachineBoot(CATALOGUE).boot(CONFIGS.load(source), sched));
  }

  /** As {@link #boot(Sched, String, String...)}, with strategies of the caller's beside ours. */
  public static TestMachine boot(
      StrategyBundle bundle, Sched sched, String profile, String... settings) {
    List<StrategyBundle> bundles = new ArrayList<>(List.of(bundle));
    ServiceLoader.load(StrategyBundle.class, LOADER).forEach(bundles::add);
    StrategyCatalogue catalogue = new StrategyCatalogue(bundles);
    ConfigSource source = new ConfigSource(profile, null, List.of(settings));
    return new TestMachine(
        sched,
        new MachineBoot(catalogue).boot(new ConfigLoader(LOADER, catalogue).load(source), sched));
  }

  /** All profiles that there are. */
  public static List<String> profiles() {
    return CONFIGS.profileNames();
  }

  public static ConfigLoader configs() {
    return CONFIGS;
  }

  /** A process with one mapping of some pages at {@link #BASE}. */
  public UserProcess process(long pages) throws SyscallException {
    UserProcess process = machine.newProcess();
    process.mmap(BASE, PageUnits.pagesToBytes(pages), RW, true);
    return process;
  }

  /** As {@link #process}, mergeable. */
  public UserProcess mergeable(long pages) throws SyscallException {
    UserProcess process = process(pages);
    process.madvise(BASE, PageUnits.pagesToBytes(pages), Advice.MERGEABLE);
    return process;
  }

  /** Content number n: different for each n, the same at each call. */
  public static byte[] content(long n) {
    byte[] page = new byte[PageUnits.PAGE_BYTES];
    new SplittableRandom(n).nextBytes(page);
    return page;
  }

  public static long page(long index) {
    return BASE + PageUnits.pagesToBytes(index);
  }

  /** Writes content n to a page. */
  public static void write(UserProcess process, long index, long n) throws SyscallException {
    process.writePage(page(index), content(n));
  }

  /** Fails where a page does not hold content n. */
  public static void check(UserProcess process, long index, long n) throws SyscallException {
    byte[] seen = new byte[PageUnits.PAGE_BYTES];
    process.readPage(page(index), seen);
    assertThat(Arrays.mismatch(seen, content(n))).as("page " + index).isEqualTo(-1);
  }

  public void passes(int n) {
    for (int i = 0; i < n; i++) {
      machine.ksm().ksmd().fullPass();
    }
  }

  public long ksm(String name) {
    return machine.ksm().sysfs().number(name);
  }

  public int store(String name, String value) {
    return machine.ksm().sysfs().store(name, value);
  }

  /** The page-table word of a page. */
  public static long pte(UserProcess process, long index) {
    PageTable table = process.mm().pgTables.pteTable(page(index));
    return Objects.requireNonNull(table).getLockless(PageUnits.pteIndex(page(index)));
  }

  public static int pfn(UserProcess process, long index) {
    return (int) Pte.ptePfn(pte(process, index));
  }

  /** Without the frame number, which carries no meaning. */
  public static long flags(UserProcess process, long index) {
    return pte(process, index) & ~Pte.PFN_MASK;
  }

  @Override
  public void close() {
    try {
      MachineChecker.check(machine);
      assertThat(machine.log().reports()).isEmpty();
    } finally {
      machine.close();
    }
  }
}
