// SPDX-License-Identifier: GPL-2.0-only
// Values of include/uapi/asm-generic/{errno-base,errno}.h and include/linux/errno.h.
package org.samepage.mm.errno;

import java.util.Map;
import java.util.TreeMap;

/** Linux error numbers. Inside ported code a function that fails returns {@code -Errno.X}. */
public final class Errno {
  public static final int EPERM = 1;
  public static final int ENOENT = 2;
  public static final int ESRCH = 3;
  public static final int EINTR = 4;
  public static final int EIO = 5;
  public static final int ENXIO = 6;
  public static final int EBADF = 9;
  public static final int EAGAIN = 11;
  public static final int ENOMEM = 12;
  public static final int EACCES = 13;
  public static final int EFAULT = 14;
  public static final int EBUSY = 16;
  public static final int EEXIST = 17;
  public static final int ENODEV = 19;
  public static final int ENOTDIR = 20;
  public static final int EISDIR = 21;
  public static final int EINVAL = 22;
  public static final int ENOSPC = 28;
  public static final int ERANGE = 34;
  public static final int ENOSYS = 38;
  public static final int EOVERFLOW = 75;
  public static final int EOPNOTSUPP = 95;
  public static final int EHWPOISON = 133;

  /** Never seen by a process: the call is restarted after the signal. */
  public static final int ERESTARTSYS = 512;

  private static final Map<Integer, String> NAMES =
      Map.ofEntries(
          Map.entry(EPERM, "EPERM"),
          Map.entry(ENOENT, "ENOENT"),
          Map.entry(ESRCH, "ESRCH"),
          Map.entry(EINTR, "EINTR"),
          Map.entry(EIO, "EIO"),
          Map.entry(ENXIO, "ENXIO"),
          Map.entry(EBADF, "EBADF"),
          Map.entry(EAGAIN, "EAGAIN"),
          Map.entry(ENOMEM, "ENOMEM"),
          Map.entry(EACCES, "EACCES"),
          Map.entry(EFAULT, "EFAULT"),
          Map.entry(EBUSY, "EBUSY"),
          Map.entry(EEXIST, "EEXIST"),
          Map.entry(ENODEV, "ENODEV"),
          Map.entry(ENOTDIR, "ENOTDIR"),
          Map.entry(EISDIR, "EISDIR"),
          Map.entry(EINVAL, "EINVAL"),
          Map.entry(ENOSPC, "ENOSPC"),
          Map.entry(ERANGE, "ERANGE"),
          Map.entry(ENOSYS, "ENOSYS"),
          Map.entry(EOVERFLOW, "EOVERFLOW"),
          Map.entry(EOPNOTSUPP, "EOPNOTSUPP"),
          Map.entry(EHWPOISON, "EHWPOISON"),
          Map.entry(ERESTARTSYS, "ERESTARTSYS"));

  private Errno() {}

  /**
   * The symbolic name of an error number, whatever its sign.
   *
   * @return for example {@code EINVAL}, or {@code errno 200} for a number without a name here
   */
  public static String name(int errno) {
    int positive = Math.abs(errno);
    return NAMES.getOrDefault(positive, "errno " + positive);
  }

  /** All names that {@link #name} can give, in alphabetical order, with their numbers. */
  public static Map<String, Integer> byName() {
    Map<String, Integer> byName = new TreeMap<>();
    NAMES.forEach((number, name) -> byName.put(name, number));
    return byName;
  }
}
