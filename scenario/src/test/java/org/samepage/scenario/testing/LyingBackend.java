// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.testing;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import org.samepage.machine.SyscallException;
import org.samepage.scenario.backend.Backend;
import org.samepage.scenario.backend.BackendProcess;

/** Backends that are wrong in one thing. */
public final class LyingBackend {
  private LyingBackend() {}

  /** Changes a figure of KSM. */
  public interface Figure {
    long of(String name, long value);
  }

  /** A backend whose figures of KSM are others. */
  public static Backend ksm(Backend backend, Figure figure) {
    return proxy(
        Backend.class,
        (method, args) -> {
          Object result = call(backend, method, args);
          return method.getName().equals("ksm") && result instanceof Long value
              ? (Object) figure.of((String) args[0], value)
              : result;
        });
  }

  /** A backend whose mmap says nothing where another mapping is in the way. */
  public static Backend withoutExistingMappings(Backend backend) {
    return proxy(
        Backend.class,
        (method, args) -> {
          Object result = call(backend, method, args);
          return result instanceof BackendProcess process ? silent(process) : result;
        });
  }

  private static BackendProcess silent(BackendProcess process) {
    return proxy(
        BackendProcess.class,
        (method, args) -> {
          try {
            return call(process, method, args);
          } catch (SyscallException e) {
            if (method.getName().equals("mmap") && e.error().equals("EEXIST")) {
              return null;
            }
            throw e;
          }
        });
  }

  private interface Answer {
    Object to(Method method, Object[] args) throws Exception;
  }

  private static <T> T proxy(Class<T> type, Answer answer) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, args) -> answer.to(method, args)));
  }

  private static Object call(Object target, Method method, Object[] args) throws Exception {
    try {
      return method.invoke(target, args);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof Exception cause) {
        throw cause;
      }
      throw e;
    }
  }
}
