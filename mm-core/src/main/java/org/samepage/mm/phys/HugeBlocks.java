// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.phys;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.samepage.mm.units.PageUnits;

/**
 * Blocks of 2 MiB, aligned, full of zeros, which Linux is asked to back with huge pages. One entry
 * of the processor's TLB then covers what else takes 512, as in the kernel's own map of all memory;
 * a search that reads a line of each page it meets is faster by what the missing entries cost.
 *
 * <p>Where there is no Linux below, or this module may not call native code, blocks are what the
 * arena allocates. Not for two threads.
 */
final class HugeBlocks {
  /** Of one block. */
  static final long BYTES = PageUnits.PMD_SIZE;

  /** Address space is taken for so many blocks at a time; memory only as blocks are touched. */
  private static final int BLOCKS = 32;

  private static final int PROT_READ_WRITE = 3;
  private static final int MAP_PRIVATE_ANONYMOUS_NORESERVE = 0x2 | 0x20 | 0x4000;
  private static final int MADV_HUGEPAGE = 14;
  private static final long MAP_FAILED = -1;

  private final Arena arena;
  private MemorySegment span = MemorySegment.NULL;
  private long used;

  /** Blocks that live as long as an arena. */
  HugeBlocks(Arena arena) {
    this.arena = arena;
  }

  MemorySegment next() {
    if (used == span.byteSize()) {
      span = Calls.LINUX == null ? MemorySegment.NULL : Calls.LINUX.map(BLOCKS * BYTES, arena);
      used = 0;
    }
    if (span.byteSize() == 0) {
      return arena.allocate(BYTES, PageUnits.PAGE_SIZE);
    }
    MemorySegment block = span.asSlice(used, BYTES);
    used += BYTES;
    return block;
  }

  /** The three system calls; linked when they are first needed, which takes a while. */
  private record Calls(MethodHandle mmap, MethodHandle munmap, MethodHandle madvise) {
    static final @Nullable Calls LINUX = link();

    private static @Nullable Calls link() {
      if (!System.getProperty("os.name", "").toLowerCase(Locale.ROOT).startsWith("linux")
          || !HugeBlocks.class.getModule().isNativeAccessEnabled()) {
        return null;
      }
      return new Calls(
          handle("mmap", ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG),
          handle("munmap", JAVA_INT, ADDRESS, JAVA_LONG),
          handle("madvise", JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    }

    @SuppressWarnings("restricted") // this module was asked before
    private static MethodHandle handle(String name, ValueLayout result, ValueLayout... arguments) {
      Linker linker = Linker.nativeLinker();
      SymbolLookup library = linker.defaultLookup();
      return linker.downcallHandle(
          library.findOrThrow(name), FunctionDescriptor.of(result, arguments));
    }

    /** Memory of this size, aligned to a block; an empty segment where there is none. */
    @SuppressWarnings("restricted")
    MemorySegment map(long bytes, Arena arena) {
      try {
        long size = bytes + BYTES;
        MemorySegment all =
            (MemorySegment)
                mmap.invokeExact(
                    MemorySegment.NULL,
                    size,
                    PROT_READ_WRITE,
                    MAP_PRIVATE_ANONYMOUS_NORESERVE,
                    -1,
                    0L);
        if (all.address() == MAP_FAILED) {
          return MemorySegment.NULL;
        }
        MemorySegment owned = all.reinterpret(size, arena, this::unmap);
        long skipped = -all.address() & (BYTES - 1);
        MemorySegment aligned = owned.asSlice(skipped, bytes);
        var _ = (int) madvise.invokeExact(aligned, bytes, MADV_HUGEPAGE); // may be refused
        return aligned;
      } catch (Throwable e) {
        throw new IllegalStateException("mmap", e);
      }
    }

    private void unmap(MemorySegment all) {
      try {
        var _ = (int) munmap.invokeExact(all, all.byteSize());
      } catch (Throwable e) {
        throw new IllegalStateException("munmap", e);
      }
    }
  }
}
