// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.arch;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.conditions.ArchPredicates.are;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.samepage.ksm.spi.ExtensionPoint;
import org.samepage.ksm.spi.StrategySpec;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/** The house's plan and its manners, checked. An exception stands in its rule, with its reason. */
@AnalyzeClasses(
    packages = "org.samepage",
    importOptions = {ImportOption.DoNotIncludeTests.class, NoTestJars.class})
final class ArchitectureTest {
  /** Where kernel code is ported to. */
  private static final String[] PORTED = {
    "org.samepage.mm..", "org.samepage.pagewalk..", "org.samepage.rmap..", "org.samepage.ksm.."
  };

  private static final int LEAST_CLASSES = 150;

  @ArchTest
  static void the_scan_saw_the_project(JavaClasses all) {
    assertThat(all.size()).isGreaterThan(LEAST_CLASSES);
  }

  @ArchTest
  static final ArchRule a_module_uses_what_is_below_it =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .layer("mm-core")
          .definedBy("org.samepage.mm..")
          .layer("pagewalk")
          .definedBy("org.samepage.pagewalk..")
          .layer("rmap")
          .definedBy("org.samepage.rmap..")
          .layer("ksm")
          .definedBy("org.samepage.ksm..")
          .layer("strategies")
          .definedBy("org.samepage.strategies..")
          .layer("machine")
          .definedBy("org.samepage.machine..")
          .layer("scenario")
          .definedBy("org.samepage.scenario..")
          .layer("host")
          .definedBy("org.samepage.host..")
          .layer("capture")
          .definedBy("org.samepage.capture..")
          .layer("selftests")
          .definedBy("org.samepage.selftests..")
          .layer("labs")
          .definedBy("org.samepage.labs..")
          .layer("app")
          .definedBy("org.samepage.app..")
          .whereLayer("app")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("scenario")
          .mayOnlyBeAccessedByLayers("host", "labs", "app")
          .whereLayer("host")
          .mayOnlyBeAccessedByLayers("capture", "selftests", "app")
          .whereLayer("capture")
          .mayOnlyBeAccessedByLayers("app")
          .whereLayer("selftests")
          .mayOnlyBeAccessedByLayers("app")
          .whereLayer("labs")
          .mayOnlyBeAccessedByLayers("app")
          .whereLayer("machine")
          .mayOnlyBeAccessedByLayers("scenario", "host", "capture", "selftests", "labs", "app")
          .whereLayer("strategies")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("ksm")
          .mayOnlyBeAccessedByLayers(
              "strategies", "machine", "scenario", "capture", "selftests", "labs", "app")
          .whereLayer("rmap")
          // `samepage where` finds a module by a class of it
          .mayOnlyBeAccessedByLayers("ksm", "strategies", "machine", "scenario", "capture", "app")
          .whereLayer("pagewalk")
          // a survey of the labs is a page walk; `samepage where` finds a module by a class of it
          .mayOnlyBeAccessedByLayers("ksm", "strategies", "machine", "labs", "app");

  @ArchTest
  static final ArchRule packages_have_no_cycles =
      slices().matching("org.samepage.(**)").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule extension_points_do_not_know_each_other =
      slices().matching("org.samepage.strategies.(*)..").should().notDependOnEachOther();

  @ArchTest
  static final ArchRule ported_code_uses_the_jdk_and_itself =
      noClasses()
          .that(
              are(
                  resideInAnyPackage(PORTED)
                      // builds the graph, so it knows the library that does
                      .and(DescribedPredicate.not(resideInAnyPackage("..wiring..")))))
          .should()
          .dependOnClassesThat(
              DescribedPredicate.not(
                  // org.jspecify: annotations that only the compiler reads
                  resideInAnyPackage("java..", "org.samepage..", "org.jspecify.annotations")));

