// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.predict;

/** Which frame of the machine stands for a shared frame of the capture. */
final class FrameMap {
  private static final int FIRST_SIZE = 1 << 10;
  private static final int NONE = 0;

  private long[] aliases = new long[FIRST_SIZE];
  private int[] frames = new int[FIRST_SIZE];
  private int size;

  /** The frame, or 0, which stands for none. */
  int get(long alias) {
    return frames[find(aliases, frames, alias)];
  }

  void put(long alias, int frame) {
    if (2 * size >= aliases.length) {
      grow();
    }
    int at = find(aliases, frames, alias);
    size += frames[at] == NONE ? 1 : 0;
    aliases[at] = alias;
    frames[at] = frame;
  }

  private static int find(long[] aliases, int[] frames, long alias) {
    int mask = aliases.length - 1;
    int at = (int) (alias >>> 20) & mask;
    while (frames[at] != NONE && aliases[at] != alias) {
      at = at + 1 & mask;
    }
    return at;
  }

  private void grow() {
    long[] moreAliases = new long[2 * aliases.length];
    int[] moreFrames = new int[2 * aliases.length];
    for (int i = 0; i < aliases.length; i++) {
      if (frames[i] != NONE) {
        int at = find(moreAliases, moreFrames, aliases[i]);
        moreAliases[at] = aliases[i];
        moreFrames[at] = frames[i];
      }
    }
    aliases = moreAliases;
    frames = moreFrames;
  }
}
