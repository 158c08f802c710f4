package dev.holdfast;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** A module uses only what stands below it (docs/architecture.md). */
class ModuleRuleTest {

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .withImportOption(place -> !place.contains("-tests.jar"))
          .importPackages("dev.holdfast");

  @Test
  void arrowsPointDown() {
    layeredArchitecture()
        .consideringOnlyDependenciesInAnyPackage("dev.holdfast..")
        .withOptionalLayers(true)
        .layer("model")
        .definedBy("dev.holdfast.model..")
        .layer("store")
        .definedBy("dev.holdfast.store..")
        .layer("archive")
        .definedBy("dev.holdfast.archive..")
        .layer("cluster")
        .definedBy("dev.holdfast.cluster..")
        .layer("repository")
        .definedBy("dev.holdfast.repository..")
        .layer("sandbox")
        .definedBy("dev.holdfast.sandbox..")
        .layer("engine")
        .definedBy("dev.holdfast.engine..")
        .layer("cli")
        .definedBy("dev.holdfast.cli..")
        .whereLayer("cli")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("engine")
        .mayOnlyBeAccessedByLayers("cli")
        .whereLayer("sandbox")
        .mayOnlyBeAccessedByLayers("cli")
        .whereLayer("repository")
        .mayOnlyBeAccessedByLayers("engine", "cli")
        .whereLayer("cluster")
        .mayOnlyBeAccessedByLayers("engine", "cli")
        .whereLayer("archive")
        .mayOnlyBeAccessedByLayers("engine", "cli")
        .whereLayer("store")
        .mayOnlyBeAccessedByLayers("archive", "repository", "engine", "cli")
        .check(CLASSES);
  }

  @Test
  void librariesStayWhereTheyBelong() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.holdfast.cluster..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.fabric8..")
        .check(CLASSES);
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.holdfast.store..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("software.amazon..")
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAPackage("dev.holdfast.model..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.nio.file..", "java.net..")
        .check(CLASSES);
  }
}
