// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.proc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.samepage.host.kernel.KsmFiles;
import org.samepage.host.kernel.ProcFiles;
import org.samepage.ksm.control.KsmSysfs;
import org.samepage.mm.errno.Errno;
import org.samepage.scenario.port.PortBackend;

/** The files of /sys/kernel/mm/ksm of the port against those of the kernel: what each takes. */
final class KsmFilesDifferenceTest extends BesideKernel {
  private static final String RUN = "run";

  /** Numbers at every width's edge, signs, bases, spaces, words of truth, names of advisors. */
  private static final List<String> TEXTS =
      List.of(
          "",
          " ",
          " 1",
          "0",
          "1",
          "2",
          "3",
          "4",
          "5 ",
          "+5",
          "+",
          "-",
          "-0",
          "-1",
          "-5",
          "--1",
          "007",
          "0x10",
          "1e3",
          "10k",
          "100",
          "101",
          "32767",
          "65536",
          "2147483647",
          "2147483648",
          "-2147483648",
          "-2147483649",
          "4294967295",
          "4294967296",
          "4294967301",
          "9223372036854775807",
          "9223372036854775808",
          "18446744073709551615",
          "18446744073709551616",
          "99999999999999999999999",
          "y",
          "Y",
          "n",
          "N",
          "t",
          "T",
          "f",
          "on",
          "oN",
          "off",
          "of",
          "o",
          "yes",
          "no",
          "true",
          "yellow",
          "none",
          "none ",
          "non",
          "scan-time",
          "scan_time",
          "SCAN-TIME",
          "[none]");

  /** Writes to a file of the kernel. */
  private static int writeHost(String name, String text) {
    return session().tryWrite(KsmFiles.file(name), text);
  }

  /** What was answered, and what all files that can be written then hold. */
  private static String answer(int err, Map<String, String> files) {
    return (err == 0 ? "0" : Errno.name(err)) + " " + files;
  }

  private static Map<String, String> hostFiles() {
    Map<String, String> files = new TreeMap<>();
    KsmFiles.writableNames().forEach(n -> files.put(n, ProcFiles.read(KsmFiles.file(n))));
    return files;
  }

  private static Map<String, String> portFiles(KsmSysfs sysfs) {
    Map<String, String> files = new TreeMap<>();
    for (String name : sysfs.names()) {
      if (sysfs.isWritable(name)) {
        files.put(name, sysfs.show(name).strip());
      }
    }
    return files;
  }

  /** ksmd may not run: there is nothing to be scanned, but {@code run} would read otherwise. */
  private static boolean startsKsmd(String name, String text) {
    return name.equals(RUN) && text.matches("\\+?0*1");
  }

  /** Writes every text to every file, each time from the values after boot. */
  private static void compareAll(String advisor) {
    List<String> differences = new ArrayList<>();
    int writes = 0;
    try (PortBackend port = WORKBENCH.bootPort(CONFIG)) {
      KsmSysfs sysfs = port.machine().ksm().sysfs();
      Map<String, String> boot = portFiles(sysfs);
      boot.remove(KsmFiles.ADVISOR_MODE);
      for (String name : sysfs.names()) {
        for (String text : TEXTS) {
          if (startsKsmd(name, text)) {
            continue;
          }
          begin(sysfs, boot, advisor);
          String kernel = answer(writeHost(name, text), hostFiles());
          String mine = answer(sysfs.store(name, text), portFiles(sysfs));
          writes++;
          if (!mine.equals(kernel)) {
            differences.add(
                "%s='%s'%n  kernel %s%n  port   %s".formatted(name, text, kernel, mine));
          }
        }
      }
    }
    assertThat(differences).as("of %d writes", writes).isEmpty();
  }

  /** Gives both sides the same values. */
  private static void begin(KsmSysfs sysfs, Map<String, String> boot, String advisor) {
    List<Map.Entry<String, String>> settings = new ArrayList<>();
    settings.add(Map.entry(KsmFiles.ADVISOR_MODE, "none"));
    settings.addAll(boot.entrySet());
    settings.add(Map.entry(KsmFiles.ADVISOR_MODE, advisor));
    for (Map.Entry<String, String> setting : settings) {
      assertThat(writeHost(setting.getKey(), setting.getValue())).as("%s", setting).isZero();
      assertThat(sysfs.store(setting.getKey(), setting.getValue())).as("%s", setting).isZero();
    }
    assertThat(portFiles(sysfs)).isEqualTo(hostFiles());
  }

  @Test
  void T13_every_text_in_every_file_is_answered_as_by_the_kernel() {
    compareAll("none");
  }

  @Test
  void T13_the_same_while_the_advisor_sets_pages_to_scan() {
    compareAll("scan-time");
  }

  @Test
  void T13_the_same_files_can_be_read_and_written() {
    try (PortBackend port = WORKBENCH.bootPort(CONFIG)) {
      KsmSysfs sysfs = port.machine().ksm().sysfs();
      assertThat(portFiles(sysfs).keySet()).isEqualTo(KsmFiles.writableNames());
      TreeSet<String> kernel = new TreeSet<>(KsmFiles.numericNames());
      kernel.add(KsmFiles.ADVISOR_MODE);
      assertThat(new TreeSet<>(sysfs.names())).isEqualTo(kernel).hasSize(24);
    }
  }
}
