// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.bench;

import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/** Figures as a document: the components of records, in their order, named in_this_way. */
final class BenchDocument {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
          .build();

  private BenchDocument() {}

  static String json(Object figures) {
    return MAPPER.writeValueAsString(figures);
  }
}
