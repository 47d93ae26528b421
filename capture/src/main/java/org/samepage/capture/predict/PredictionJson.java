// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.predict;

import java.util.List;
import java.util.Map;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Predictions as JSON. */
public final class PredictionJson {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
  private static final int MOST_POINTS = 200;

  private PredictionJson() {}

  /** A document with all predictions from one capture. */
  public static String pretty(Census census, List<Prediction> predictions) {
    ObjectNode root = MAPPER.createObjectNode();
    root.putObject("capture")
        .put("processes", census.processes().size())
        .put("snapshots", census.snapshots())
        .put("pages", census.pages())
        .put("distinct", census.distinct())
        .put("huge", census.huge())
        .put("swapped", census.swapped())
        .put("unreadable", census.unreadable())
        .put("incomplete", census.incomplete());
    ArrayNode all = root.putArray("predictions");
    predictions.forEach(prediction -> one(all.addObject(), prediction));
    return MAPPER.writeValueAsString(root) + "\n";
  }

  private static void one(ObjectNode node, Prediction p) {
    node.put("profile", p.profile());
    ObjectNode knobs = node.putObject("knobs");
    p.knobs().entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(knob -> knobs.put(knob.getKey(), knob.getValue()));
    ObjectNode ksm = node.putObject("ksm");
    p.figures().forEach((name, value) -> ksm.put(name, value.longValue()));
    node.put("rmap_items", p.rmapItems());
    node.put("saved_bytes", p.savedBytes());
    node.put("ideal_pages", p.ideal());
    node.put("cpu_ns", p.cpuNanos());
    node.put("time_ns", p.nanos());
    node.put("changing_pages", p.moved());
    node.put("copied_pages", p.copied());
    node.putObject("in_common")
        .put("within_process", p.exposure().withinProcess())
        .put("across_processes", p.exposure().acrossProcesses())
        .put("across_users", p.exposure().acrossUsers())
        .put("longest_rmap_walk", p.exposure().longestWalk());
    ArrayNode passes = node.putArray("passes");
    p.passes()
        .forEach(pass -> {
          ObjectNode figures = passes.addObject();
          pass.forEach((name, value) -> figures.put(name, value.longValue()));
        });
    ArrayNode milestones = node.putArray("milestones");
    for (Milestone milestone : p.milestones()) {
      milestones
          .addObject()
          .put("percent", milestone.percent())
          .put("pass", milestone.pass())
          .put("pages_scanned", milestone.scanned())
          .put("time_ns", milestone.nanos());
    }
    ArrayNode processes = node.putArray("processes");
    for (ProcessProfit profit : p.processes()) {
      processes
          .addObject()
          .put("pid", profit.process().pid())
          .put("uid", Integer.toUnsignedLong(profit.process().uid()))
          .put("name", profit.process().name())
          .put("merging_pages", profit.mergingPages())
          .put("zero_pages", profit.zeroPages())
          .put("rmap_items", profit.rmapItems())
          .put("process_profit", profit.profit());
    }
    timeline(node.putArray("timeline"), p.timeline());
  }

  private static void timeline(ArrayNode points, Timeline timeline) {
    int step = Math.max(1, timeline.size() / MOST_POINTS);
    for (int i = 0; i < timeline.size(); i += step) {
      points
          .addObject()
          .put("saved_pages", timeline.savedPages(i))
          .put("pages_scanned", timeline.scanned(i))
          .put("time_ns", timeline.nanos(i));
    }
  }
}
