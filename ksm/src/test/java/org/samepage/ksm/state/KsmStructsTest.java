// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.ksm.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.samepage.mm.testing.TestMemory;
import org.samepage.mm.vma.Mm;

final class KsmStructsTest {
  private final TestMemory memory = new TestMemory();
  private final Mm mm = memory.mm();

  @AfterEach
  void close() {
    memory.close();
  }

  @Test
  void flags_and_seqnr_live_in_the_low_bits_of_the_address() {
    KsmRmapItem item = new KsmRmapItem(mm, 0x7f2a_e151_1000L);
    assertThat(item.isStable() || item.isUnstable()).isFalse();
    item.address |= KsmRmapItem.UNSTABLE_FLAG | 0xfe;
    assertThat(item.isUnstable()).isTrue();
    assertThat(item.pageAddress()).isEqualTo(0x7f2a_e151_1000L);
    item.clearFlags();
    assertThat(item.address).isEqualTo(0x7f2a_e151_1000L);
  }

  @Test
  void checksum_age_and_skips_share_a_word_as_in_the_kernel() {
    KsmRmapItem item = new KsmRmapItem(mm, 0);
    item.setOldchecksum(0xf2ae1511);
    for (int i = 0; i < 7; i++) {
      item.incrementAge();
    }
    item.setRemainingSkips(200);
    assertThat(item.oldchecksum()).isEqualTo(0xf2ae1511);
    assertThat(item.age()).isEqualTo(7);
    assertThat(item.remainingSkips()).isEqualTo(200);
    item.setOldchecksum(-1);
    item.setRemainingSkips(3);
    assertThat(item.age()).as("untouched by its neighbours").isEqualTo(7);
    item.setOldchecksum(0);
    assertThat(item.remainingSkips()).isEqualTo(3);
  }

  private static List<KsmRmapItem> items(KsmStableNode node) {
    List<KsmRmapItem> all = new ArrayList<>();
    for (KsmRmapItem item = node.firstItem(); item != null; item = item.hlistNext()) {
      all.add(item);
    }
    return all;
  }

  @Test
  void the_newest_item_is_first_and_any_can_be_taken_out() {
    KsmStableNode node = new KsmStableNode();
    KsmRmapItem a = new KsmRmapItem(mm, 0x1000);
    KsmRmapItem b = new KsmRmapItem(mm, 0x2000);
    KsmRmapItem c = new KsmRmapItem(mm, 0x3000);
    node.addItem(a);
    assertThat(a.hlistNext()).as("the shared one has no successor").isNull();
    node.addItem(b);
    node.addItem(c);
    assertThat(items(node)).containsExactly(c, b, a);
    node.removeItem(b);
    assertThat(items(node)).containsExactly(c, a);
    node.removeItem(c);
    node.removeItem(a);
    assertThat(items(node)).isEmpty();
  }

  @Test
  void duplicates_of_a_chain_can_be_taken_off_and_put_first() {
    KsmStableNode chain = new KsmStableNode();
    KsmStableNode a = new KsmStableNode();
    KsmStableNode b = new KsmStableNode();
    chain.addDup(a);
    assertThat(a.isOnlyDup()).isTrue();
    chain.addDup(b);
    assertThat(chain.firstDup()).isSameAs(b);
    assertThat(b.dupNext()).isSameAs(a);
    a.unlinkDup();
    chain.addDup(a);
    assertThat(chain.firstDup()).isSameAs(a);
    assertThat(a.isOnlyDup()).isFalse();
    b.unlinkDup();
    assertThat(a.isOnlyDup()).isTrue();
    a.unlinkDup();
    assertThat(chain.firstDup()).isNull();
    assertThatThrownBy(a::unlinkDup).isInstanceOf(NullPointerException.class);
  }

  @Test
  void the_list_of_slots_goes_round_its_head() {
    KsmMmSlot head = new KsmMmSlot(null);
    assertThat(head.listEmpty()).isTrue();
    assertThatThrownBy(head::mm).isInstanceOf(NullPointerException.class);
    KsmMmSlot a = new KsmMmSlot(mm);
    KsmMmSlot b = new KsmMmSlot(mm);
    KsmMmSlot c = new KsmMmSlot(mm);
    head.addBefore(a);
    head.addBefore(b);
    assertThat(head.next()).isSameAs(a);
    assertThat(a.next()).isSameAs(b);
    a.addBefore(c);
    assertThat(head.next()).as("right before the cursor").isSameAs(c);
    b.moveBehind(c);
    assertThat(b.next()).as("right behind the cursor").isSameAs(c);
    assertThat(c.next()).isSameAs(head);
    c.unlink();
    assertThat(b.next()).isSameAs(head);
  }
}
