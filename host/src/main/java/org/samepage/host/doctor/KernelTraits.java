// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.host.doctor;

/**
 * What tells kernels apart.
 *
 * @param scansByAddress ksmd looks up each page address of a mergeable VMA
 * @param unmergesByAddress MADV_UNMERGEABLE does
 * @param scanRatio cost of a pass over a sparse mapping, by that over one 512 times smaller
 * @param unmergeRatio the same of unmerging it
 */
public record KernelTraits(
    boolean scansByAddress, boolean unmergesByAddress, double scanRatio, double unmergeRatio) {}
