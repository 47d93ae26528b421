// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.labs.desk;

import java.util.List;
import org.samepage.ksm.spi.RmapWalkStrategy;
import org.samepage.ksm.spi.ScanStrategy;
import org.samepage.ksm.wiring.Offer;
import org.samepage.labs.machine.LabMachines;
import org.samepage.labs.machine.StepLimitException;
import org.samepage.mm.work.ProbeLimitException;
import org.samepage.scenario.lang.ScenarioException;
import org.samepage.scenario.result.ResultJson;

/**
 * {@code run POINT PROFILE LIMIT [SETTING...]}, then a scenario. POINT is {@code scan} or {@code
 * rmap-walk}, where the student's strategy is chosen, or {@code none}. The answer is the result
 * document.
 */
final class StrategyDesk {
  private static final int POINT = 1;
  private static final int PROFILE = 2;
  private static final int LIMIT = 3;
  private static final int SETTINGS = 4;

  private StrategyDesk() {}

  static String answer(ClassLoader loader, String className, String[] words, String text)
      throws ClassNotFoundException {
    List<String> settings = List.of(words).subList(SETTINGS, words.length);
    LabMachines machines =
        switch (words[POINT]) {
          case "scan" -> LabMachines.with(offer(loader, className, ScanStrategy.class));
          case "rmap-walk" -> LabMachines.with(offer(loader, className, RmapWalkStrategy.class));
          default -> LabMachines.ours();
        };
    try {
      return ResultJson.compact(
          machines.run(text, words[PROFILE], settings, Long.parseLong(words[LIMIT])));
    } catch (ScenarioException e) {
      return Desk.ERROR + e.getMessage();
    } catch (StepLimitException e) {
      return Desk.ERROR
          + "still not through after %,d pages and tables, and was stopped".formatted(e.limit());
    } catch (ProbeLimitException e) {
      return Desk.ERROR
          + "an operation probed %,d addresses one by one and was stopped".formatted(e.limit());
    }
  }

  private static <S> Offer<S> offer(ClassLoader loader, String className, Class<S> point)
      throws ClassNotFoundException {
    return new Offer<>(point, Class.forName(className, true, loader).asSubclass(point));
  }
}
