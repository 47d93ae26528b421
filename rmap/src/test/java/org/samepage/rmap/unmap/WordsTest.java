// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.rmap.unmap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.mm.units.PageUnits.HPAGE_PMD_NR;
import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.pmdIndex;
import static org.samepage.rmap.RmapFixture.BASE;
import static org.samepage.rmap.RmapFixture.pmd;
import static org.samepage.rmap.RmapFixture.pmdTable;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.PteLayout;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.vma.VmArea;
import org.samepage.rmap.RmapFixture;

/**
 * Bit by bit, what words keep on their way: out of an entry into a swap word or a migration entry,
 * and back; of one page and of a huge one; where the kernel keeps track of what was written.
 */
final class WordsTest {
  private final RmapFixture f = new RmapFixture();
  private final Folios folios = f.folios;
  private final VmArea vma = f.softDirtyVma(2 * HPAGE_PMD_NR);
  private final PteLayout ptes = vma.vmMm.ptes;

  @AfterEach
  void close() {
    f.close();
  }

  private int held(int folio) {
    folios.folioGet(folio);
    folios.folioLock(folio);
    return folio;
  }

  @Test
  void what_was_written_since_it_was_asked_is_known_after_a_migration_and_what_was_not_is_not() {
    int pfn = held(f.faulted(vma, BASE));
    long dirty = f.pte(vma, BASE);
    long clean = ptes.pteClearSoftDirty(dirty);
    for (long word : List.of(ptes.pteMksoftDirty(dirty), clean, Pte.pteMkclean(clean))) {
      f.memory.setEntry(vma.vmMm, BASE, word);
      f.migrate.tryToMigrate(pfn, 0);
      long entry = f.pte(vma, BASE);
      assertThat(ptes.pteSwpSoftDirty(entry)).isEqualTo(ptes.pteSoftDirty(word));
      f.restore.removeMigrationPtes(pfn, pfn, 0);
      assertThat(f.pte(vma, BASE)).isEqualTo(word);
    }
  }

  @Test
  void so_it_is_in_a_swap_word() {
    for (boolean written : new boolean[] {true, false}) {
      long addr = written ? BASE : BASE + PAGE_SIZE;
      int pfn = held(f.faulted(vma, addr));
      long word = ptes.pteClearSoftDirty(f.pte(vma, addr));
      f.memory.setEntry(vma.vmMm, addr, written ? ptes.pteMksoftDirty(word) : word);
      f.addToSwap(pfn);
      f.unmap.tryToUnmap(pfn, 0);
      assertThat(ptes.pteSwpSoftDirty(f.pte(vma, addr))).isEqualTo(written);
    }
  }

  @Test
  void the_zero_page_of_a_split_keeps_it_too() {
    int folio = held(f.hugeFaulted(vma, BASE));
    setPmd(ptes.pteMksoftDirty(pmd(vma, BASE)));
    assertThat(f.splitFolio.splitFolio(folio)).isZero();
    long zero = Pte.pteMkspecial(Pte.pfnPte(Folios.ZERO_PFN, vma.vmPageProt));
    assertThat(f.pte(vma, BASE + 9 * PAGE_SIZE)).isEqualTo(ptes.pteMksoftDirty(zero));
  }

  private void setPmd(long word) {
    pmdTable(vma, BASE).set(pmdIndex(BASE), word);
  }

  /** Huge words of a folio, each unlike the others in one thing. */
  private List<Long> hugeWords() {
    long written = ptes.pteMksoftDirty(pmd(vma, BASE));
    long readOnly = Pmd.pmdWrprotect(written);
    long clean = ptes.pteClearSoftDirty(Pmd.pmdMkclean(written));
    return List.of(
        written,
        readOnly,
        Pmd.pmdMkold(written),
        Pmd.pmdMkuffdWp(readOnly),
        clean,
        Pmd.pmdMkold(clean),
        ptes.pteMksoftDirty(clean));
  }

