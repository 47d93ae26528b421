// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.output;

import java.nio.file.Path;
import org.samepage.app.workbench.UserMistakeException;
import org.samepage.scenario.result.ResultJson;
import tools.jackson.databind.JsonNode;

/** Reads documents that were recorded. */
public final class RecordedFile {
  private RecordedFile() {}

  /**
   * A document as JSON.
   *
   * @throws UserMistakeException where the file holds none
   */
  public static JsonNode read(Path file) {
    try {
      return ResultJson.read(file);
    } catch (IllegalArgumentException e) {
      throw new UserMistakeException(String.valueOf(e.getMessage()));
    }
  }
}
