package dev.holdfast.sandbox.control;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import dev.holdfast.model.LabelSelector;
import dev.holdfast.sandbox.admission.Quantities;
import dev.holdfast.sandbox.admission.Write;
import dev.holdfast.sandbox.api.Deletions;
import dev.holdfast.sandbox.api.Writer;
import dev.holdfast.sandbox.schema.ServedType;
import dev.holdfast.sandbox.schema.TypeTable;
import dev.holdfast.sandbox.schema.Types;
import dev.holdfast.sandbox.status.ApiError;
import dev.holdfast.sandbox.store.Change;
import dev.holdfast.sandbox.store.Codec;
import dev.holdfast.sandbox.store.ObjectStore;
import dev.holdfast.sandbox.store.Stored;
import java.math.BigDecimal;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Binds claims to volumes that are there, releases volumes, and takes the protecting finalizers off
 * what nobody uses. It provisions nothing.
 */
public final class VolumeBinder implements Controller {

  private static final String BOUND = "pv.kubernetes.io/bound-by-controller";
  private static final String COMPLETED = "pv.kubernetes.io/bind-completed";

  private final ObjectStore store;
  private final TypeTable types;
  private final Writer writer;

  public VolumeBinder(ObjectStore store, TypeTable types, Writer writer) {
    this.store = store;
    this.types = types;
    this.writer = writer;
  }

  private static final String PROTECTION = "kubernetes.io/pvc-protection";

  @Override
  public void observe(Change change) {
    Stored object = change.object();
    if (object.type().equals(Types.CLAIMS)) {
      if (change.after() == null) {
        release(object);
      } else {
        claim(change.after());
      }
    } else if (object.type().equals(Types.VOLUMES) && change.after() != null) {
      volume(change.after());
    } else if (object.type().equals(Types.PODS) && change.after() == null) {
      ServedType type = types.find(Types.CLAIMS);
      each(object.namespace(), this::claim, type);
    }
  }

  private void each(
      String namespace, java.util.function.Consumer<Stored> action, @Nullable ServedType type) {
    if (type == null) {
      return;
    }
    store
        .view(type.type())
        .walk(
            namespace,
            "",
            stored -> {
              action.accept(stored);
              return true;
            });
  }

  private void claim(Stored stored) {
    ObjectNode claim = Codec.read(stored, "v1", "PersistentVolumeClaim");
    if (stored.terminating()) {
      if (!used(stored)) {
        unprotect(Types.CLAIMS, stored, PROTECTION);
      }
      return;
    }
    protect(stored, claim);
    if (!claim.path("status").path("phase").asText("Pending").equals("Pending")) {
      return;
    }
    String wanted = claim.path("spec").path("volumeName").asText();
    if (!wanted.isEmpty()) {
      Stored volume = store.get(Types.VOLUMES, "", wanted);
      if (volume != null && free(read(volume), stored)) {
        bind(stored, claim, volume);
      }
      return;
    }
    Stored best = best(stored, claim);
    if (best != null) {
      bind(stored, claim, best);
    }
  }

  /** Gives a claim back the finalizer that a client took away. */
  private void protect(Stored stored, ObjectNode claim) {
    if (isProtected(claim)) {
      return;
    }
    edit(
        Types.CLAIMS,
        stored,
        "",
        present -> {
          ObjectNode metadata = present.withObject("/metadata");
          if (!isProtected(present) && !metadata.has("deletionTimestamp")) {
            metadata.withArray("finalizers").add(PROTECTION);
          }
          return present;
        });
  }

  private static boolean isProtected(ObjectNode claim) {
    for (JsonNode finalizer : claim.path("metadata").path("finalizers")) {
      if (finalizer.asText().equals(PROTECTION)) {
        return true;
      }
    }
    return false;
  }

  private static ObjectNode read(Stored volume) {
    return Codec.read(volume, "v1", "PersistentVolume");
  }

  private boolean used(Stored claim) {
    boolean[] used = {false};
    store
        .view(Types.PODS)
        .walk(
            claim.namespace(),
            "",
            pod -> {
              JsonNode object = Codec.read(pod, "v1", "Pod");
              for (JsonNode volume : object.path("spec").path("volumes")) {
                used[0] |=
                    volume
                        .path("persistentVolumeClaim")
                        .path("claimName")
                        .asText()
                        .equals(claim.name());
              }
              return !used[0];
            });
    return used[0];
  }

  /** The smallest volume that fits and is free; one that is reserved for the claim comes first. */
  private @Nullable Stored best(Stored stored, ObjectNode claim) {
    Stored[] best = {null};
    BigDecimal[] size = {null};
    store
        .view(Types.VOLUMES)
        .walk(
            "",
            "",
            volume -> {
              ObjectNode object = read(volume);
              if (volume.terminating() || !free(object, stored) || !fits(object, claim)) {
                return true;
              }
              if (object.path("spec").path("claimRef").isObject()) {
                best[0] = volume;
                return false;
              }
              BigDecimal capacity = capacity(object);
              if (size[0] == null || capacity.compareTo(size[0]) < 0) {
                best[0] = volume;
                size[0] = capacity;
              }
              return true;
            });
    return best[0];
  }

  private static BigDecimal capacity(JsonNode volume) {
    return Quantities.value(volume.at("/spec/capacity/storage").asText("0"))
        .orElse(BigDecimal.ZERO);
  }

  /** Whether the volume is nobody's, or this very claim's. */
  private static boolean free(JsonNode volume, Stored claim) {
    JsonNode ref = volume.path("spec").path("claimRef");
    String phase = volume.path("status").path("phase").asText();
    if (!ref.isObject()) {
      return !phase.equals("Released") && !phase.equals("Failed");
    }
    String uid = ref.path("uid").asText();
    return ref.path("name").asText().equals(claim.name())
        && ref.path("namespace").asText().equals(claim.namespace())
        && (uid.isEmpty() || uid.equals(claim.uid()));
  }

