package dev.holdfast.engine.restore;

import dev.holdfast.engine.select.IncludesExcludes;
import dev.holdfast.engine.select.NamespaceFilter;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.LabelSelector;
import dev.holdfast.model.Names;
import dev.holdfast.model.velero.Restore;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a Restore's spec may not say. The messages are Velero's where Velero has the rule. */
public final class RestoreRules {

  private RestoreRules() {}

  /** The validation errors of a spec; empty if it is fine. */
  public static List<String> problems(Restore.Spec spec) {
    List<String> problems = new ArrayList<>();
    neverRestored(spec.includedResources(), problems);
    IncludesExcludes.problems(spec.includedResources(), spec.excludedResources())
        .forEach(p -> problems.add("Invalid included/excluded resource lists: " + p));
    NamespaceFilter.problems(spec.includedNamespaces(), spec.excludedNamespaces())
        .forEach(p -> problems.add("Invalid included/excluded namespace lists: " + p));
    mapping(spec.namespaceMapping(), problems);
    selectors(spec, problems);
    try {
      var _ = ExistingPolicy.of(spec.existingResourcePolicy());
    } catch (Failure.Invalid e) {
      problems.add(e.describe());
    }
    return problems;
  }

  /**
   * @throws Failure.Invalid with all validation errors, if there are any
   */
  public static void check(Restore.Spec spec) {
    List<String> problems = problems(spec);
    if (!problems.isEmpty()) {
      throw new Failure.Invalid(String.join("; ", problems));
    }
  }

  private static void neverRestored(@Nullable List<String> included, List<String> problems) {
    for (String name : included == null ? List.<String>of() : included) {
      if (Kinds.NEVER_RESTORED.contains(GroupResource.parse(name))) {
        problems.add(name + " are non-restorable resources");
      }
    }
  }

  private static void mapping(@Nullable Map<String, String> mapping, List<String> problems) {
    Set<String> targets = new HashSet<>();
    for (var entry : mapping == null ? Map.<String, String>of().entrySet() : mapping.entrySet()) {
      if (!Names.label(entry.getValue())) {
        problems.add(
            "Invalid namespace mapping: '" + entry.getValue() + "' is not a namespace's name");
      }
      if (!targets.add(entry.getValue())) {
        problems.add(
            "Invalid namespace mapping: two namespaces are mapped to "
                + entry.getValue()
                + ", items of the same name would overwrite each other");
      }
    }
  }

  private static void selectors(Restore.Spec spec, List<String> problems) {
    List<LabelSelector> all = new ArrayList<>();
    if (spec.orLabelSelectors() != null) {
      all.addAll(spec.orLabelSelectors());
    }
    if (spec.labelSelector() != null) {
      if (!all.isEmpty()) {
        problems.add(
            "encountered labelSelector as well as orLabelSelectors in restore spec, only one can"
                + " be specified");
      }
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
}