  @Test
  void a_huge_word_is_as_it_was_after_a_migration() {
    int folio = held(f.hugeFaulted(vma, BASE));
    for (long word : hugeWords()) {
      setPmd(word);
      f.migrate.tryToMigrate(folio, 0);
      long entry = pmd(vma, BASE);
      assertThat(f.types.isWritableMigrationEntry(entry)).isEqualTo(Pmd.pmdWrite(word));
      assertThat(f.types.isReadableMigrationEntry(entry)).as("it is exclusive").isFalse();
      assertThat(f.types.isMigrationEntryYoung(entry)).isEqualTo(Pmd.pmdYoung(word));
      assertThat(f.types.isMigrationEntryDirty(entry)).isEqualTo(Pmd.pmdDirty(word));
      f.restore.removeMigrationPtes(folio, folio, 0);
      assertThat(pmd(vma, BASE)).isEqualTo(word);
      assertThat(folios.pageAnonExclusive(folio)).isTrue();
    }
  }

  @Test
  void dirt_that_the_new_folio_does_not_have_is_not_in_its_huge_word() {
    int folio = held(f.hugeFaulted(vma, BASE));
    f.migrate.tryToMigrate(folio, 0);
    folios.folioClearDirtyForIo(folio);
    f.restore.removeMigrationPtes(folio, folio, 0);
    assertThat(Pmd.pmdDirty(pmd(vma, BASE))).isFalse();
  }

  @Test
  void a_huge_page_that_others_have_too_becomes_a_plain_entry_and_stays_shared() {
    int folio = held(f.hugeFaulted(vma, BASE));
    folios.clearPageAnonExclusive(folio);
    setPmd(Pmd.pmdWrprotect(pmd(vma, BASE)));
    f.migrate.tryToMigrate(folio, 0);
    assertThat(f.types.isReadableMigrationEntry(pmd(vma, BASE))).isTrue();
    f.restore.removeMigrationPtes(folio, folio, 0);
    assertThat(folios.pageAnonExclusive(folio)).isFalse();
    assertThat(folios.folioEntireMapcount(folio)).isEqualTo(1);
  }

  private void split() {
    f.splitHugePmd.splitHugePmdRaw(vma, pmdTable(vma, BASE), pmdIndex(BASE), BASE);
  }

  @Test
  void each_small_word_of_a_split_is_like_the_huge_one() {
    int kinds = hugeKinds();
    for (int kind = 0; kind < kinds; kind++) {
      try (RmapFixture own = new RmapFixture()) {
        VmArea in = own.softDirtyVma(HPAGE_PMD_NR);
        int folio = own.hugeFaulted(in, BASE);
        long word = hugeWordOf(in, kind);
        pmdTable(in, BASE).set(pmdIndex(BASE), word);
        own.splitHugePmd.splitHugePmdRaw(in, pmdTable(in, BASE), pmdIndex(BASE), BASE + PAGE_SIZE);
        for (int i : new int[] {0, 1, 511}) {
          long pte = own.pte(in, BASE + i * PAGE_SIZE);
          assertThat(Pte.ptePfn(pte)).isEqualTo(folio + i);
          assertThat(Pte.pteWrite(pte)).as("kind %s", kind).isEqualTo(Pmd.pmdWrite(word));
          assertThat(Pte.pteDirty(pte)).as("kind %s", kind).isEqualTo(Pmd.pmdDirty(word));
          assertThat(Pte.pteYoung(pte)).as("kind %s", kind).isEqualTo(Pmd.pmdYoung(word));
          assertThat(Pte.pteUffdWp(pte)).as("kind %s", kind).isEqualTo(Pmd.pmdUffdWp(word));
          assertThat(ptes.pteSoftDirty(pte)).as("kind %s", kind).isEqualTo(ptes.pteSoftDirty(word));
          assertThat(own.folios.pageAnonExclusive(folio + i)).isTrue();
        }
        assertThat(own.folios.folioTestDirty(folio)).isEqualTo(Pmd.pmdDirty(word));
        assertThat(own.folios.folioRefCount(folio)).isEqualTo(HPAGE_PMD_NR);
        assertThat(pmdTable(in, BASE).ptl.isLocked()).isFalse();
      }
    }
  }

