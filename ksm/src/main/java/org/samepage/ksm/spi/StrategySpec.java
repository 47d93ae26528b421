// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.ksm.spi;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Names a strategy, once: binding, selection, reports and the catalogue all read it here. */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface StrategySpec {
  /** What a user writes in the configuration: kebab-case, unique at its extension point. */
  String name();

  /** One sentence for the catalogue. */
  String summary();

  /** Where it comes from: a kernel version and symbol, a posted patch, or {@code ours}. */
  String origin();

  /**
   * What it needs of others, as {@code point=strategy}, or {@code point=one|other} where any of
   * them will do; a configuration without is refused at start.
   */
  String[] needs() default {};

  /** What it is known to do wrong, a sentence each. */
  String[] knownFaults() default {};

  /** What it costs, in words or as a formula over the size of what it is asked to look at. */
  String cost() default "";

  /**
   * The recorded scenario that tells it from its neighbour, or what to look at where none does; the
   * name of a file of {@code scenarios} without its end, a colon, and what to look at.
   */
  String tells() default "";
}
