package dev.holdfast.engine.volume;

import dev.holdfast.model.GroupResource;

/** The types of CSI snapshots. A cluster serves them only where somebody has installed them. */
public final class SnapshotTypes {

  public static final GroupResource SNAPSHOTS = of("volumesnapshots");
  public static final GroupResource CONTENTS = of("volumesnapshotcontents");
  public static final GroupResource CLASSES = of("volumesnapshotclasses");

  public static final GroupResource GROUPS = ofGroups("volumegroupsnapshots");
  public static final GroupResource GROUP_CONTENTS = ofGroups("volumegroupsnapshotcontents");
  public static final GroupResource GROUP_CLASSES = ofGroups("volumegroupsnapshotclasses");

  /** What a claim says of the snapshot that it is to be made of, beside its kind and name. */
  public static final String GROUP = "snapshot.storage.k8s.io";

  private SnapshotTypes() {}

  private static GroupResource ofGroups(String resource) {
    return new GroupResource("groupsnapshot.storage.k8s.io", resource);
  }

  private static GroupResource of(String resource) {
    return new GroupResource("snapshot.storage.k8s.io", resource);
  }
}
