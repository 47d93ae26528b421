// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.run;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.samepage.scenario.backend.Backend;
import org.samepage.scenario.backend.BackendProcess;
import org.samepage.scenario.backend.BackendProcess.KsmStat;
import org.samepage.scenario.backend.PresentPages;
import org.samepage.scenario.result.ContentHash;
import org.samepage.scenario.result.ResultDocument;
import org.samepage.scenario.result.ResultDocument.ProcessResult;

/** Puts the result document together. */
final class ResultBuilder {
  private ResultBuilder() {}

  static ResultDocument build(
      String scenario,
      Backend backend,
      Map<String, BackendProcess> alive,
      List<String> failures,
      int expectedReports) {
    Map<String, Long> ksm = new TreeMap<>();
    backend.ksmNames().forEach(name -> ksm.put(name, backend.ksm(name)));
    Map<String, ProcessResult> results = new LinkedHashMap<>();
    Map<Long, Long> mappings = new HashMap<>();
    alive.forEach((name, process) -> {
      PresentPages pages = process.presentPages();
      results.put(name, process(process, pages));
      for (int i = 0; i < pages.count(); i++) {
        if (!pages.isZeroPage(i)) {
          mappings.merge(pages.frame(i), 1L, Long::sum);
        }
      }
    });
    return new ResultDocument(
        scenario,
        backend.name(),
        ksm,
        results,
        histogram(mappings),
        List.copyOf(failures),
        backend.work(),
        backend.reports(),
        expectedReports);
  }

  private static ProcessResult process(BackendProcess process, PresentPages pages) {
    KsmStat stat = process.ksmStat();
    Map<String, Long> ksm = new LinkedHashMap<>();
    ksm.put("rmap_items", stat.rmapItems());
    ksm.put("zero_pages", stat.zeroPages());
    ksm.put("merging_pages", stat.mergingPages());
    ksm.put("process_profit", stat.processProfit());
    return new ProcessResult(
        ksm, process.maps(), pages.count(), frames(pages), ContentHash.of(pages));
  }

  /** Distinct frames; the zero page counts as one. */
  static long frames(PresentPages pages) {
    Set<Long> distinct = new HashSet<>();
    for (int i = 0; i < pages.count(); i++) {
      distinct.add(pages.frame(i));
    }
    return distinct.size();
  }

  private static List<List<Long>> histogram(Map<Long, Long> mappingsByFrame) {
    Map<Long, Long> frames = new TreeMap<>();
    mappingsByFrame.values().forEach(mappings -> frames.merge(mappings, 1L, Long::sum));
    List<List<Long>> pairs = new ArrayList<>();
    frames.forEach((mappings, count) -> pairs.add(List.of(mappings, count)));
    return pairs;
  }
}
