package dev.holdfast.sandbox.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.sandbox.schema.Types;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The volumes of one pod as directories, and block devices as files, of this machine. */
final class PodVolumes {

  /** A volume that cannot be mounted yet: the kubelet tries again when something has changed. */
  static final class NotReady extends Exception {
    private static final long serialVersionUID = 1L;

    private final String event;

    NotReady(String why) {
      this("", why);
    }

    /**
     * @param event the reason of the event that says why; empty: the pod's status does
     */
    NotReady(String event, String why) {
      super(why, null, false, false);
      this.event = event;
    }

    String event() {
      return event;
    }
  }

  private final Objects objects;
  private final ObjectNode pod;
  private final Path home;
  private final Attachments attachments;
  private final Map<String, Path> directories = new LinkedHashMap<>();

  /**
   * @param home the pod's own directory
   */
  PodVolumes(Objects objects, ObjectNode pod, Path home, Attachments attachments) {
    this.objects = objects;
    this.pod = pod;
    this.home = home;
    this.attachments = attachments;
  }

  private String namespace() {
    return pod.at("/metadata/namespace").asText();
  }

  /** Makes or finds every volume's directory. */
  void prepare() throws NotReady, IOException {
    JsonNode group = pod.at("/spec/securityContext/fsGroup");
    for (JsonNode volume : pod.at("/spec/volumes")) {
      String name = volume.path("name").asText();
      Path directory = directory(name, volume);
      directories.put(name, directory);
      boolean owned =
          volume.has("emptyDir") || volume.has("persistentVolumeClaim") || volume.has("ephemeral");
      if (owned && group.isIntegralNumber() && Jail.root() && Files.isDirectory(directory)) {
        giveTo(directory, group.asLong());
      }
    }
  }

  private Path directory(String name, JsonNode volume) throws NotReady, IOException {
    if (volume.has("persistentVolumeClaim")) {
      return claimed(volume.at("/persistentVolumeClaim/claimName").asText());
    }
    if (volume.has("ephemeral")) {
      return claimed(pod.at("/metadata/name").asText() + "-" + name);
    }
    if (volume.has("hostPath")) {
      Path path = Path.of(volume.at("/hostPath/path").asText());
      if (!Files.exists(path)) {
        throw new NotReady("hostPath " + path + " does not exist on this machine");
      }
      return path;
    }
    String kind = volume.has("emptyDir") ? "kubernetes.io~empty-dir" : "kubernetes.io~other";
    Path own = Files.createDirectories(home.resolve("volumes").resolve(kind).resolve(name));
    Files.setPosixFilePermissions(
        own, java.nio.file.attribute.PosixFilePermissions.fromString("rwxrwxrwx"));
    if (volume.has("configMap")) {
      JsonNode source = volume.path("configMap");
      files(own, source.path("name").asText(), false, source);
    } else if (volume.has("secret")) {
      JsonNode source = volume.path("secret");
      files(own, source.path("secretName").asText(), true, source);
    } else if (volume.has("projected")) {
      for (JsonNode source : volume.at("/projected/sources")) {
        if (source.has("configMap")) {
          files(own, source.at("/configMap/name").asText(), false, source.path("configMap"));
        } else if (source.has("secret")) {
          files(own, source.at("/secret/name").asText(), true, source.path("secret"));
        }
      }
    }
    return own;
  }

  private Path claimed(String name) throws NotReady, IOException {
    ObjectNode claim = objects.get(Types.CLAIMS, namespace(), name);
    if (claim == null) {
      throw new NotReady("persistentvolumeclaim \"" + name + "\" not found");
    }
    if (!claim.at("/status/phase").asText().equals("Bound")) {
      throw new NotReady("persistentvolumeclaim \"" + name + "\" is not bound");
    }
    ObjectNode volume = objects.get(Types.VOLUMES, "", claim.at("/spec/volumeName").asText());
    if (volume == null) {
      throw new NotReady("the volume of persistentvolumeclaim \"" + name + "\" is gone");
    }
    attachments.take(volume, pod);
    String path =
        volume.path("spec").has("csi")
            ? volume.at("/spec/csi/volumeAttributes").path(CsiDriver.DIRECTORY).asText()
            : volume.at("/spec/local/path").asText(volume.at("/spec/hostPath/path").asText());
    boolean there =
        Backing.block(volume)
            ? Files.isRegularFile(Path.of(path))
            : Files.isDirectory(Path.of(path));
    if (path.isEmpty() || !there) {
      throw new NotReady(
          "volume "
              + volume.at("/metadata/name").asText()
              + (Backing.block(volume)
                  ? " is no file of this machine"
                  : " is no directory of this machine"));
    }
    show(volume, Path.of(path));
    return Path.of(path);
  }

