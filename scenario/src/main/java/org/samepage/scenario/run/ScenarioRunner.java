// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.run;

import static org.samepage.mm.units.PageUnits.bytesToPages;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.samepage.machine.SyscallException;
import org.samepage.mm.errno.NotSupportedYetException;
import org.samepage.scenario.backend.Backend;
import org.samepage.scenario.backend.BackendProcess;
import org.samepage.scenario.backend.BackendProcess.Mismatch;
import org.samepage.scenario.backend.BackendProcess.MmapCall;
import org.samepage.scenario.backend.BackendProcess.MremapCall;
import org.samepage.scenario.lang.Action;
import org.samepage.scenario.lang.Range;
import org.samepage.scenario.lang.Scenario;
import org.samepage.scenario.lang.ScenarioException;
import org.samepage.scenario.lang.Statement;
import org.samepage.scenario.lang.Subject;
import org.samepage.scenario.result.ResultDocument;
import org.samepage.scenario.run.Arena.ArenaException;
import org.samepage.scenario.run.Arena.Part;

/** Runs the statements of one scenario on one backend, one after the other. */
public final class ScenarioRunner {
  private final String file;
  private final Backend backend;
  private final Consumer<String> shown;
  private final Map<String, Running> processes = new LinkedHashMap<>();
  private final Set<String> files = new LinkedHashSet<>();
  private final TreeSet<String> exited = new TreeSet<>();
  private final List<String> failures = new ArrayList<>();

  /** Kernel reports that a true expectation has counted. */
  private int expectedReports;

  private record Running(BackendProcess process, Arena arena) {}

  /**
   * A runner for one scenario.
   *
   * @param file the scenario's file name, for messages
   * @param shown takes the lines that statements print
   */
  public ScenarioRunner(String file, Backend backend, Consumer<String> shown) {
    this.file = file;
    this.backend = backend;
    this.shown = shown;
  }

  /**
   * Runs a whole scenario.
   *
   * @return what it left
   * @throws ScenarioException where a statement could not be carried out as it says
   */
  public static ResultDocument run(Scenario scenario, Backend backend, Consumer<String> shown)
      throws ScenarioException {
    ScenarioRunner runner = new ScenarioRunner(scenario.file(), backend, shown);
    for (Statement statement : scenario.statements()) {
      runner.carryOut(statement);
    }
    return runner.result(scenario.name());
  }

  /** Carries out one statement. */
  public void carryOut(Statement statement) throws ScenarioException {
    String expected = statement.expectedError(backend.profile());
    String seen = attempt(statement);
    if (seen == null) {
      if (expected != null) {
        throw error(statement, "%s, but it did not fail".formatted(statement.text()));
      }
    } else if (expected == null) {
      throw error(statement, statement.text() + ": failed with " + seen);
    } else if (!expected.equals(seen)) {
      throw error(
          statement,
          "%s: should have failed with %s, but failed with %s"
              .formatted(statement.text(), expected, seen));
    }
  }

  /**
   * Carries out one statement, whatever it should fail with.
   *
   * @return the errno or signal that it failed with; null where it did not
   * @throws ScenarioException where it cannot be carried out at all
   */
  public @Nullable String attempt(Statement statement) throws ScenarioException {
    backend.at(file + ":" + statement.line());
    try {
      act(statement);
      return null;
    } catch (SyscallException e) {
      return e.error();
    } catch (ArenaException e) {
      throw error(statement, e.getMessage());
    } catch (NotSupportedYetException e) {
      throw error(statement, "not supported yet: " + e.getMessage());
    }
  }

  private ScenarioException error(Statement statement, @Nullable String problem) {
    return new ScenarioException(file, statement.line(), String.valueOf(problem));
  }

  /** The processes that have not exited, by name. */
  public Map<String, BackendProcess> processes() {
    Map<String, BackendProcess> alive = new LinkedHashMap<>();
    processes.forEach((name, running) -> alive.put(name, running.process));
    return alive;
  }

  /**
   * Addresses.
   *
   * @param start the first
   * @param end the one behind the last
   */
  public record Addresses(long start, long end) {}

  /** What a range of a process spans now; null where there is no such process or mapping. */
  public @Nullable Addresses addresses(String process, Range range) {
    Running in = processes.get(process);
    if (in == null) {
      return null;
    }
    try {
      Part part = in.arena.part(range);
      return new Addresses(part.start(), part.start() + part.length());
    } catch (ArenaException e) {
      return null;
    }
  }

  /** Expectations and checks that did not hold so far. */
  public List<String> failures() {
    return List.copyOf(failures);
  }

  /** What has come of it so far. */
  public ResultDocument result(String scenario) {
    return ResultBuilder.build(scenario, backend, processes(), failures, expectedReports);
  }

