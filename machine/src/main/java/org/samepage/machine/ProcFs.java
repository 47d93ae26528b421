// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.samepage.machine.proc.KpageFiles.Operation;
import org.samepage.machine.proc.PagemapScan.PageRegion;
import org.samepage.machine.proc.PagemapScan.PmScanArg;
import org.samepage.machine.proc.ProcFiles;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.Mm;

/**
 * /proc of a machine, as root or as the owner of its processes sees it.
 *
 * <p>There are {@code /proc/PID/maps}, {@code smaps}, {@code status}, {@code ksm_stat}, {@code
 * ksm_merging_pages} and {@code pagemap}, and {@code /proc/kpagecount} and {@code
 * /proc/kpageflags}; anything else is {@code ENOENT}. A file's whole text is of one moment, as far
 * as the kernel's locks make it so. docs/reference/proc.adoc says what is in the files and what
 * differs.
 *
 * <p>Any thread may read, as the task it is on this machine.
 */
public final class ProcFs {
  private static final String ROOT = "/proc";
  private static final String KPAGECOUNT = "kpagecount";
  private static final String KPAGEFLAGS = "kpageflags";
  private static final String SWAPS = "swaps";

  /** A number as the kernel takes it: without zeros in front. */
  private static final Pattern OF_PROCESS = Pattern.compile("/proc/(0|[1-9]\\d{0,9})(/(.*))?");

  private static final Pattern SLASHES = Pattern.compile("/+");

  private final ProcFiles files;
  private final IntFunction<@Nullable Mm> processes;
  private final Consumer<Mm> mmput;
  private final boolean privileged;

  /**
   * A view as root.
   *
   * @param processes an address space by process number; null for a number that is none
   * @param mmput gives up a use of an address space
   */
  ProcFs(ProcFiles files, IntFunction<@Nullable Mm> processes, Consumer<Mm> mmput) {
    this(files, processes, mmput, true);
  }

  private ProcFs(
      ProcFiles files,
      IntFunction<@Nullable Mm> processes,
      Consumer<Mm> mmput,
      boolean privileged) {
    this.files = files;
    this.processes = processes;
    this.mmput = mmput;
    this.privileged = privileged;
  }

  /**
   * The same as the processes' owner sees it, who is not root: {@code pagemap} hides frame numbers,
   * and {@code kpagecount} and {@code kpageflags} are {@code EACCES}.
   */
  public ProcFs unprivileged() {
    return new ProcFs(files, processes, mmput, false);
  }

  /**
   * A whole text file.
   *
   * @throws IllegalArgumentException for a file of words
   * @throws SyscallException {@code ENOENT}, {@code ENOTDIR}, {@code EISDIR}: no such file
   */
  public String read(String path) throws SyscallException {
    Entry entry = open(path);
    if (entry.words()) {
      throw new IllegalArgumentException(path + " has words: say where to begin and how many");
    }
    if (entry.pid == 0) {
      return files.swaps();
    }
    try (Use use = use(entry.pid)) {
      String text = files.text(entry.name, entry.pid, use.mm);
      if (text == null) {
        throw SyscallException.ofErrno(Errno.ENOENT);
      }
      return text;
    }
  }

