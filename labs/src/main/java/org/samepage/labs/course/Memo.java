// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.labs.course;

import java.util.LinkedHashMap;
import java.util.function.Supplier;

/**
 * What was worked out last, by a text that it depends on alone: most checks are the same for a
 * whole class. For several threads at once.
 *
 * @param <V> does not change
 */
final class Memo<V> {
  private static final int MOST = 64;

  private final LinkedHashMap<String, V> known = new LinkedHashMap<>(MOST, 0.75f, true);

  /** What is known of a text, or else what is made of it now. */
  V of(String text, Supplier<V> make) {
    synchronized (known) {
      V value = known.get(text);
      if (value != null) {
        return value;
      }
    }
    V made = make.get(); // two threads may do so at once, and come to the same
    synchronized (known) {
      known.put(text, made);
      if (known.size() > MOST) {
        known.remove(known.firstEntry().getKey());
      }
    }
    return made;
  }
}
