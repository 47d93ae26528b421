// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.portmap;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jacoco.core.analysis.Analyzer;
import org.jacoco.core.analysis.CoverageBuilder;
import org.jacoco.core.analysis.IClassCoverage;
import org.jacoco.core.analysis.IMethodCoverage;
import org.jacoco.core.data.ExecutionData;
import org.jacoco.core.data.ExecutionDataReader;
import org.jacoco.core.data.ExecutionDataStore;

/** Which tests ran which methods, from the records that the tests of all modules left. */
final class Evidence {
  private static final String KERNEL = "kernel:";
  private static final String TEST = "test:";

  /** By class, or by class#method; names of tests, and of comparisons with a kernel. */
  private final Map<String, Set<String>> tests = new HashMap<>();

  private final Map<String, Set<String>> comparisons = new HashMap<>();

  /** How many methods a test or comparison runs. */
  private final Map<String, Integer> breadth = new HashMap<>();

  /**
   * Reads records.
   *
   * @param records files of JaCoCo's execution data, one session for each test
   * @param classes folders of class files
   */
  static Evidence read(List<Path> records, List<Path> classes) throws IOException {
    Map<String, ExecutionDataStore> sessions = new HashMap<>();
    for (Path record : records) {
      try (InputStream in = new BufferedInputStream(Files.newInputStream(record))) {
        ExecutionDataReader reader = new ExecutionDataReader(in);
        String[] session = {""};
        reader.setSessionInfoVisitor(info -> session[0] = info.getId());
        reader.setExecutionDataVisitor(
            data -> sessions.computeIfAbsent(session[0], id -> new ExecutionDataStore()).put(data));
        while (reader.read()) {
          // reads on: one block for each session
        }
      }
    }
    Map<String, byte[]> bytes = classFiles(classes);
    Evidence evidence = new Evidence();
    for (Map.Entry<String, ExecutionDataStore> session : sessions.entrySet()) {
      evidence.add(session.getKey(), session.getValue(), bytes);
    }
    return evidence;
  }

  private static Map<String, byte[]> classFiles(List<Path> folders) throws IOException {
    Map<String, byte[]> bytes = new HashMap<>();
    for (Path folder : folders) {
      try (var files = Files.walk(folder)) {
        for (Path file : files.filter(f -> f.toString().endsWith(".class")).toList()) {
          String name = folder.relativize(file).toString();
          bytes.put(name.substring(0, name.length() - ".class".length()), Files.readAllBytes(file));
        }
      }
    }
    return bytes;
  }

  private void add(String session, ExecutionDataStore store, Map<String, byte[]> bytes)
      throws IOException {
    if (!session.startsWith(KERNEL) && !session.startsWith(TEST)) {
      return; // what ran between tests, and what failed
    }
    CoverageBuilder coverage = new CoverageBuilder();
    Analyzer analyzer = new Analyzer(store, coverage);
    for (ExecutionData data : store.getContents()) {
      byte[] file = bytes.get(data.getName());
      if (file != null) {
        analyzer.analyzeClass(file, data.getName());
      }
    }
    String name = session.substring(session.indexOf(':') + 1).replaceFirst(" under .*", "");
    Map<String, Set<String>> into = session.startsWith(KERNEL) ? comparisons : tests;
    for (IClassCoverage type : coverage.getClasses()) {
      String owner = type.getName().replace('/', '.');
      boolean any = false;
      for (IMethodCoverage method : type.getMethods()) {
        if (method.getInstructionCounter().getCoveredCount() > 0) {
          any = true;
          breadth.merge(name, 1, Integer::sum);
          into.computeIfAbsent(owner + "#" + method.getName(), k -> new TreeSet<>()).add(name);
        }
      }
      if (any) {
        into.computeIfAbsent(owner, k -> new TreeSet<>()).add(name);
      }
    }
  }

  /** Full names of the test classes that ran one of these classes or class#method; narrow first. */
  List<String> tests(List<String> elements) {
    return narrowFirst(tests, elements);
  }

  /** Comparisons with a real kernel's results that ran one of them; narrow ones first. */
  List<String> comparisons(List<String> elements) {
    return narrowFirst(comparisons, elements);
  }

  private List<String> narrowFirst(Map<String, Set<String>> ran, List<String> elements) {
    return elements.stream()
        .flatMap(element -> ran.getOrDefault(element, Set.of()).stream())
        .distinct()
        .sorted(
            Comparator.<String>comparingInt(name -> breadth.getOrDefault(name, 0))
                .thenComparing(Comparator.naturalOrder()))
        .toList();
  }
}
