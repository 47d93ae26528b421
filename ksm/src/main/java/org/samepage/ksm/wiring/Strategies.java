// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.ksm.wiring;

import org.samepage.ksm.spi.RmapItemLayout;
import org.samepage.ksm.spi.RmapWalkStrategy;
import org.samepage.ksm.spi.ScanStrategy;
import org.samepage.ksm.spi.UnmergeStrategy;

/** The strategies that one machine runs with, one for each extension point. */
public record Strategies(
    ScanStrategy scan,
    UnmergeStrategy unmerge,
    RmapWalkStrategy rmapWalk,
    RmapItemLayout rmapItemLayout) {}
