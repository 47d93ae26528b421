// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.race;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A call, or the reading of a field, that is replaced while its class is loaded, so that the code
 * under test needs no seam for it.
 *
 * @param owner simple name of the class that is changed
 * @param method the method in it
 * @param target name of what it calls or reads
 * @param nth which of those, from 1
 * @param instead what the result is instead: {@code 0} or {@code 1}; {@code nothing}; {@code local
 *     N}, a local variable by its slot; or the name of a method of {@link Plants}, which is called
 *     with the same arguments, the receiver first
 */
record Plant(String owner, String method, String target, int nth, String instead) {
  private static final ClassDesc PLANTS = ClassDesc.of(Plants.class.getName());
  private static final String LOCAL = "local ";

  /**
   * Replaces it, in the code of the method.
   *
   * @param done called where that was found which is to be replaced
   */
  CodeTransform transform(Runnable done) {
    return CodeTransform.ofStateful(() -> {
      int[] seen = new int[1];
      return (code, element) -> {
        if (isTarget(element) && ++seen[0] == nth) {
          replace(code, element);
          done.run();
        } else {
          code.with(element);
        }
      };
    });
  }

  private boolean isTarget(CodeElement element) {
    return switch (element) {
      case InvokeInstruction call -> call.name().equalsString(target);
      case FieldInstruction field ->
          field.name().equalsString(target) && field.opcode().name().startsWith("GET");
      default -> false;
    };
  }

  private void replace(CodeBuilder code, CodeElement element) {
    List<ClassDesc> operands = new ArrayList<>();
    ClassDesc result;
    if (element instanceof InvokeInstruction call) {
      if (!call.opcode().name().equals("INVOKESTATIC")) {
        operands.add(call.owner().asSymbol());
      }
      operands.addAll(call.typeSymbol().parameterList());
      result = call.typeSymbol().returnType();
    } else {
      FieldInstruction field = (FieldInstruction) element;
      if (field.opcode().name().equals("GETFIELD")) {
        operands.add(field.owner().asSymbol());
      }
      result = field.typeSymbol();
    }
    boolean known =
        instead.equals("0")
            || instead.equals("1")
            || instead.equals("nothing")
            || instead.startsWith(LOCAL);
    if (!known) {
      code.invokestatic(PLANTS, instead, MethodTypeDesc.of(result, operands));
      return;
    }
    Collections.reverse(operands);
    for (ClassDesc operand : operands) {
      if (TypeKind.from(operand).slotSize() == 2) {
        code.pop2();
      } else {
        code.pop();
      }
    }
    if (instead.startsWith(LOCAL)) {
      code.loadLocal(TypeKind.from(result), Integer.parseInt(instead.substring(LOCAL.length())));
    } else if (!instead.equals("nothing")) {
      code.loadConstant(Integer.parseInt(instead));
    }
  }
}
