// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.plugin;

import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import org.samepage.app.workbench.UserMistakeException;
import org.samepage.app.workbench.Workbench;
import org.samepage.ksm.wiring.Offer;
import org.samepage.ksm.wiring.StrategyBundle;
import org.samepage.machine.config.ConfigurationException;

/** Jars with strategies, loaded beside ours. */
public final class Plugins {
  private static final String SERVICE = "META-INF/services/" + StrategyBundle.class.getName();

  private Plugins() {}

  /**
   * A workbench with the strategies and profiles of some jars, or folders of classes, beside ours.
   *
   * @throws UserMistakeException where one cannot be used; it says which, and why
   */
  public static Workbench workbench(List<Path> jars) {
    ClassLoader ours = Workbench.class.getClassLoader();
    if (jars.isEmpty()) {
      return new Workbench(ours);
    }
    jars.forEach(Plugins::demandService);
    String named = jars.stream().map(Path::toString).collect(Collectors.joining(", "));
    try {
      Workbench workbench =
          new Workbench(
              new URLClassLoader(jars.stream().map(Plugins::url).toArray(URL[]::new), ours));
      workbench
          .catalogue()
          .byPoint()
          .values()
          .forEach(point -> point.values().forEach(Offer::demandConstructor));
      return workbench;
    } catch (ServiceConfigurationError | LinkageError | IllegalArgumentException e) {
      throw new UserMistakeException("--plugin %s: %s".formatted(named, why(e)));
    } catch (ConfigurationException e) {
      throw new UserMistakeException(
          "--plugin %s: reference.conf: %s".formatted(named, e.getMessage()));
    }
  }

  /** What is wrong, and what is at the bottom of it. */
  private static String why(Throwable e) {
    Throwable bottom = e;
    while (bottom.getCause() != null) {
      bottom = bottom.getCause();
    }
    String message = e instanceof LinkageError ? e.toString() : String.valueOf(e.getMessage());
    return bottom == e ? message : message + ": " + bottom;
  }

  private static URL url(Path jar) {
    try {
      return jar.toUri().toURL();
    } catch (MalformedURLException e) {
      throw new IllegalArgumentException(jar + " has no address", e);
    }
  }

  private static void demandService(Path jar) {
    boolean offers;
    if (!Files.exists(jar)) {
      throw new UserMistakeException("--plugin %s: no such file".formatted(jar));
    }
    if (Files.isDirectory(jar)) {
      offers = Files.isRegularFile(jar.resolve(SERVICE));
    } else {
      try (JarFile file = new JarFile(jar.toFile())) {
        offers = file.getEntry(SERVICE) != null;
      } catch (IOException e) {
        throw new UserMistakeException(
            "--plugin %s: neither a jar nor a folder of classes".formatted(jar));
      }
    }
    if (!offers) {
      throw new UserMistakeException("--plugin %s: it has no %s".formatted(jar, SERVICE));
    }
  }
}
