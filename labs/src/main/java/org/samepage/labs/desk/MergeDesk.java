// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.labs.desk;

import org.samepage.labs.task.FirstMerge;

/**
 * {@code merge}: on lines, {@code w PAGE PATTERN}, {@code s} for a pass, {@code c} for nothing; the
 * answer has a line of counts for each s and c.
 */
final class MergeDesk {
  private MergeDesk() {}

  static String answer(FirstMerge merge, String body) {
    StringBuilder answer = new StringBuilder();
    for (String line : body.lines().toList()) {
      String[] words = line.split(" ");
      if (words[0].equals("w")) {
        merge.write(Integer.parseInt(words[1]), Long.parseLong(words[2]));
        continue;
      }
      if (words[0].equals("s")) {
        merge.scan();
      }
      answer.append(
          "shared=%d sharing=%d unshared=%d volatile=%d frames=%d%n"
              .formatted(
                  merge.pagesShared(),
                  merge.pagesSharing(),
                  merge.pagesUnshared(),
                  merge.pagesVolatile(),
                  merge.frames()));
    }
    return answer.toString();
  }
}
