// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.capture;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import org.samepage.app.workbench.UserMistakeException;
import org.samepage.capture.core.CoreCapture;
import org.samepage.capture.digest.CaptureKey;
import org.samepage.capture.format.CaptureException;
import org.samepage.capture.format.CaptureHeader;
import org.samepage.capture.format.CaptureVisitor;
import org.samepage.capture.format.Contents;

/** Makes a capture from core files. */
public final class CoreRun {
  private CoreRun() {}

  /** What a page of zeros is taken as. */
  public enum Zeros {
    /** Never touched. */
    ABSENT,
    /** Written. */
    PRESENT
  }

  /** Tells one snapshot with a process for each file. */
  public static void take(
      CaptureVisitor out,
      List<Path> files,
      CaptureKey key,
      Contents contents,
      Zeros zeros,
      PrintWriter err)
      throws IOException, CaptureException {
    out.header(
        new CaptureHeader(
            contents,
            CaptureHeader.Origin.CORE,
            false,
            key.fingerprint(),
            System.currentTimeMillis(),
            ""));
    out.snapshot(0, 0);
    CoreCapture capture = new CoreCapture(out, key, zeros == Zeros.PRESENT);
    int number = 0;
    for (Path file : files) {
      number++;
      try {
        long unknown = capture.core(file, number);
        if (unknown > 0) {
          err.printf(
              "samepage: %s: of %,d pages nobody knows whether they changed: their files cannot be"
                  + " read%n",
              file, unknown);
        }
      } catch (IOException e) {
        throw new UserMistakeException(file + " cannot be read: " + e.getMessage());
      }
    }
  }
}
