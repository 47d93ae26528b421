// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.format;

/**
 * A process in a snapshot.
 *
 * @param pid its number; of a core file the one that the file names, or a made-up one
 * @param ppid its parent's; 0 where unknown
 * @param uid its user's
 * @param name as in /proc/PID/comm
 */
public record CapturedProcess(int pid, int ppid, int uid, String name) {}