  /**
   * Reads bytes as pread(2) does; those of words are in little-endian order.
   *
   * @param offset where in the file to begin [bytes]
   * @param into filled from its position on, as far as the file goes
   * @return how many bytes; 0 at the end
   * @throws SyscallException {@code EINVAL} where a file of words is not read by whole words;
   *     otherwise as {@link #read(String)}, or {@code EACCES}
   */
  public int read(String path, long offset, ByteBuffer into) throws SyscallException {
    if (offset < 0) {
      throw SyscallException.ofErrno(Errno.EINVAL);
    }
    Entry entry = open(path);
    if (!entry.words()) {
      byte[] text = read(path).getBytes(StandardCharsets.UTF_8);
      int from = (int) Math.min(offset, text.length);
      int count = Math.min(into.remaining(), text.length - from);
      into.put(text, from, count);
      return count;
    }
    long[] words = new long[into.remaining() / Long.BYTES];
    int found = readWords(entry, offset, into.remaining(), words);
    ByteOrder order = into.order();
    into.order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < found; i++) {
      into.putLong(words[i]);
    }
    into.order(order);
    return found * Long.BYTES;
  }

  /**
   * Words of {@code /proc/PID/pagemap}: bits {@code PagemapFile.PM_*}.
   *
   * @param addr of the first page, page-aligned
   * @return one for each page, less at the end of the address space
   */
  public long[] pagemap(int pid, long addr, int pages) throws SyscallException {
    long first = PageUnits.bytesToPages(addr);
    return words(new Entry(pid, ProcFiles.PAGEMAP), first, pages);
  }

  /**
   * The ioctl PAGEMAP_SCAN.
   *
   * @param out takes the regions
   * @return how many
   */
  public int pagemapScan(int pid, PmScanArg arg, List<PageRegion> out) throws SyscallException {
    try (Use use = use(pid)) {
      long found = files.pagemapScan().doPagemapScan(use.mm, arg, out);
      if (found < 0) {
        throw SyscallException.ofErrno((int) found);
      }
      return (int) found;
    }
  }

  /** The word of {@code /proc/kpagecount} for a frame: its mappings. */
  public long kpagecount(long pfn) throws SyscallException {
    return oneWord(new Entry(0, KPAGECOUNT), pfn);
  }

  /** The word of {@code /proc/kpageflags} for a frame: bits {@code KpageFiles.KPF_*}. */
  public long kpageflags(long pfn) throws SyscallException {
    return oneWord(new Entry(0, KPAGEFLAGS), pfn);
  }

  private record Entry(int pid, String name) {
    boolean words() {
      return pid == 0 ? !name.equals(SWAPS) : name.equals(ProcFiles.PAGEMAP);
    }
  }

  private long oneWord(Entry entry, long index) throws SyscallException {
    long[] word = words(entry, index, 1);
    return word.length == 0 ? 0 : word[0];
  }

  private long[] words(Entry entry, long first, int count) throws SyscallException {
    long[] words = new long[count];
    int found = readWords(entry, first * Long.BYTES, (long) count * Long.BYTES, words);
    return found == count ? words : Arrays.copyOf(words, found);
  }

  private int readWords(Entry entry, long offset, long bytes, long[] into) throws SyscallException {
    int found;
    if (entry.pid == 0) {
      if (!privileged) {
        throw SyscallException.ofErrno(Errno.EACCES);
      }
      Operation op = entry.name.equals(KPAGECOUNT) ? Operation.KPAGE_COUNT : Operation.KPAGE_FLAGS;
      found = files.kpages().kpageRead(op, offset, bytes, into);
    } else {
      try (Use use = use(entry.pid)) {
        found = files.pagemap().pagemapRead(use.mm, offset, bytes, privileged, into);
      }
    }
    if (found < 0) {
      throw SyscallException.ofErrno(found);
    }
    return found;
  }

  private Entry open(String name) throws SyscallException {
    String path = SLASHES.matcher(name).replaceAll("/");
    if (path.equals(ROOT + "/")) {
      throw SyscallException.ofErrno(Errno.EISDIR);
    }
    for (String known : new String[] {KPAGECOUNT, KPAGEFLAGS, SWAPS}) {
      String file = ROOT + "/" + known;
      if (path.equals(file)) {
        return new Entry(0, known);
      }
      if (path.startsWith(file + "/")) {
        throw SyscallException.ofErrno(Errno.ENOTDIR);
      }
    }
    if (path.equals(ROOT)) {
      throw SyscallException.ofErrno(Errno.EISDIR);
    }
    Matcher process = OF_PROCESS.matcher(path);
    int pid = process.matches() ? number(process.group(1)) : 0;
    if (pid == 0 || processes.apply(pid) == null) {
      throw SyscallException.ofErrno(Errno.ENOENT);
    }
    String rest = process.group(3);
    if (rest == null || rest.isEmpty()) {
      throw SyscallException.ofErrno(Errno.EISDIR);
    }
    int slash = rest.indexOf('/');
    if (!ProcFiles.exists(slash < 0 ? rest : rest.substring(0, slash))) {
      throw SyscallException.ofErrno(Errno.ENOENT);
    }
    if (slash >= 0) {
      throw SyscallException.ofErrno(Errno.ENOTDIR);
    }
    return new Entry(pid, rest);
  }

  private static int number(String digits) {
    long number = Long.parseLong(digits);
    return number > Integer.MAX_VALUE ? 0 : (int) number;
  }

  /** A use of an address space, so that it stays while it is read. */
  private record Use(Mm mm, Consumer<Mm> mmput) implements AutoCloseable {
    @Override
    public void close() {
      mmput.accept(mm);
    }
  }

  private Use use(int pid) throws SyscallException {
    Mm mm = processes.apply(pid);
    if (mm == null || !mm.mmgetNotZero()) {
      throw SyscallException.ofErrno(Errno.ENOENT); // it has just exited
    }
    return new Use(mm, mmput);
  }
}