  private void act(Statement statement) throws SyscallException, ArenaException, ScenarioException {
    switch (statement.action()) {
      case Action.MachineSettings machine -> backend.requireMachine(machine.settings());
      case Action.StartProcess start -> startProcess(statement, start);
      case Action.MakeFile make -> makeFile(statement, make);
      case Action.KsmWrite write -> ksm(statement, write);
      case Action.ScanPasses scan -> backend.scanPasses(scan.passes());
      case Action.ScanPages scan -> backend.scanPages(scan.pages());
      case Action.Expect expect -> expect(statement, expect);
      case Action.Show show -> show(statement, show);
      case Action.Mmap mmap -> mmap(statement, mmap);
      case Action.Munmap munmap -> {
        Running in = running(statement, munmap.process());
        Part part = in.arena.part(munmap.range());
        in.process.munmap(part.start(), part.length());
      }
      case Action.Mremap mremap -> mremap(running(statement, mremap.process()), mremap);
      case Action.Mprotect mprotect -> {
        Running in = running(statement, mprotect.process());
        Part part = in.arena.part(mprotect.range());
        in.process.mprotect(part.start(), part.length(), mprotect.protection().bits());
      }
      case Action.Madvise madvise -> {
        Running in = running(statement, madvise.process());
        Part part = in.arena.part(madvise.range());
        in.process.madvise(part.start(), part.length(), madvise.advice());
      }
      case Action.Mlock mlock -> {
        Running in = running(statement, mlock.process());
        Part part = in.arena.part(mlock.range());
        in.process.mlock(part.start(), part.length(), mlock.lock());
      }
      case Action.PrctlMemoryMerge prctl ->
          running(statement, prctl.process()).process.prctlMemoryMerge(prctl.value());
      case Action.Write write -> {
        Running in = running(statement, write.process());
        Part part = in.arena.part(write.range());
        in.process.write(part.start(), bytesToPages(part.length()), write.content());
      }
      case Action.Poke poke -> {
        Running in = running(statement, poke.process());
        Part part = in.arena.part(poke.range());
        in.process.poke(part.start(), bytesToPages(part.length()), poke.value());
      }
      case Action.Touch touch -> {
        Running in = running(statement, touch.process());
        Part part = in.arena.part(touch.range());
        in.process.touch(part.start(), bytesToPages(part.length()));
      }
      case Action.Migrate migrate -> {
        Running in = running(statement, migrate.process());
        Part part = in.arena.part(migrate.range());
        in.process.migrate(part.start(), bytesToPages(part.length()), migrate.node());
      }
      case Action.Swapout swapout -> {
        Running in = running(statement, swapout.process());
        Part part = in.arena.part(swapout.range());
        in.process.swapout(part.start(), bytesToPages(part.length()));
      }
      case Action.Offline offline -> {
        Running in = running(statement, offline.process());
        Part part = in.arena.part(offline.range());
        in.process.offline(part.start(), bytesToPages(part.length()));
      }
      case Action.Check check -> check(statement, check);
      case Action.Fork fork -> fork(statement, fork);
      case Action.Exit exit -> {
        running(statement, exit.process()).process.exit();
        processes.remove(exit.process());
        exited.add(exit.process());
      }
    }
  }

  private Running running(Statement statement, String name) throws ScenarioException {
    Running running = processes.get(name);
    if (running == null) {
      String why =
          exited.contains(name)
              ? "process %s has exited".formatted(name)
              : "unknown process " + name;
      throw error(
          statement,
          processes.isEmpty()
              ? why + "; there are none"
              : why + "; there are " + String.join(", ", processes.keySet()));
    }
    return running;
  }

  private void refuseKnown(Statement statement, String name) throws ScenarioException {
    if (processes.containsKey(name)) {
      throw error(statement, "there is a process %s already".formatted(name));
    }
  }

  private void startProcess(Statement statement, Action.StartProcess start)
      throws ScenarioException {
    refuseKnown(statement, start.name());
    processes.put(start.name(), new Running(backend.startProcess(start.name()), new Arena()));
  }

  private void fork(Statement statement, Action.Fork fork)
      throws ScenarioException, SyscallException {
    Running parent = running(statement, fork.process());
    refuseKnown(statement, fork.child());
    BackendProcess child = parent.process.fork(fork.child());
    processes.put(fork.child(), new Running(child, parent.arena.copy()));
  }

  private void ksm(Statement statement, Action.KsmWrite write)
      throws ScenarioException, SyscallException {
    for (Action.Setting setting : write.settings()) {
      if (!backend.writableKsmNames().contains(setting.key())) {
        throw error(
            statement,
            "ksm %s cannot be written; there are %s"
                .formatted(setting.key(), String.join(", ", backend.writableKsmNames())));
      }
    }
    for (Action.Setting setting : write.settings()) {
      backend.ksmStore(setting.key(), setting.value());
    }
  }

