// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.ksm.spi;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Marks an interface as a point where configuration picks a strategy by name. */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface ExtensionPoint {
  /** The point's name in configuration keys ({@code strategy.NAME}) and in documents. */
  String value();
}
