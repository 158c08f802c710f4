package dev.holdfast.sandbox.node;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.schema.CustomTypes;
import dev.holdfast.sandbox.schema.TypeTable;
import dev.holdfast.sandbox.schema.Types;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/** The custom resources of CSI snapshots, as the external-snapshotter project defines them. */
final class SnapshotTypes {

  static final GroupResource SNAPSHOTS = of("volumesnapshots");
  static final GroupResource CONTENTS = of("volumesnapshotcontents");
  static final GroupResource CLASSES = of("volumesnapshotclasses");
  static final GroupResource GROUPS = ofGroups("volumegroupsnapshots");
  static final GroupResource GROUP_CONTENTS = ofGroups("volumegroupsnapshotcontents");
  static final GroupResource GROUP_CLASSES = ofGroups("volumegroupsnapshotclasses");

  private static final String RESOURCE = "snapshot-definitions.json";

  private SnapshotTypes() {}

  private static GroupResource of(String resource) {
    return new GroupResource("snapshot.storage.k8s.io", resource);
  }

  private static GroupResource ofGroups(String resource) {
    return new GroupResource("groupsnapshot.storage.k8s.io", resource);
  }

  /** Has the cluster define and serve them. */
  static void install(Objects objects, TypeTable types) {
    for (ObjectNode definition : definitions()) {
      objects.create(Types.DEFINITIONS, "", definition.deepCopy(), "sandbox");
      types.replace(CustomTypes.type(definition), CustomTypes.served(definition));
    }
  }

  private static List<ObjectNode> definitions() {
    try (InputStream in = SnapshotTypes.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IllegalStateException(RESOURCE + " is missing from this build");
      }
      List<ObjectNode> all = new ArrayList<>();
      Json.MAPPER.readTree(in).forEach(each -> all.add((ObjectNode) each));
      return all;
    } catch (IOException e) {
      throw new IllegalStateException(RESOURCE + " of this build is damaged", e);
    }
  }
}