  @ArchTest
  static final ArchRule guice_is_for_wiring_strategies_and_app =
      noClasses()
          .that()
          .resideOutsideOfPackages("..wiring..", "..strategies..", "org.samepage.app..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("com.google.inject..", "jakarta.inject..");

  @ArchTest
  static final ArchRule strategies_are_described_hidden_and_final =
      classes()
          .that(are(strategies()))
          .should()
          .beAnnotatedWith(StrategySpec.class)
          .andShould()
          .haveModifier(JavaModifier.FINAL)
          .andShould()
          .notBePublic()
          .andShould(
              new ArchCondition<>("be named after what they implement") {
                @Override
                public void check(JavaClass item, ConditionEvents events) {
                  boolean named =
                      item.getAllRawInterfaces().stream()
                          .filter(i -> i.isAnnotatedWith(ExtensionPoint.class))
                          .anyMatch(i -> item.getSimpleName().endsWith(i.getSimpleName()));
                  if (!named) {
                    events.add(
                        SimpleConditionEvent.violated(item, item.getName() + " ends otherwise"));
                  }
                }
              });

  private static DescribedPredicate<JavaClass> strategies() {
    return DescribedPredicate.describe(
        "strategies",
        c ->
            !c.isInterface()
                && !c.getModifiers().contains(JavaModifier.ABSTRACT)
                && c.getAllRawInterfaces().stream()
                    .anyMatch(i -> i.isAnnotatedWith(ExtensionPoint.class)));
  }

  @ArchTest
  static final ArchRule nothing_is_static_and_changes =
      fields().that().areStatic().should().beFinal();

  @ArchTest
  static final ArchRule time_and_chance_are_injected =
      noClasses()
          .that()
          .resideOutsideOfPackages(
              "org.samepage.mm.sched..",
              "org.samepage.app..",
              // measures a real kernel
              "org.samepage.host.doctor..")
          .should()
          .callMethod(System.class, "nanoTime")
          .orShould()
          .callMethod(System.class, "currentTimeMillis")
          .orShould()
          .callMethod(Math.class, "random")
          .orShould()
          .callMethod(Thread.class, "sleep", long.class)
          .orShould()
          .dependOnClassesThat()
          .areAssignableTo(Random.class);

  @ArchTest
  static final ArchRule standard_streams_are_the_apps =
      noClasses()
          .that()
          .resideOutsideOfPackage("org.samepage.app..")
          .should()
          .accessField(System.class, "out")
          .orShould()
          .accessField(System.class, "err");

  @ArchTest
  static final ArchRule a_ported_method_keeps_its_kernel_name =
      methods()
          .that()
          .areAnnotatedWith(PortedFrom.class)
          .should(
              new ArchCondition<>("be named after its kernel symbol, or say that it is not") {
                @Override
                public void check(JavaMethod item, ConditionEvents events) {
                  PortedFrom ported = item.getAnnotationOfType(PortedFrom.class);
                  String name = item.getName();
                  boolean kept =
                      Arrays.stream(ported.value())
                          .map(PortedNames::javaNames)
                          .anyMatch(names -> names.contains(name));
                  if (!kept && !ported.part() && !overrides(item)) {
                    events.add(
                        SimpleConditionEvent.violated(
                            item,
                            "%s is none of %s"
                                .formatted(item.getFullName(), Arrays.toString(ported.value()))));
                  }
                }
              });

  /** Whether a supertype has chosen the name. */
  private static boolean overrides(JavaMethod method) {
    JavaClass owner = method.getOwner();
    return Stream.concat(
            owner.getAllRawInterfaces().stream(), owner.getAllRawSuperclasses().stream())
        .anyMatch(type ->
            type.tryGetMethod(
                    method.getName(),
                    method.getRawParameterTypes().stream()
                        .map(JavaClass::getName)
                        .toArray(String[]::new))
                .isPresent());
  }

  @ArchTest
  static void what_differs_is_said_and_symbols_are_well_formed(JavaClasses all) {
    PortedNames.elements(all)
        .forEach((where, ported) -> {
          assertThat(ported.value()).as(where).isNotEmpty();
          for (String origin : ported.value()) {
            assertThat(origin).as(where).matches("[a-z0-9_/.-]+\\.[ch]:\\w+");
          }
          if (ported.fidelity() == Fidelity.FAITHFUL) {
            assertThat(ported.differs()).as(where).isEmpty();
          } else {
            assertThat(ported.differs()).as(where).isNotBlank();
          }
        });
  }

  @ArchTest
  static void every_package_is_explained(JavaClasses all) {
    for (JavaClass c : all) {
      if (!c.getSimpleName().equals("package-info")) {
        assertThat(c.getPackage().tryGetPackageInfo()).as(c.getPackageName()).isPresent();
      }
    }
  }
}
