// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.report;

/**
 * One thing the kernel would have printed.
 *
 * @param kind {@code bug}, {@code warn}, {@code warn_once} or {@code bad_page_map}
 * @param text the text in the kernel's format
 * @param at where the machine was driven from: {@code FILE:LINE}, or empty where nobody said
 */
public record KernelReport(String kind, String text, String at) {}
