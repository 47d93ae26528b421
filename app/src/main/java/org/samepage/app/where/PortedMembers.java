// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.where;

import java.lang.classfile.Annotation;
import java.lang.classfile.AnnotationElement;
import java.lang.classfile.AnnotationValue;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassModel;
import java.lang.classfile.FieldModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.LineNumberInfo;
import java.lang.classfile.attribute.RuntimeVisibleAnnotationsAttribute;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import org.samepage.mm.port.PortedFrom;

/** What of one class carries {@link PortedFrom}. */
final class PortedMembers {
  private static final String ANNOTATION = PortedFrom.class.descriptorString();
  private static final String FAITHFUL = "faithful";

  /** Ends the closeness of what stands for a part of a symbol. */
  static final String PART = " (a part)";

  private final String type;
  private final String source;
  private final List<PortedElement> found;

  private PortedMembers(String type, String source, List<PortedElement> found) {
    this.type = type;
    this.source = source;
    this.found = found;
  }

  static void of(ClassModel model, String source, List<PortedElement> found) {
    String name = model.thisClass().asInternalName();
    String type = name.substring(Math.max(name.lastIndexOf('/'), name.lastIndexOf('$')) + 1);
    PortedMembers members = new PortedMembers(type, source, found);
    members.add(model.findAttribute(Attributes.runtimeVisibleAnnotations()), "", 0);
    for (FieldModel field : model.fields()) {
      members.add(
          field.findAttribute(Attributes.runtimeVisibleAnnotations()),
          "." + field.fieldName().stringValue(),
          0);
    }
    for (MethodModel method : model.methods()) {
      members.add(
          method.findAttribute(Attributes.runtimeVisibleAnnotations()),
          "." + method.methodName().stringValue().replace("<init>", "new"),
          firstLine(method).orElse(0));
    }
  }

  /** The line of the first statement. */
  private static OptionalInt firstLine(MethodModel method) {
    return method.code().stream()
        .flatMap(code -> code.findAttributes(Attributes.lineNumberTable()).stream())
        .flatMap(table -> table.lineNumbers().stream())
        .mapToInt(LineNumberInfo::lineNumber)
        .min();
  }

  private void add(
      Optional<RuntimeVisibleAnnotationsAttribute> annotations, String member, int line) {
    annotations.stream()
        .flatMap(all -> all.annotations().stream())
        .filter(annotation -> annotation.className().stringValue().equals(ANNOTATION))
        .forEach(ported -> add(ported, member, line));
  }

  private void add(Annotation ported, String member, int line) {
    String closeness = FAITHFUL;
    String differs = "";
    List<String> origins = List.of();
    boolean part = false;
    for (AnnotationElement element : ported.elements()) {
      switch (element.value()) {
        case AnnotationValue.OfArray array -> origins = strings(array);
        case AnnotationValue.OfEnum word ->
            closeness = word.constantName().stringValue().toLowerCase(Locale.ROOT);
        case AnnotationValue.OfString text -> differs = text.stringValue();
        case AnnotationValue.OfBoolean flag -> part = flag.booleanValue();
        default -> throw new IllegalStateException("@PortedFrom has a new element: " + element);
      }
    }
    for (String origin : origins) {
      int colon = origin.indexOf(':');
      found.add(
          new PortedElement(
              origin.substring(0, colon),
              origin.substring(colon + 1),
              type + member,
              source,
              line,
              closeness + (part ? PART : ""),
              differs));
    }
  }

  private static List<String> strings(AnnotationValue.OfArray array) {
    return array.values().stream()
        .map(value -> ((AnnotationValue.OfString) value).stringValue())
        .toList();
  }
}