  private void makeFile(Statement statement, Action.MakeFile make) throws ScenarioException {
    if (!files.add(make.name())) {
      throw error(statement, "there is a file %s already".formatted(make.name()));
    }
    backend.makeFile(make.name(), make.size(), make.content());
  }

  private void mmap(Statement statement, Action.Mmap mmap)
      throws ScenarioException, ArenaException, SyscallException {
    Running in = running(statement, mmap.process());
    String file = mmap.file();
    if (file != null && !files.contains(file)) {
      throw error(
          statement,
          files.isEmpty()
              ? "unknown file %s; there are none".formatted(file)
              : "unknown file %s; there are %s".formatted(file, String.join(", ", files)));
    }
    long addr = in.arena.place(mmap.at(), mmap.size());
    in.process.mmap(
        new MmapCall(
            addr,
            mmap.size(),
            mmap.protection().bits(),
            mmap.shared(),
            mmap.noreserve(),
            mmap.populate(),
            file,
            mmap.offset()));
    in.arena.placed(mmap.name(), addr, mmap.size(), mmap.at() == null);
  }

  private static void mremap(Running in, Action.Mremap mremap)
      throws ArenaException, SyscallException {
    Part part = in.arena.part(mremap.range());
    Long to = mremap.move() ? in.arena.place(mremap.to(), mremap.size()) : null;
    in.process.mremap(
        new MremapCall(part.start(), part.length(), mremap.size(), to, mremap.dontunmap()));
    String name = mremap.as() == null ? mremap.range().mapping() : mremap.as();
    long start = to == null ? part.start() : to;
    in.arena.placed(name, start, mremap.size(), mremap.move() && mremap.to() == null);
  }

  private void check(Statement statement, Action.Check check)
      throws ScenarioException, ArenaException, SyscallException {
    Running in = running(statement, check.process());
    Part part = in.arena.part(check.range());
    Mismatch found = in.process.check(part.start(), bytesToPages(part.length()), check.content());
    if (found != null) {
      failures.add(
          "%s:%s: check %s %s: page %s byte %s: expected %02x, saw %02x"
              .formatted(
                  file,
                  statement.line(),
                  check.rangeText(),
                  check.contentText(),
                  found.page(),
                  found.offset(),
                  found.expected(),
                  found.seen()));
    }
  }

  private void expect(Statement statement, Action.Expect expect) throws ScenarioException {
    String profile = backend.profile();
    if (!expect.profiles().isEmpty() && (profile == null || !expect.profiles().contains(profile))) {
      return;
    }
    if (isPassedOver(expect.subject())) {
      return;
    }
    long seen = value(statement, expect.subject());
    if (!expect.comparison().holds(seen, expect.number())) {
      failures.add("%s:%s: %s: saw %s".formatted(file, statement.line(), statement.text(), seen));
    } else if (expect.subject() instanceof Subject.Reports) {
      expectedReports = (int) seen;
    }
  }

  private void show(Statement statement, Action.Show show) throws ScenarioException {
    List<String> values = new ArrayList<>();
    for (Subject subject : show.subjects()) {
      if (isPassedOver(subject)) {
        continue;
      }
      values.add(subject.text() + "=" + value(statement, subject));
    }
    shown.accept(String.join(" ", values));
  }

  /** Whether this is something that only the port can tell, and this is another backend. */
  private boolean isPassedOver(Subject subject) {
    return (subject instanceof Subject.Work || subject instanceof Subject.Reports)
        && backend.work().isEmpty();
  }

  private long value(Statement statement, Subject subject) throws ScenarioException {
    return switch (subject) {
      case Subject.Ksm ksm -> {
        if (!backend.ksmNames().contains(ksm.key())) {
          throw error(
              statement,
              "unknown subject ksm.%s; there are %s"
                  .formatted(ksm.key(), String.join(", ", new TreeSet<>(backend.ksmNames()))));
        }
        yield backend.ksm(ksm.key());
      }
      case Subject.Work work ->
          Objects.requireNonNull(backend.work().get(work.counter().key()), work.text());
      case Subject.Reports reports -> backend.reports().size();
      case Subject.OfProcess of -> {
        BackendProcess process = running(statement, of.process()).process;
        yield switch (of.figure()) {
          case RMAP_ITEMS -> process.ksmStat().rmapItems();
          case ZERO_PAGES -> process.ksmStat().zeroPages();
          case MERGING_PAGES -> process.ksmStat().mergingPages();
          case PROCESS_PROFIT -> process.ksmStat().processProfit();
          case VMAS -> process.maps().size();
          case PRESENT -> process.presentPages().count();
          case FRAMES -> ResultBuilder.frames(process.presentPages());
        };
      }
    };
  }
}
