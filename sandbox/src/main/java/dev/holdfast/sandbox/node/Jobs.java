package dev.holdfast.sandbox.node;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.GroupResource;
import dev.holdfast.sandbox.control.Controller;
import dev.holdfast.sandbox.schema.Types;
import dev.holdfast.sandbox.store.Change;
import dev.holdfast.sandbox.store.Stored;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/** Pods until as many as wanted have succeeded, or too many have failed. */
final class Jobs implements Controller {

  static final GroupResource TYPE = new GroupResource("batch", "jobs");

  private final Objects objects;
  private final Ownership ownership;

  Jobs(Objects objects) {
    this.objects = objects;
    this.ownership = new Ownership(objects);
  }

  @Override
  public void observe(Change change) {
    Stored object = change.object();
    if (object.type().equals(TYPE) && change.after() != null) {
      reconcile(objects.read(change.after()));
    } else if (object.type().equals(Types.PODS)) {
      ownership.ownersOf(objects.read(object), TYPE).forEach(this::reconcile);
    }
  }

  private void reconcile(ObjectNode job) {
    if (job.path("metadata").hasNonNull("deletionTimestamp")
        || job.at("/spec/suspend").asBoolean()
        || Conditions.holds(job, "Complete")
        || Conditions.holds(job, "Failed")
        || !job.at("/spec/selector").isObject()) {
      return;
    }
    List<ObjectNode> pods = ownership.claim(Types.PODS, job);
    long succeeded = pods.stream().filter(pod -> Ownership.ended(pod, "Succeeded")).count();
    long failed = pods.stream().filter(pod -> Ownership.ended(pod, "Failed")).count();
    List<ObjectNode> active = Ownership.active(pods);
    long completions = job.at("/spec/completions").asLong(1);
    boolean complete = succeeded >= completions;
    boolean hopeless = !complete && failed > job.at("/spec/backoffLimit").asLong(6);
    if (!complete && !hopeless) {
      long wanted = Math.min(job.at("/spec/parallelism").asLong(1), completions - succeeded);
      for (long number = active.size(); number < wanted; number++) {
        ownership.create(job, Ownership.pod(job, job.at("/spec/template")));
      }
    }
    String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    objects.edit(
        TYPE,
        job,
        "status",
        Ownership.MANAGER,
        latest -> {
          ObjectNode status = latest.withObject("/status");
          status.put("active", active.size()).put("ready", Ownership.ready(active));
          status.put("succeeded", succeeded).put("failed", failed);
          if (!status.has("startTime")) {
            status.put("startTime", now);
          }
          if (complete) {
            status.put("completionTime", now);
            Conditions.set(status, "SuccessCriteriaMet", true, "CompletionsReached", "");
            Conditions.set(status, "Complete", true, "CompletionsReached", "");
          } else if (hopeless) {
            String message = "Job has reached the specified backoff limit";
            Conditions.set(status, "FailureTarget", true, "BackoffLimitExceeded", message);
            Conditions.set(status, "Failed", true, "BackoffLimitExceeded", message);
          }
        });
  }
}