  private int hugeKinds() {
    f.hugeFaulted(vma, BASE);
    return hugeWords().size();
  }

  private long hugeWordOf(VmArea in, int kind) {
    return (hugeWords().get(kind) & ~Pmd.PFN_MASK) | (pmd(in, BASE) & Pmd.PFN_MASK);
  }

  @Test
  void each_small_entry_of_a_split_migration_is_like_the_huge_one() {
    int kinds = hugeKinds();
    for (int kind = 0; kind <= kinds; kind++) {
      try (RmapFixture own = new RmapFixture()) {
        VmArea in = own.softDirtyVma(HPAGE_PMD_NR);
        int folio = own.hugeFaulted(in, BASE);
        boolean shared = kind == kinds;
        long word = hugeWordOf(in, shared ? 1 : kind);
        pmdTable(in, BASE).set(pmdIndex(BASE), word);
        if (shared) {
          own.folios.clearPageAnonExclusive(folio);
        }
        own.folios.folioGet(folio);
        own.folios.folioLock(folio);
        own.migrate.tryToMigrate(folio, 0);
        long huge = pmd(in, BASE);
        int references = own.folios.folioRefCount(folio);
        own.splitHugePmd.splitHugePmdRaw(in, pmdTable(in, BASE), pmdIndex(BASE), BASE);
        for (int i : new int[] {0, 1, 511}) {
          long entry = own.pte(in, BASE + i * PAGE_SIZE);
          assertThat(own.types.swpOffsetPfn(entry)).isEqualTo(folio + i);
          assertThat(own.types.isWritableMigrationEntry(entry))
              .isEqualTo(own.types.isWritableMigrationEntry(huge));
          assertThat(own.types.isReadableMigrationEntry(entry)).isEqualTo(shared);
          assertThat(own.types.isMigrationEntryYoung(entry)).isEqualTo(Pmd.pmdYoung(word));
          assertThat(own.types.isMigrationEntryDirty(entry)).isEqualTo(Pmd.pmdDirty(word));
          assertThat(ptes.pteSwpSoftDirty(entry)).isEqualTo(ptes.pteSoftDirty(word));
        }
        assertThat(own.folios.folioRefCount(folio)).isEqualTo(references);
        own.restore.removeMigrationPtes(folio, folio, 0);
        long pte = own.pte(in, BASE + 511 * PAGE_SIZE);
        assertThat(Pte.pteUffdWp(pte)).isEqualTo(Pmd.pmdUffdWp(word));
        assertThat(Pte.pteWrite(pte)).isEqualTo(Pmd.pmdWrite(word));
        assertThat(own.folios.pageAnonExclusive(folio + 511)).isEqualTo(!shared);
      }
    }
  }

  @Test
  void the_huge_page_of_zeros_becomes_512_small_ones() {
    int folio = f.hugeFaulted(vma, BASE);
    folios.frames().setHugeZeroPfn(folio);
    setPmd(Pmd.pmdMkuffdWp(Pmd.pmdWrprotect(pmd(vma, BASE))));
    split();
    long zero = Pte.pteMkspecial(Pte.pfnPte(Folios.ZERO_PFN, vma.vmPageProt));
    for (int i : new int[] {0, 1, 511}) {
      assertThat(f.pte(vma, BASE + i * PAGE_SIZE)).isEqualTo(Pte.pteMkuffdWp(zero));
    }
    assertThat(folios.folioRefCount(folio)).as("a mapping of it holds nothing").isEqualTo(1);
  }
}
