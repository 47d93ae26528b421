// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.labs.desk;

import java.util.List;
import org.samepage.labs.machine.LabMachines;
import org.samepage.labs.task.Survey;
import org.samepage.machine.Machine;
import org.samepage.mm.spi.HugeSplitter;
import org.samepage.mm.vma.Mm;
import org.samepage.pagewalk.PageWalk;
import org.samepage.scenario.lang.Scenario;
import org.samepage.scenario.lang.ScenarioException;
import org.samepage.scenario.lang.Statement;

/** {@code survey START END LIMIT}, then a scenario, whose first process is looked over. */
final class SurveyDesk {
  private static final String PROFILE = "linux-6.18";
  private static final int START = 1;
  private static final int END = 2;
  private static final int LIMIT = 3;

  private SurveyDesk() {}

  static String answer(Survey survey, String[] words, String text) throws ScenarioException {
    Scenario scenario = LabMachines.parse(text);
    try (LabMachines.Running running =
        LabMachines.ours().boot(scenario, PROFILE, List.of(), Long.MAX_VALUE)) {
      for (Statement statement : scenario.statements()) {
        running.runner().carryOut(statement);
      }
      Machine machine = running.backend().machine();
      Mm mm = machine.mms().getFirst();
      PageWalk pageWalk = new PageWalk(running.sched(), HugeSplitter.NONE, machine.log());
      long walksBefore = machine.work().pageWalks;
      long ptesBefore = machine.work().ptesRead;
      mm.mmapLock.readLock();
      Survey.Result found;
      try {
        found =
            survey.survey(
                pageWalk,
                mm,
                Long.decode(words[START]),
                Long.decode(words[END]),
                Long.decode(words[LIMIT]));
      } finally {
        mm.mmapLock.readUnlock();
      }
      return "ret=%d present=%d guards=%d hole=%d last=0x%x walks=%d ptes=%d"
          .formatted(
              found.ret(),
              found.present(),
              found.guards(),
              found.holeBytes(),
              found.last(),
              machine.work().pageWalks - walksBefore,
              machine.work().ptesRead - ptesBefore);
    }
  }
}
