package dev.holdfast.engine.restore.action;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Failure;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Replaces parts of image names in pods and pod templates: the first rule whose old part occurs in
 * the image is applied, once, to all its occurrences.
 */
public record ImageMapping(List<Rule> rules) {

  /** The label of Velero's ConfigMap; its value is {@code RestoreItemAction}. */
  public static final String LABEL = "velero.io/change-image-name";

  public static final ImageMapping NONE = new ImageMapping(List.of());

  /** Every {@code old} in an image name becomes {@code replacement}. */
  public record Rule(String old, String replacement) {}

  public ImageMapping {
    rules = List.copyOf(rules);
  }

  /**
   * Reads Velero's ConfigMap out of those given: every value of its data is {@code old,new}, taken
   * in the order of the keys. {@link #NONE} if none carries the labels.
   *
   * @throws Failure.Invalid if several do, or a value has another form
   */
  public static ImageMapping fromConfigMaps(List<ObjectNode> configMaps) {
    List<Rule> rules = new ArrayList<>();
    PluginConfig.data(configMaps, LABEL)
        .forEach((key, value) -> rules.add(rule(value, ",", "'" + key + "' of the ConfigMap")));
    return new ImageMapping(rules);
  }

  /**
   * Reads {@code old=new} as given on the command line.
   *
   * @throws Failure.Invalid if one has another form
   */
  public static ImageMapping fromFlags(List<String> flags) {
    return new ImageMapping(flags.stream().map(f -> rule(f, "=", "'" + f + "'")).toList());
  }

  private static Rule rule(String text, String separator, String what) {
    int at = text.indexOf(separator);
    String old = at < 0 ? "" : text.substring(0, at).trim();
    String replacement = at < 0 ? "" : text.substring(at + 1).trim();
    if (old.isEmpty() || replacement.isEmpty()) {
      throw new Failure.Invalid(
          what + " is not an image mapping", "write OLD" + separator + "NEW, parts of image names");
    }
    return new Rule(old, replacement);
  }

  /** These first, then the others. */
  public ImageMapping over(ImageMapping others) {
    List<Rule> all = new ArrayList<>(rules);
    all.addAll(others.rules);
    return new ImageMapping(all);
  }

  void apply(Draft draft) {
    ObjectNode pod = podSpec(draft);
    if (rules.isEmpty() || pod == null) {
      return;
    }
    for (String kind : PodAction.CONTAINERS) {
      for (ObjectNode container : Fields.objects(pod, kind)) {
        if (container.has("image")) {
          container.put("image", map(Fields.text(container, "image")));
        }
      }
    }
    for (ObjectNode volume : Fields.objects(pod, "volumes")) {
      ObjectNode image = Fields.object(volume, "image");
      if (image != null && image.has("reference")) {
        image.put("reference", map(Fields.text(image, "reference")));
      }
    }
  }

  private String map(String image) {
    for (Rule rule : rules) {
      if (image.contains(rule.old())) {
        return image.replace(rule.old(), rule.replacement());
      }
    }
    return image;
  }

  private static @Nullable ObjectNode podSpec(Draft draft) {
    if (draft.source.type().equals(Types.PODS)) {
      return Fields.object(draft.item, "spec");
    }
    return draft.source.type().equals(Types.CRON_JOBS)
        ? Fields.object(draft.item, "spec", "jobTemplate", "spec", "template", "spec")
        : Fields.object(draft.item, "spec", "template", "spec");
  }
}