  /** Where a kubelet would mount it, as a link: what mounts that gets what it leads to. */
  private void show(ObjectNode volume, Path place) throws IOException {
    String name = volume.at("/metadata/name").asText();
    Path all = home.resolve("volumes");
    Path link =
        volume.path("spec").has("csi")
            ? all.resolve("kubernetes.io~csi").resolve(name).resolve("mount")
            : all.resolve("kubernetes.io~local-volume").resolve(name);
    if (Files.isDirectory(place) && !Files.isSymbolicLink(link)) {
      Files.createDirectories(link.resolveSibling(".").normalize());
      Files.createSymbolicLink(link, place);
    }
  }

  private void files(Path into, String name, boolean secret, JsonNode source)
      throws NotReady, IOException {
    ObjectNode object = objects.get(secret ? Types.SECRETS : Types.CONFIG_MAPS, namespace(), name);
    if (object == null) {
      if (source.path("optional").asBoolean()) {
        return;
      }
      throw new NotReady((secret ? "secret" : "configmap") + " \"" + name + "\" not found");
    }
    Map<String, String> paths = new LinkedHashMap<>();
    source
        .path("items")
        .forEach(item -> paths.put(item.path("key").asText(), item.path("path").asText()));
    for (Map.Entry<String, JsonNode> entry : object.path("data").properties()) {
      String path = paths.isEmpty() ? entry.getKey() : paths.get(entry.getKey());
      if (path != null) {
        Path file = into.resolve(path).normalize();
        Files.createDirectories(file.resolveSibling("."));
        String text = entry.getValue().asText();
        Files.write(
            file,
            secret ? Base64.getDecoder().decode(text) : text.getBytes(StandardCharsets.UTF_8));
      }
    }
  }

  /** As a kubelet does for fsGroup, OnRootMismatch: group, group rights, set-gid. */
  private static void giveTo(Path directory, long group) throws IOException {
    if (((Number) Files.getAttribute(directory, "unix:gid")).longValue() == group) {
      return;
    }
    Process process =
        new ProcessBuilder(
                "sh",
                "-c",
                "chgrp -R \"$1\" \"$2\" && chmod -R g+rwX \"$2\" && chmod g+s \"$2\"",
                "sh",
                String.valueOf(group),
                directory.toString())
            .inheritIO()
            .start();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** What a container mounts, and its devices. */
  List<Mount> mounts(JsonNode container) throws NotReady, IOException {
    List<Mount> mounts = devices(container);
    for (JsonNode mount : container.path("volumeMounts")) {
      Path directory = directories.get(mount.path("name").asText());
      if (directory == null) {
        continue;
      }
      if (isDevice(directory)) {
        throw new NotReady(
            "volume "
                + mount.path("name").asText()
                + " has volumeMode Block, but is specified in volumeMounts");
      }
      String sub = mount.path("subPath").asText();
      Path source = sub.isEmpty() ? directory : directory.resolve(sub).normalize();
      if (!source.startsWith(directory)) {
        throw new IOException("subPath " + sub + " leads out of its volume");
      }
      if (!Files.exists(source)) {
        Files.createDirectories(source);
      }
      mounts.add(
          new Mount(source, mount.path("mountPath").asText(), mount.path("readOnly").asBoolean()));
    }
    return mounts;
  }

  /** A device may be read only if the pod's volume says so: volumeDevices have no such word. */
  private List<Mount> devices(JsonNode container) throws NotReady {
    List<Mount> devices = new ArrayList<>();
    for (JsonNode device : container.path("volumeDevices")) {
      String name = device.path("name").asText();
      Path file = directories.get(name);
      if (file == null) {
        continue;
      }
      if (!isDevice(file)) {
        throw new NotReady(
            "volume " + name + " has volumeMode Filesystem, but is specified in volumeDevices");
      }
      devices.add(new Mount(file, device.path("devicePath").asText(), readOnly(name)));
    }
    return devices;
  }

  private static boolean isDevice(Path source) {
    return Files.isRegularFile(source);
  }

  private boolean readOnly(String volume) {
    return pod.at("/spec/volumes")
        .valueStream()
        .filter(each -> each.path("name").asText().equals(volume))
        .anyMatch(each -> each.at("/persistentVolumeClaim/readOnly").asBoolean());
  }
}
