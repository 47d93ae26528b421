// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.suites;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.samepage.selftests.run.TestRun;
import org.samepage.selftests.sys.TestProcess;

/** A family of five generations, one to three children each; one process in it is the worker. */
final class ProcessTree {
  private static final long SEED = 1795218171L;
  private static final int LEVELS = 5;
  private static final int MOST_CHILDREN = 3;

  private final List<TestProcess> all = new ArrayList<>();
  private final SplittableRandom random = new SplittableRandom(SEED);
  private final int workerLevel = random.nextInt(LEVELS) + 1;
  private TestProcess worker;

  private ProcessTree(TestProcess root) {
    this.worker = root;
  }

  /** Forks all of them from the case's process. */
  static ProcessTree grow(TestRun t) {
    ProcessTree tree = new ProcessTree(t.process());
    tree.grow(t.process(), 1, true);
    t.say("%d processes, seed %d".formatted(tree.all.size(), SEED));
    return tree;
  }

  /** The line of firstborns of chance has a worker on each level; one of these works. */
  private void grow(TestProcess parent, int level, boolean line) {
    all.add(parent);
    if (line && level == workerLevel) {
      worker = parent;
    }
    if (level == LEVELS) {
      return;
    }
    int children = random.nextInt(MOST_CHILDREN) + 1;
    int heir = random.nextInt(children);
    for (int i = 0; i < children; i++) {
      grow(parent.fork(), level + 1, line && i == heir);
    }
  }

  List<TestProcess> all() {
    return all;
  }

  TestProcess worker() {
    return worker;
  }
}
