// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.backend;

import java.util.Arrays;

/** Present pages, collected one by one: a row of three arrays that grow. */
public abstract class PageList implements PresentPages {
  private long[] addresses = new long[64];
  private long[] frames = new long[64];
  private boolean[] zero = new boolean[64];
  private int count;

  /** Adds a page; addresses rise. */
  protected final void add(long address, long frame, boolean zeroPage) {
    if (count == addresses.length) {
      addresses = Arrays.copyOf(addresses, count * 2);
      frames = Arrays.copyOf(frames, count * 2);
      zero = Arrays.copyOf(zero, count * 2);
    }
    addresses[count] = address;
    frames[count] = frame;
    zero[count++] = zeroPage;
  }

  @Override
  public final int count() {
    return count;
  }

  @Override
  public final long address(int index) {
    return addresses[index];
  }

  @Override
  public final long frame(int index) {
    return frames[index];
  }

  @Override
  public final boolean isZeroPage(int index) {
    return zero[index];
  }
}
