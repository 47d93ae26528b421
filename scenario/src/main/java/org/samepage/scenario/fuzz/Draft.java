// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.fuzz;

/**
 * A statement that may turn out not to be possible.
 *
 * @param line without what it fails with
 * @param done tells the model, where it could be carried out and did not fail
 */
record Draft(String line, Runnable done) {
  Draft(String line) {
    this(line, () -> {});
  }
}
