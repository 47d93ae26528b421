// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.strategies.kit;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.opentest4j.TestAbortedException;
import org.samepage.ksm.spi.StrategySpec;

/**
 * What the contracts of all extension points have in common.
 *
 * @param <S> the extension point
 */
@ExtendWith(StrategyContract.KnownFaults.class)
public abstract class StrategyContract<S> {
  /** The strategy that is tested; made by injection. */
  protected abstract Class<? extends S> strategy();

  /** The names of the tests that a declared fault of the strategy breaks. */
  protected Set<String> brokenPromises() {
    return Set.of();
  }

  @Test
  void a_broken_promise_is_a_declared_fault_and_the_other_way_round() {
    StrategySpec spec = Objects.requireNonNull(strategy().getAnnotation(StrategySpec.class));
    assertThat(spec.knownFaults().length > 0)
        .as(
            "whether @StrategySpec declares knownFaults (it has %s), if brokenPromises() names the"
                + " tests that they break (it has %s)",
            Arrays.toString(spec.knownFaults()), brokenPromises())
        .isEqualTo(!brokenPromises().isEmpty());
    assertThat(Arrays.stream(getClass().getMethods()).map(Method::getName).toList())
        .as("tests that there are")
        .containsAll(brokenPromises());
  }

  /** Turns the tests of broken promises round. */
  static final class KnownFaults implements InvocationInterceptor {
    @Override
    public void interceptTestMethod(
        Invocation<Void> invocation,
        ReflectiveInvocationContext<Method> called,
        ExtensionContext context)
        throws Throwable {
      StrategyContract<?> contract = (StrategyContract<?>) context.getRequiredTestInstance();
      if (!contract.brokenPromises().contains(called.getExecutable().getName())) {
        invocation.proceed();
        return;
      }
      try {
        invocation.proceed();
      } catch (TestAbortedException e) {
        throw e;
      } catch (AssertionError | RuntimeException expected) { // also what the memory below refuses
        return;
      }
      throw new AssertionError("the strategy declares a fault that does not show");
    }
  }
}
