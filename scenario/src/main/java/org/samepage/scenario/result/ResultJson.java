// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.result;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Result documents as JSON. */
public final class ResultJson {
  private static final ObjectMapper MAPPER = JsonMapper.builder().build();
  private static final ObjectMapper PRETTY =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private ResultJson() {}

  /** On one line. */
  public static String compact(ResultDocument document) {
    return MAPPER.writeValueAsString(tree(document));
  }

  /** To be read, and kept in a file. */
  public static String pretty(ResultDocument document) {
    return PRETTY.writeValueAsString(tree(document)) + "\n";
  }

  /**
   * Reads a document from a file.
   *
   * @throws IllegalArgumentException where it is none
   */
  public static JsonNode read(Path file) {
    try {
      JsonNode node = MAPPER.readTree(file);
      if (node.isObject()) {
        return node;
      }
    } catch (JacksonException e) {
      throw new IllegalArgumentException(file + ": is no JSON: " + e.getOriginalMessage(), e);
    }
    throw new IllegalArgumentException(file + ": is no result document");
  }

  /** The document as a tree, keys in the order of the specification. */
  public static ObjectNode tree(ResultDocument document) {
    ObjectNode root = MAPPER.createObjectNode();
    root.put("scenario", document.scenario());
    root.put("backend", document.backend());
    putAll(root.putObject("ksm"), new TreeMap<>(document.ksm()));
    ObjectNode processes = root.putObject("processes");
    document
        .processes()
        .forEach((name, process) -> {
          ObjectNode node = processes.putObject(name);
          putAll(node.putObject("ksm"), process.ksm());
          ArrayNode maps = node.putArray("maps");
          process.maps().forEach(maps::add);
          node.put("present", process.present());
          node.put("frames", process.frames());
          node.put("content", process.content());
        });
    ArrayNode sharing = root.putArray("sharing");
    for (var pair : document.sharing()) {
      ArrayNode node = sharing.addArray();
      pair.forEach(node::add);
    }
    ArrayNode failures = root.putArray("failures");
    document.failures().forEach(failures::add);
    if (!document.work().isEmpty()) {
      putAll(root.putObject("work"), new LinkedHashMap<>(document.work()));
      ArrayNode reports = root.putArray("reports");
      for (var report : document.reports()) {
        reports
            .addObject()
            .put("kind", report.kind())
            .put("text", report.text())
            .put("at", report.at());
      }
    }
    return root;
  }

  private static void putAll(ObjectNode node, Map<String, Long> values) {
    values.forEach((key, value) -> node.put(key, value.longValue()));
  }
}
