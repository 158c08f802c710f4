package dev.holdfast.sandbox.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** The labels and selector that tie a Job to its pods. */
final class JobSelector {

  private JobSelector() {}

  static void generate(ObjectNode job) {
    ObjectNode spec = job.withObject("/spec");
    if (spec.path("manualSelector").asBoolean()) {
      return;
    }
    String uid = job.path("metadata").path("uid").asText();
    String name = job.path("metadata").path("name").asText();
    ObjectNode labels = spec.withObject("/template/metadata/labels");
    put(labels, "batch.kubernetes.io/controller-uid", uid);
    put(labels, "batch.kubernetes.io/job-name", name);
    put(labels, "controller-uid", uid);
    put(labels, "job-name", name);
    spec.withObject("/selector/matchLabels").put("batch.kubernetes.io/controller-uid", uid);
    ObjectNode metadata = job.withObject("/metadata");
    if (metadata.path("labels").isEmpty()) {
      metadata.set("labels", labels.deepCopy());
    }
  }

  private static void put(ObjectNode labels, String key, String value) {
    if (!labels.has(key)) {
      labels.put(key, value);
    }
  }
}
