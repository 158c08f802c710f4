package dev.holdfast.engine.restore.action;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.ResourceType;
import dev.holdfast.model.velero.Restore;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whether an item gets its status back: its annotation decides, else the lists of {@code
 * restoreStatus}.
 */
final class StatusRule {

  private static final String ANNOTATION = "velero.io/restore-status";

  private StatusRule() {}

  static boolean restores(GroupResource type, ObjectNode item, RestoreContext context) {
    switch (Fields.annotation(item, ANNOTATION)) {
      case "true" -> {
        return true;
      }
      case "false" -> {
        return false;
      }
      default -> {}
    }
    Restore.Status.Types types = context.spec().restoreStatus();
    if (types == null) {
      return false;
    }
    Optional<ResourceType> known = context.discovery().find(type);
    List<String> included = orEmpty(types.includedResources());
    return included.stream().anyMatch(name -> names(name, type, known))
        && orEmpty(types.excludedResources()).stream().noneMatch(n -> names(n, type, known));
  }

  private static List<String> orEmpty(@Nullable List<String> names) {
    return Objects.requireNonNullElse(names, List.of());
  }

  /** Plural, singular or short name or kind, with the group or without. */
  private static boolean names(String name, GroupResource type, Optional<ResourceType> known) {
    if (name.equals("*")) {
      return true;
    }
    GroupResource wanted = GroupResource.parse(name.toLowerCase(Locale.ROOT));
    if (!wanted.group().isEmpty() && !type.group().startsWith(wanted.group())) {
      return false;
    }
    return wanted.resource().equals(type.resource())
        || known
            .filter(t ->
                wanted.resource().equals(t.singular())
                    || wanted.resource().equals(t.kind().toLowerCase(Locale.ROOT))
                    || t.shortNames().contains(wanted.resource()))
            .isPresent();
  }
}
