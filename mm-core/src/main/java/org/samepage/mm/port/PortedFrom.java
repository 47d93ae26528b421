// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.port;

import static java.lang.annotation.ElementType.CONSTRUCTOR;
import static java.lang.annotation.ElementType.FIELD;
import static java.lang.annotation.ElementType.METHOD;
import static java.lang.annotation.ElementType.TYPE;

import java.lang.annotation.Documented;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Names the kernel symbol that this element was ported from.
 *
 * <p>A method carries the camel-case name of its first symbol; a leading {@code __} becomes a
 * trailing {@code Raw}; only a {@link #part} and an override are named otherwise. The architecture
 * tests hold both that and a filled {@link #differs} for anything but {@link Fidelity#FAITHFUL}.
 * File and symbol, never a line number: the tag they refer to is stated once, in {@code
 * upstream.properties}.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({TYPE, METHOD, CONSTRUCTOR, FIELD})
public @interface PortedFrom {
  /** {@code file:symbol}, one or several: {@code mm/ksm.c:break_cow}. */
  String[] value();

  Fidelity fidelity() default Fidelity.FAITHFUL;

  /** Whether this is a piece of the symbol's body, under a name of its own. */
  boolean part() default false;

  /** What is not as in the kernel, in one sentence. */
  String differs() default "";
}
