// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.docs;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.lang.reflect.Modifier;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import jdk.jfr.Event;
import jdk.jfr.EventType;
import jdk.jfr.FlightRecorder;
import jdk.jfr.ValueDescriptor;
import org.samepage.app.command.SamepageCommand;
import org.samepage.app.workbench.Workbench;
import org.samepage.ksm.control.KsmSysfs;
import org.samepage.machine.config.ConfigSource;
import org.samepage.scenario.port.PortBackend;
import picocli.CommandLine;

/** Pages of the reference that the code writes. */
final class ReferencePages {
  private static final String LICENCE = "// SPDX-License-Identifier: GPL-2.0-only\n";

  private ReferencePages() {}

  /** The command line, as its own help has it. */
  static String commandLine() {
    PrintWriter nowhere = new PrintWriter(new StringWriter());
    StringBuilder page = new StringBuilder(LICENCE + "= Command line\n\n");
    CommandLine top = SamepageCommand.commandLine(nowhere, nowhere);
    usage(page, top);
    for (CommandLine sub : top.getSubcommands().values()) {
      usage(page, sub);
      sub.getSubcommands().values().forEach(subsub -> usage(page, subsub));
    }
    return page.toString();
  }

  private static void usage(StringBuilder page, CommandLine command) {
    page.append(
        "== %s%n%n----%n%s----%n%n"
            .formatted(
                command.getCommandSpec().qualifiedName(),
                command.getUsageMessage(CommandLine.Help.Ansi.OFF)));
  }

  /** Exit codes, by command. */
  static String exitCodes() {
    PrintWriter nowhere = new PrintWriter(new StringWriter());
    StringBuilder page = new StringBuilder(LICENCE + "= Exit codes by command\n\n");
    page.append("[cols=\"2,1,6\",options=\"header\"]\n|===\n|command |code |meaning\n\n");
    for (CommandLine sub :
        SamepageCommand.commandLine(nowhere, nowhere).getSubcommands().values()) {
      codes(page, sub);
      sub.getSubcommands().values().forEach(subsub -> codes(page, subsub));
    }
    return page.append("|===\n").toString();
  }

  private static void codes(StringBuilder page, CommandLine command) {
    command
        .getCommandSpec()
        .usageMessage()
        .exitCodeList()
        .forEach((code, meaning) ->
            page.append(
                "|`%s` |%s |%s%n"
                    .formatted(command.getCommandSpec().qualifiedName(), code, meaning)));
  }

  /** The keys of a machine's configuration, as the defaults' file explains them. */
  static String configuration() {
    return LICENCE
        + "= Configuration keys\n\n"
        + "Every key with its default; xref:contracts.adoc#configuration[what wins over what].\n\n"
        + "[source,hocon]\n"
        + "----\n"
        + resource("reference.conf")
        + "----\n";
  }

  /** The machine's own; strategies have one of the same name, with the profiles. */
  private static String resource(String name) {
    try {
      for (URL file : Collections.list(ClassLoader.getSystemClassLoader().getResources(name))) {
        try (InputStream in = file.openStream()) {
          String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
          if (text.contains("\nmachine {")) {
            return text;
          }
        }
      }
      throw new IllegalStateException("no " + name + " of the machine");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The files of /sys/kernel/mm/ksm, as a machine that has just booted shows them. */
  static String sysfs() {
    StringBuilder page = new StringBuilder(LICENCE + "= /sys/kernel/mm/ksm\n\n");
    page.append("As a machine shows them that has just been booted.\n\n");
    page.append("[cols=\"3,1,2\",options=\"header\"]\n|===\n|file |writable |shows\n\n");
    Workbench workbench = new Workbench();
    try (PortBackend backend =
        workbench.bootPort(workbench.configs().load(new ConfigSource(null, null, List.of())))) {
      KsmSysfs sysfs = backend.machine().ksm().sysfs();
      for (String name : sysfs.names()) {
        page.append(
            "|`%s` |%s |`%s`%n"
                .formatted(name, sysfs.isWritable(name) ? "yes" : "", sysfs.show(name).strip()));
      }
    }
    return page.append("|===\n").toString();
  }

  /** Events are known once somebody has said so, or made one. */
  private static void register(String events) {
    try {
      for (Class<?> event : Class.forName(events).getDeclaredClasses()) {
        if (Event.class.isAssignableFrom(event) && !Modifier.isAbstract(event.getModifiers())) {
          FlightRecorder.register(event.asSubclass(Event.class));
        }
      }
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException("no " + events, e);
    }
  }

  /** The trace points, as Flight Recorder knows their events. */
  static String tracePoints() {
    register("org.samepage.machine.trace.KsmEvents");
    register("org.samepage.machine.trace.RmapEvents");
    StringBuilder page = new StringBuilder(LICENCE + "= Trace points\n\n");
    page.append("The kernel's names and fields, as events of the JDK Flight Recorder.\n\n");
    page.append("[cols=\"3,4,4\",options=\"header\"]\n|===\n|event |when |fields\n\n");
    for (EventType type : FlightRecorder.getFlightRecorder().getEventTypes()) {
      if (type.getName().startsWith("ksm.") || type.getName().startsWith("rmap.")) {
        StringBuilder fields = new StringBuilder();
        for (ValueDescriptor field : type.getFields()) {
          if (!List.of("startTime", "duration", "eventThread", "stackTrace")
              .contains(field.getName())) {
            fields
                .append(fields.isEmpty() ? "" : ", ")
                .append('`')
                .append(field.getName())
                .append('`');
          }
        }
        page.append("|`%s` |%s |%s%n".formatted(type.getName(), type.getLabel(), fields));
      }
    }
    return page.append("|===\n").toString();
  }
}
