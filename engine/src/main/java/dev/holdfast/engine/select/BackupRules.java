package dev.holdfast.engine.select;

import dev.holdfast.model.Failure;
import dev.holdfast.model.LabelSelector;
import dev.holdfast.model.velero.Backup;
import java.util.ArrayList;
import java.util.List;

/**
 * What a Backup's spec may not say. The messages are Velero's where Velero has the rule; a
 * malformed selector and a negative ttl, which Velero accepts, are refused too.
 */
public final class BackupRules {

  private static final String BOTH_SETS =
      """
      include-resources, exclude-resources and include-cluster-resources are old filter parameters.
      include-cluster-scoped-resources, exclude-cluster-scoped-resources, \
      include-namespace-scoped-resources and exclude-namespace-scoped-resources are new filter \
      parameters.
      They cannot be used together\
      """;

  private BackupRules() {}

  /** The validation errors of a spec; empty if it is fine. */
  public static List<String> problems(Backup.Spec spec) {
    List<String> problems = new ArrayList<>();
    if (TypeFilter.usesOldSet(spec) && TypeFilter.usesScopedSet(spec)) {
      problems.add(BOTH_SETS);
    }
    if (TypeFilter.usesOldSet(spec)) {
      add(
          problems,
          "Invalid included/excluded resource lists: ",
          IncludesExcludes.problems(spec.includedResources(), spec.excludedResources()));
    } else {
      add(
          problems,
          "Invalid cluster-scoped included/excluded resource lists: ",
          IncludesExcludes.scopedProblems(
              spec.includedClusterScopedResources(), spec.excludedClusterScopedResources()));
      add(
          problems,
          "Invalid namespace-scoped included/excluded resource lists: ",
          IncludesExcludes.scopedProblems(
              spec.includedNamespaceScopedResources(), spec.excludedNamespaceScopedResources()));
    }
    add(
        problems,
        "Invalid included/excluded namespace lists: ",
        NamespaceFilter.problems(spec.includedNamespaces(), spec.excludedNamespaces()));
    selectors(spec, problems);
    if (spec.ttl() != null && spec.ttl().value().isNegative()) {
      problems.add("ttl " + spec.ttl() + " is negative: the backup would expire before it exists");
    }
    return problems;
  }

  private static void selectors(Backup.Spec spec, List<String> problems) {
    if (spec.labelSelector() != null && spec.orLabelSelectors() != null) {
      problems.add(
          "encountered labelSelector as well as orLabelSelectors in backup spec, only one can be"
              + " specified");
    }
    List<LabelSelector> all =
        new ArrayList<>(spec.orLabelSelectors() == null ? List.of() : spec.orLabelSelectors());
    if (spec.labelSelector() != null) {
      all.add(spec.labelSelector());
    }
    for (LabelSelector selector : all) {
      try {
        selector.validate();
      } catch (Failure.Invalid e) {
        problems.add("Invalid label selector: " + e.describe());
      }
    }
  }

  private static void add(List<String> problems, String about, List<String> found) {
    found.forEach(problem -> problems.add(about + problem));
  }
}
