// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.rmap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.samepage.rmap.RmapFixture.BASE;

import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.samepage.mm.phys.FolioMapping;
import org.samepage.mm.vma.AnonVma;
import org.samepage.mm.vma.VmArea;

/** What holds of an anon_vma that is got hold of, while others map, unmap and let go of it. */
final class FolioAnonVmaTest {
  private final RmapFixture f = new RmapFixture();
  private final VmArea vma = f.vma(4);
  private final int pfn = f.faulted(vma, BASE);
  private final AnonVma anonVma = Objects.requireNonNull(vma.anonVma);

  /** Which control does not matter, but for how it waits. */
  private static final class Control extends RmapWalkControl {
    private int visits;

    @Override
    public boolean rmapOne(int folio, VmArea vma, long addr) {
      visits++;
      return true;
    }
  }

  @BeforeEach
  void lock() {
    f.folios.folioLock(pfn);
  }

  @AfterEach
  void close() {
    f.close();
  }

  private int references() {
    return anonVma.refcount.get();
  }

  @Test
  void a_reference_is_one_more_and_none_for_what_is_gone() {
    assertThat(f.folioAnonVma.folioGetAnonVma(pfn)).isSameAs(anonVma);
    assertThat(references()).isEqualTo(2);
    f.anonVmas.putAnonVma(anonVma);
    anonVma.refcount.set(0); // its last VMA went, and the page is mapped a moment longer
    assertThat(f.folioAnonVma.folioGetAnonVma(pfn)).isNull();
    assertThat(references()).isZero();
    anonVma.refcount.set(1);
    f.rmap.folioRemoveRmapPtes(pfn, vma);
    assertThat(f.folioAnonVma.folioGetAnonVma(pfn)).isNull();
    assertThat(references()).isEqualTo(1);
  }

  @Test
  void the_lock_is_had_for_reading_and_without_a_reference() {
    assertThat(f.folioAnonVma.folioLockAnonVmaRead(pfn, new Control())).isSameAs(anonVma);
    assertThat(anonVma.root.rwsem.isLocked()).isTrue();
    assertThat(anonVma.root.rwsem.isWriteLocked()).isFalse();
    assertThat(references()).isEqualTo(1);
  }

  @Test
  void whoever_waits_for_it_holds_a_reference_meanwhile() {
    anonVma.root.rwsem.writeLock();
    f.contention.once(() -> {
      assertThat(references()).isEqualTo(2);
      anonVma.root.rwsem.writeUnlock();
    });
    Control control = new Control();
    assertThat(f.folioAnonVma.folioLockAnonVmaRead(pfn, control)).isSameAs(anonVma);
    assertThat(control.contended).isFalse();
    assertThat(references()).isEqualTo(1);
    anonVma.root.rwsem.readUnlock();
  }

  @Test
  void what_all_others_let_go_of_meanwhile_is_of_no_use() {
    anonVma.root.rwsem.writeLock();
    f.contention.once(() -> {
      anonVma.root.rwsem.writeUnlock();
      f.anonVmas.unlinkAnonVmas(vma);
    });
    assertThat(f.folioAnonVma.folioLockAnonVmaRead(pfn, new Control())).isNull();
    assertThat(anonVma.root.rwsem.isLocked()).isFalse();
    assertThat(f.anonVmas.alive()).as("the one who waited freed it").isZero();
  }

  @Test
  void what_is_freed_already_is_not_waited_for() {
    anonVma.root.rwsem.writeLock();
    anonVma.refcount.set(0);
    assertThat(f.folioAnonVma.folioLockAnonVmaRead(pfn, new Control())).isNull();
    anonVma.refcount.set(1);
    Control trying = new Control();
    trying.tryLock = true;
    assertThat(f.folioAnonVma.folioLockAnonVmaRead(pfn, trying)).isNull();
    assertThat(trying.contended).isTrue();
    assertThat(references()).isEqualTo(1);
  }

  @Test
  void a_page_that_is_unmapped_or_merged_has_none_to_lock() {
    f.rmap.folioRemoveRmapPtes(pfn, vma);
    assertThat(f.folioAnonVma.folioLockAnonVmaRead(pfn, new Control())).isNull();
    f.rmap.folioAddAnonRmapPtes(pfn, vma, BASE);
    f.memory.frames.setMapping(pfn, FolioMapping.KSM_WITHOUT_NODE);
    assertThat(f.folioAnonVma.folioLockAnonVmaRead(pfn, new Control())).isNull();
    assertThat(anonVma.root.rwsem.isLocked()).isFalse();
  }

  @Test
  void the_folio_must_be_locked() {
    f.folios.folioUnlock(pfn);
    assertThatThrownBy(() -> f.folioAnonVma.folioLockAnonVmaRead(pfn, new Control()))
        .hasMessageContaining("not locked");
  }

  @Test
  void a_walk_waits_for_the_lock_unless_it_may_only_try() {
    for (boolean anonLock : new boolean[] {false, true}) {
      anonVma.root.rwsem.writeLock();
      f.contention.once(anonVma.root.rwsem::writeUnlock);
      Control control = new Control();
      control.anonLock = anonLock;
      f.walk.rmapWalk(pfn, control);
      assertThat(control.visits).isEqualTo(1);
      assertThat(control.contended).isFalse();
      assertThat(anonVma.root.rwsem.isLocked()).isFalse();
      assertThat(references()).isEqualTo(1);
    }
  }

  @Test
  void what_is_unmapped_before_the_lock_is_had_is_not_locked() {
    f.contention.onceAcquired(() -> f.rmap.folioRemoveRmapPtes(pfn, vma));
    assertThat(f.folioAnonVma.folioLockAnonVmaRead(pfn, new Control())).isNull();
    assertThat(f.contention.happened()).isTrue();
    assertThat(anonVma.root.rwsem.isLocked()).isFalse();
    assertThat(references()).isEqualTo(1);
  }
}
