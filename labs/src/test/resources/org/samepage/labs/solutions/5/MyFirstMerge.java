// SPDX-License-Identifier: GPL-2.0-only
package student;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.samepage.labs.task.FirstMerge;

public final class MyFirstMerge implements FirstMerge {
  private static final class Item {
    long pattern;
    Long checksum;
    Node frame;
    Node listed;
    boolean unstable;
  }

  private static final class Node {
    final long pattern;
    final Set<Item> mapped = new HashSet<>();
    final Set<Item> listed = new HashSet<>();

    Node(long pattern) {
      this.pattern = pattern;
    }
  }

  private final TreeMap<Integer, Item> pages = new TreeMap<>();
  private final Set<Item> seen = new HashSet<>();
  private final Set<Node> stable = new HashSet<>();
  private final Map<Long, Item> unstable = new HashMap<>();

  @Override
  public void write(int page, long pattern) {
    Item item = pages.computeIfAbsent(page, p -> new Item());
    item.pattern = pattern;
    if (item.frame != null) {
      item.frame.mapped.remove(item);
      item.frame = null;
    }
  }

  @Override
  public void scan() {
    unstable.clear();
    for (Item item : pages.values()) {
      seen.add(item);
      visit(item);
    }
  }

  private void visit(Item item) {
    if (item.frame != null && item.frame == item.listed) {
      return;
    }
    leave(item);
    if (item.checksum == null || item.checksum != item.pattern) {
      item.checksum = item.pattern;
      return;
    }
    stable.removeIf(node -> node.mapped.isEmpty());
    for (Node node : stable) {
      if (node.pattern == item.pattern) {
        join(item, node);
        return;
      }
    }
    Item other = unstable.get(item.pattern);
    if (other != null && other.pattern == item.pattern) {
      leave(other);
      unstable.remove(item.pattern);
      Node node = new Node(item.pattern);
      stable.add(node);
      join(other, node);
      join(item, node);
      return;
    }
    unstable.put(item.pattern, item);
    item.unstable = true;
  }

  private void leave(Item item) {
    item.unstable = false;
    if (item.listed != null) {
      item.listed.listed.remove(item);
      item.listed = null;
    }
  }

  private void join(Item item, Node node) {
    item.frame = node;
    item.listed = node;
    node.mapped.add(item);
    node.listed.add(item);
  }

  @Override
  public long pagesShared() {
    return stable.stream().filter(node -> !node.listed.isEmpty()).count();
  }

  @Override
  public long pagesSharing() {
    return seen.stream().filter(item -> item.listed != null).count() - pagesShared();
  }

  @Override
  public long pagesUnshared() {
    return seen.stream().filter(item -> item.unstable).count();
  }

  @Override
  public long pagesVolatile() {
    return seen.size() - pagesShared() - pagesSharing() - pagesUnshared();
  }

  @Override
  public long frames() {
    Set<Node> merged = new HashSet<>();
    long own = 0;
    for (Item item : pages.values()) {
      if (item.frame == null) {
        own++;
      } else {
        merged.add(item.frame);
      }
    }
    return own + merged.size();
  }
}
