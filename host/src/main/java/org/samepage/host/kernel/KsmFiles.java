// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.host.kernel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.samepage.host.SurroundingsException;

/** Reads /sys/kernel/mm/ksm; writing is the keeper's. */
public final class KsmFiles {
  /** The one file that holds words instead of a number. */
  public static final String ADVISOR_MODE = "advisor_mode";

  /** Where they are. */
  public static final Path FOLDER = Path.of("/sys/kernel/mm/ksm");

  private KsmFiles() {}

  /** One of the files. */
  public static Path file(String name) {
    return FOLDER.resolve(name);
  }

  /** The files that hold a number. */
  public static Set<String> numericNames() {
    return names(false);
  }

  /** The files that can be written. */
  public static Set<String> writableNames() {
    return names(true);
  }

  private static Set<String> names(boolean writable) {
    try (Stream<Path> files = Files.list(FOLDER)) {
      TreeSet<String> names = new TreeSet<>();
      files
          .filter(file -> !writable || isWritable(file))
          .forEach(file -> names.add(String.valueOf(file.getFileName())));
      if (!writable) {
        names.remove(ADVISOR_MODE);
      }
      return names;
    } catch (IOException e) {
      throw new SurroundingsException(FOLDER + " cannot be read", e);
    }
  }

  /** By its mode: root may try to write to any. */
  private static boolean isWritable(Path file) {
    try {
      return Files.getPosixFilePermissions(file).contains(PosixFilePermission.OWNER_WRITE);
    } catch (IOException e) {
      return false;
    }
  }

  /** The number in a file. */
  public static long number(String name) {
    String text = ProcFiles.read(file(name));
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new SurroundingsException(file(name) + " holds no number: " + text, e);
    }
  }

  /** The chosen one of the words in {@code advisor_mode}: {@code [none] scan-time}. */
  public static String advisorMode() {
    String text = ProcFiles.read(file(ADVISOR_MODE));
    return text.substring(text.indexOf('[') + 1, text.indexOf(']'));
  }

  /** A file's value as one writes it. */
  public static String value(String name) {
    return name.equals(ADVISOR_MODE) ? advisorMode() : ProcFiles.read(file(name));
  }
}
