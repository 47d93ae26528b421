// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.sched;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.samepage.mm.failslab.FailSlab;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.work.WorkCounters;

/**
 * What a machine's locks and long loops report to: the seam between ported code and whoever decides
 * which thread runs.
 *
 * <p>{@link FreeRunning} leaves that to the operating system. A scheduler that picks the next
 * thread itself (from a seed), or one that checks the order of locks, overrides the hooks. All
 * hooks are called by the thread that they speak of, never while this class holds a lock.
 */
public abstract class Sched {
  /** Makes allocations of this machine fail on purpose. */
  public final FailSlab failSlab = new FailSlab();

  private final List<Task> tasks = new CopyOnWriteArrayList<>();
  private final ThreadLocal<Task> current = ThreadLocal.withInitial(this::newTask);

  /**
   * What some thread found in {@link #current} last. A thread trusts its own finds alone, and those
   * hold until it replaces them itself, so nobody needs to see what others write here.
   */
  private @Nullable Found found;

  /** A thread and the task that it runs as. */
  private record Found(Thread thread, Task task) {}

  private Task newTask() {
    return newTask(Thread.currentThread().getName());
  }

  /** A task that threads can {@linkplain #switchTo switch to}: ksmd, say. */
  public final Task newTask(String comm) {
    Task task = new Task(comm);
    tasks.add(task);
    return task;
  }

  /**
   * Lets this thread run as another task from now on.
   *
   * @return the task that it was
   */
  public final Task switchTo(Task task) {
    Task before = current.get();
    current.set(task);
    found = new Found(Thread.currentThread(), task);
    return before;
  }

  /** The task on whose behalf this thread runs, made at its first use. */
  @PortedFrom(
      value = "arch/x86/include/asm/current.h:current",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "only what the port asks of a task")
  public final Task current() {
    Found last = found;
    return last != null && last.thread == Thread.currentThread() ? last.task : find();
  }

  private Task find() {
    Task task = current.get();
    found = new Found(Thread.currentThread(), task);
    return task;
  }

  /** A place in a long loop where another task may run. Holds no lock that does not sleep. */
  @PortedFrom(
      value = "include/linux/sched.h:cond_resched",
      fidelity = Fidelity.ADAPTED,
      differs = "counts itself, then calls the hook")
  public final void condResched() {
    current().work.reschedPoint();
    reschedHook();
  }

  /** The work of all tasks so far, added up. Exact once the tasks rest. */
  public final WorkCounters totalWork() {
    WorkCounters total = new WorkCounters();
    for (Task task : tasks) {
      total.add(task.work);
    }
    return total;
  }

  /** Called at each {@link #condResched}. */
  protected abstract void reschedHook();

  /**
   * Called where C has READ_ONCE, WRITE_ONCE, a barrier or an atomic that another thread may come
   * before.
   */
  public abstract void yieldPoint();

  /**
   * Called before the first attempt to take a lock.
   *
   * @param lock the lock, or what holds many of them as bits
   * @param id which of those it is: the pfn of a folio lock, else 0
   */
  public abstract void acquiring(LockClass lockClass, Object lock, int id);

  /**
   * Called instead of {@link #acquiring} where a second lock of a class is taken in an order that
   * the caller vouches for: a child's after its parent's.
   */
  public void acquiringNested(LockClass lockClass, Object lock, int id) {
    acquiring(lockClass, lock, id);
  }

  /** Called after a lock was taken, also by a try. */
  public abstract void acquired(LockClass lockClass, Object lock, int id);

  /** Called after a lock was released. */
  public abstract void released(LockClass lockClass, Object lock, int id);

  /** Called between two attempts to take a lock that somebody else holds; counts from 0. */
  public abstract void contended(LockClass lockClass, int attempt);

  /**
   * Sleeps until a queue is woken, or a while less; not at all where it was since {@code seen}.
   *
   * @param seen what {@link WaitQueue#wakeUps} said before the condition was looked at
   */
  protected abstract void sleepOn(WaitQueue queue, long seen);

  /** Called after a queue was woken, by any thread. */
  protected abstract void wokenUp(WaitQueue queue);

  /**
   * Asks to be called where no task can go on before time passes. For a scheduler that sees that;
   * others leave time alone.
   *
   * @param timePasses lets the next timer come; false where there is none
   */
  public void whenIdle(BooleanSupplier timePasses) {}

  /** Where the kernel may sleep (an allocation, a folio lock): not under a spinlock. */
  public abstract void mightSleep();
}
