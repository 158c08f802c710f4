package dev.holdfast.engine.volume;

/**
 * An application for tests: in namespace {@code shop} a StatefulSet {@code db}, so that there are a
 * pod {@code db-0} with a container {@code db} and its claim {@code data-db-0}, at {@code /data}.
 *
 * @param annotations of the pod, a flow mapping's inside; and so on
 * @param pod more fields of the pod's spec, a line
 * @param container more fields of the container, a line
 * @param script what the container runs
 * @param claim more fields of the claim's spec, a flow mapping's inside
 */
public record Shop(String annotations, String pod, String container, String script, String claim) {

  /** A container that only waits. */
  public static final Shop PLAIN = new Shop("", "", "", "exec sleep infinity", "");

  private static final String YAML =
      """
      apiVersion: v1
      kind: Namespace
      metadata: {name: shop}
      ---
      apiVersion: apps/v1
      kind: StatefulSet
      metadata: {name: db, namespace: shop, labels: {app: db}}
      spec:
        serviceName: db
        selector: {matchLabels: {app: db}}
        template:
          metadata: {labels: {app: db}, annotations: {ANNOTATIONS}}
          spec:
            terminationGracePeriodSeconds: 0
            POD
            containers:
            - name: db
              image: localhost/host
              command: [sh, -c, "SCRIPT"]
              CONTAINER
              volumeMounts: [{name: data, mountPath: /data}]
        volumeClaimTemplates:
        - metadata: {name: data, labels: {app: db}}
          spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}CLAIM}
      """;

  public Shop annotations(String flow) {
    return new Shop(flow, pod, container, script, claim);
  }

  public Shop pod(String line) {
    return new Shop(annotations, line, container, script, claim);
  }

  public Shop container(String line) {
    return new Shop(annotations, pod, line, script, claim);
  }

  /** In double quotes of YAML. */
  public Shop script(String text) {
    return new Shop(annotations, pod, container, text, claim);
  }

  public Shop claim(String flow) {
    return new Shop(annotations, pod, container, script, flow);
  }

  /** The documents, for {@link Town#apply}. */
  public String yaml() {
    return YAML.replace("ANNOTATIONS", annotations)
        .replace("POD", pod)
        .replace("CONTAINER", container)
        .replace("SCRIPT", script)
        .replace("CLAIM", claim.isEmpty() ? "" : ", " + claim);
  }
}
