// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.format;

/** What a capture has of each kind; its last section says it, and its reader counts it again. */
final class Tally {
  long sections;
  long snapshots;
  long processes;
  long vmas;
  long anonymous;
}
