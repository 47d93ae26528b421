// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.labs.hand;

import java.util.LinkedHashMap;
import java.util.Map;
import org.samepage.labs.course.Lab;
import org.samepage.labs.grade.StudentFolder;

/** The files that a student gets for a lab. */
public final class HandOut {
  private HandOut() {}

  /** Texts by path in the student's folder. */
  public static Map<String, String> files(Lab lab, String seed) {
    Map<String, String> files = new LinkedHashMap<>();
    files.put(StudentFolder.PROPERTIES, StudentFolder.properties(lab, seed));
    files.put(StudentFolder.TASK, lab.task());
    files.put(StudentFolder.CHECKS, StudentFolder.publicChecks(lab));
    files.put(lab.sourceFile(), lab.handedOut(lab.sourceFile()));
    lab.otherFiles().forEach(name -> files.put(name, lab.handedOut(name)));
    return files;
  }
}