  private static boolean fits(JsonNode volume, JsonNode claim) {
    JsonNode has = volume.path("spec");
    JsonNode wants = claim.path("spec");
    Set<String> modes = new HashSet<>();
    has.path("accessModes").forEach(mode -> modes.add(mode.asText()));
    boolean allModes =
        wants.path("accessModes").valueStream().allMatch(mode -> modes.contains(mode.asText()));
    BigDecimal size =
        Quantities.value(wants.at("/resources/requests/storage").asText("0"))
            .orElse(BigDecimal.ZERO);
    return allModes
        && has.path("storageClassName").asText().equals(wants.path("storageClassName").asText())
        && has.path("volumeMode")
            .asText("Filesystem")
            .equals(wants.path("volumeMode").asText("Filesystem"))
        && capacity(volume).compareTo(size) >= 0
        && selected(volume, wants.path("selector"));
  }

  private static boolean selected(JsonNode volume, JsonNode selector) {
    if (!selector.isObject()) {
      return true;
    }
    java.util.Map<String, String> labels = new java.util.HashMap<>();
    volume
        .path("metadata")
        .path("labels")
        .properties()
        .forEach(label -> labels.put(label.getKey(), label.getValue().asText()));
    return Json.read(Json.bytes(selector), LabelSelector.class, "a selector").matches(labels);
  }

  private void bind(Stored claimStored, ObjectNode claim, Stored volume) {
    boolean chosenByUs = claim.path("spec").path("volumeName").asText().isEmpty();
    boolean reserved = read(volume).path("spec").path("claimRef").isObject();
    edit(
        Types.VOLUMES,
        volume,
        "",
        object -> {
          ObjectNode ref = object.withObject("/spec/claimRef");
          ref.put("kind", "PersistentVolumeClaim").put("namespace", claimStored.namespace());
          ref.put("name", claimStored.name()).put("uid", claimStored.uid());
          ref.put("apiVersion", "v1");
          ref.put("resourceVersion", String.valueOf(claimStored.version()));
          if (!reserved) {
            object.withObject("/metadata").withObject("/annotations").put(BOUND, "yes");
          }
          return object;
        });
    edit(Types.VOLUMES, volume, "status", object -> phase(object, "Bound"));
    edit(
        Types.CLAIMS,
        claimStored,
        "",
        object -> {
          object.withObject("/spec").put("volumeName", volume.name());
          ObjectNode annotations = object.withObject("/metadata").withObject("/annotations");
          annotations.put(COMPLETED, "yes");
          if (chosenByUs) {
            annotations.put(BOUND, "yes");
          }
          return object;
        });
    JsonNode has = read(volume).path("spec");
    edit(
        Types.CLAIMS,
        claimStored,
        "status",
        object -> {
          ObjectNode status = object.withObject("/status").put("phase", "Bound");
          status.set("accessModes", has.path("accessModes"));
          status.set("capacity", has.path("capacity"));
          return object;
        });
  }

  private static ObjectNode phase(ObjectNode object, String phase) {
    object.withObject("/status").put("phase", phase);
    return object;
  }

  private void volume(Stored stored) {
    ObjectNode volume = read(stored);
    if (stored.terminating()) {
      if (!volume.path("status").path("phase").asText().equals("Bound")) {
        unprotect(Types.VOLUMES, stored, "kubernetes.io/pv-protection");
      }
      return;
    }
    JsonNode ref = volume.path("spec").path("claimRef");
    String phase = volume.path("status").path("phase").asText("Pending");
    if (!ref.isObject() && phase.equals("Pending")) {
      edit(Types.VOLUMES, stored, "status", object -> phase(object, "Available"));
      each("", this::claim, types.find(Types.CLAIMS));
    } else if (ref.isObject() && !phase.equals("Bound") && !phase.equals("Released")) {
      reserved(stored, ref, phase);
    }
  }

  private void reserved(Stored volume, JsonNode ref, String phase) {
    Stored claim =
        store.get(Types.CLAIMS, ref.path("namespace").asText(), ref.path("name").asText());
    String uid = ref.path("uid").asText();
    if (claim != null && (uid.isEmpty() || uid.equals(claim.uid()))) {
      claim(claim);
    } else if (!uid.isEmpty()) {
      edit(Types.VOLUMES, volume, "status", object -> phase(object, "Released"));
    } else if (phase.equals("Pending")) {
      edit(Types.VOLUMES, volume, "status", object -> phase(object, "Available"));
    }
  }

  private void release(Stored claim) {
    store
        .view(Types.VOLUMES)
        .walk(
            "",
            "",
            volume -> {
              JsonNode object = read(volume);
              if (object.at("/spec/claimRef/uid").asText().equals(claim.uid())) {
                edit(Types.VOLUMES, volume, "status", each -> phase(each, "Released"));
              }
              return true;
            });
  }

  private void unprotect(dev.holdfast.model.GroupResource type, Stored object, String finalizer) {
    edit(
        type,
        object,
        "",
        present -> {
          Deletions.removeFinalizer(present.withObject("/metadata"), finalizer);
          return present;
        });
  }

  private void edit(
      dev.holdfast.model.GroupResource resource,
      Stored object,
      String subresource,
      Writer.Edit edit) {
    ServedType type = types.find(resource);
    if (type == null) {
      return;
    }
    try {
      writer.update(Write.internal(type, object.namespace(), subresource), object.name(), edit);
    } catch (ApiError e) {
      if (e.code() != 404) {
        throw e;
      }
    }
  }
}
