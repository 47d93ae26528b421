// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.ksm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.machine.ksm.KsmPeek.folios;
import static org.samepage.machine.ksm.KsmPeek.items;
import static org.samepage.machine.testing.TestMachine.check;
import static org.samepage.machine.testing.TestMachine.pfn;
import static org.samepage.machine.testing.TestMachine.write;

import java.util.List;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.samepage.ksm.state.KsmRmapItem;
import org.samepage.machine.UserProcess;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.failslab.Alloc;
import org.samepage.mm.failslab.FailSlab;

/**
 * Whether break_cow may put an anon_vma in each place that calls it, which a reviewer doubted: each
 * time it gives up the one reference that the successful half of the merge has taken.
 */
final class BreakCowTest {
  static List<String> profiles() {
    return TestMachine.profiles();
  }

  private static int references(UserProcess process) {
    return Objects.requireNonNull(process.mm().vmas.get(0).anonVma).refcount.get();
  }

  private static void isPlain(TestMachine m, UserProcess process) {
    assertThat(folios(m).folioTestKsm(pfn(process, 0))).isFalse();
    KsmRmapItem item = items(m, process).getFirst();
    assertThat(item.isStable()).isFalse();
    assertThat(item.anonVma).isNull();
  }

  /** Two processes with a page each, equal, ready to be merged in the next pass. */
  private interface Scene {
    void play(TestMachine m, UserProcess a, UserProcess b) throws Exception;
  }

  private static void with(String profile, Scene scene) throws Exception {
    try (TestMachine m = TestMachine.boot(profile)) {
      UserProcess a = m.mergeable(1);
      UserProcess b = m.mergeable(1);
      write(a, 0, 1);
      write(b, 0, 1);
      m.passes(1);
      int ofA = references(a);
      int ofB = references(b);
      scene.play(m, a, b);
      assertThat(references(a)).isEqualTo(ofA);
      assertThat(references(b)).isEqualTo(ofB);
      check(a, 0, 1);
      check(b, 0, 1);
      m.passes(3);
      assertThat(m.ksm("pages_sharing")).isEqualTo(1);
      assertThat(references(a)).isEqualTo(ofA + 1);
      assertThat(references(b)).isEqualTo(ofB + 1);
      a.exit();
      b.exit();
      m.passes(1);
      assertThat(KsmPeek.state(m).ksmRmapItems).isZero();
    }
  }

  /** The first caller: try_to_merge_two_pages, whose second page cannot be replaced. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("profiles")
  void the_page_that_became_a_ksm_page_before_its_twin_failed_is_given_back(String profile)
      throws Exception {
    with(
        profile,
        (m, a, b) -> {
          int twin = pfn(a, 0); // goes into the unstable tree; locked, it cannot be merged
          folios(m).folioLock(twin);
          m.passes(1);
          folios(m).folioUnlock(twin);
          assertThat(m.ksm("pages_shared")).isZero();
          assertThat(folios(m).folioTestKsm(twin)).isFalse();
          isPlain(m, b);
          assertThat(items(m, a).getFirst().anonVma).isNull();
        });
  }

  /** The second and the third: cmp_and_merge_page, for both items of a page that has no node. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("profiles")
  void both_pages_of_a_merge_without_a_node_are_given_back(String profile) throws Exception {
    with(
        profile,
        (m, a, b) -> {
          m.machine.failSlab().follow(FailSlab.nth(Alloc.KSM_STABLE_NODE, 1));
          m.passes(1);
          m.machine.failSlab().follow(null);
          assertThat(m.ksm("pages_shared")).isZero();
          isPlain(m, a);
          isPlain(m, b);
        });
  }
}
