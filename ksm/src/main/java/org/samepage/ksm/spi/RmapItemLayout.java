// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.ksm.spi;

/** How an rmap_item is laid out in the kernel whose figures are to come out. */
@ExtensionPoint("rmap-item-layout")
public interface RmapItemLayout {
  /**
   * Bytes of one item in that kernel: what the profit formulas subtract. Never the size of a Java
   * object.
   */
  int rmapItemSize();
}
