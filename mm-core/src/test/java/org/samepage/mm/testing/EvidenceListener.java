// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestTag;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;

/**
 * Writes down what code each test runs, where the property {@code samepage.evidence} names a file:
 * the port map is made of it.
 *
 * <p>JaCoCo's agent counts; this cuts its record after each test. A test with the tag {@link
 * #KERNEL} compares with results of a real kernel, and is called by its display name; the others
 * count for their class.
 */
public final class EvidenceListener implements TestExecutionListener {
  /** Tag of tests whose expected values a real kernel gave. */
  public static final String KERNEL = "kernel";

  private final String file = System.getProperty("samepage.evidence", "");

  @Override
  public void executionFinished(TestIdentifier test, TestExecutionResult result) {
    if (file.isEmpty() || !test.isTest()) {
      return;
    }
    boolean kernel = test.getTags().contains(TestTag.create(KERNEL));
    boolean passed = result.getStatus() == TestExecutionResult.Status.SUCCESSFUL;
    String session =
        !passed ? "none" : kernel ? "kernel:" + test.getDisplayName() : "test:" + className(test);
    try {
      Object agent = Class.forName("org.jacoco.agent.rt.RT").getMethod("getAgent").invoke(null);
      Class<?> type = Class.forName("org.jacoco.agent.rt.IAgent");
      type.getMethod("setSessionId", String.class).invoke(agent, session);
      byte[] data = (byte[]) type.getMethod("getExecutionData", boolean.class).invoke(agent, true);
      Path out = Path.of("target", file);
      Files.createDirectories(out.getParent());
      Files.write(out, data, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("JaCoCo's agent is not there", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String className(TestIdentifier test) {
    return test.getSource()
        .map(source ->
            source instanceof MethodSource method
                ? method.getClassName()
                : source instanceof ClassSource type ? type.getClassName() : source.toString())
        .orElse(test.getDisplayName());
  }
}
