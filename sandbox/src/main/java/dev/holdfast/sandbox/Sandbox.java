package dev.holdfast.sandbox;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.admission.RuleBook;
import dev.holdfast.sandbox.admission.Write;
import dev.holdfast.sandbox.api.ApiServer;
import dev.holdfast.sandbox.api.Deletions;
import dev.holdfast.sandbox.api.Writer;
import dev.holdfast.sandbox.control.ControlLoop;
import dev.holdfast.sandbox.control.Controller;
import dev.holdfast.sandbox.control.DefinitionController;
import dev.holdfast.sandbox.control.EndpointController;
import dev.holdfast.sandbox.control.GarbageCollector;
import dev.holdfast.sandbox.control.NamespaceController;
import dev.holdfast.sandbox.control.QuotaController;
import dev.holdfast.sandbox.control.VolumeBinder;
import dev.holdfast.sandbox.http.Certificates;
import dev.holdfast.sandbox.http.Faults;
import dev.holdfast.sandbox.http.HttpFront;
import dev.holdfast.sandbox.node.Nodes;
import dev.holdfast.sandbox.rbac.Authorizer;
import dev.holdfast.sandbox.rbac.Tokens;
import dev.holdfast.sandbox.schema.CustomTypes;
import dev.holdfast.sandbox.schema.ServedType;
import dev.holdfast.sandbox.schema.TypeTable;
import dev.holdfast.sandbox.schema.Types;
import dev.holdfast.sandbox.status.ApiError;
import dev.holdfast.sandbox.store.ObjectStore;
import dev.holdfast.sandbox.store.Stored;
import dev.holdfast.sandbox.webhook.Webhooks;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A Kubernetes API server in this process: on a real port of the loopback address, over HTTPS, with
 * a kubeconfig. See {@code docs/sandbox.md} for what it claims.
 *
 * <p>A request goes {@link HttpFront} → {@link ApiServer} → {@link ObjectStore}; what a controller
 * manager would do happens in {@link ControlLoop}.
 */
public final class Sandbox implements AutoCloseable {

  /** By its first line a kubeconfig is known as one that may be overwritten. */
  private static final String KUBECONFIG_MARK = "# Written by holdfast sandbox";

  private static final List<String> SYSTEM_NAMESPACES =
      List.of("default", "kube-node-lease", "kube-public", "kube-system");

  private final ObjectStore store;
  private final Memory memory;
  private final HttpFront front;
  private final ControlLoop controllers;
  private final Faults faults = new Faults();
  private final Tokens tokens;
  private final Certificates certificates;
  private final @Nullable Nodes nodes;
  private volatile boolean running = true;

  private Sandbox(SandboxOptions options) {
    store = new ObjectStore();
    memory = Memory.of(options, store);
    TypeTable types = new TypeTable(memory.discovery());
    CustomTypes.serve(store, types);
    certificates = memory.certificates();
    Clock clock = Clock.systemUTC();
    tokens = new Tokens(memory.keys(), store, clock);
    Authorizer authorizer = new Authorizer(store);
    Webhooks webhooks = new Webhooks(store, types);
    Writer writer =
        new Writer(store, RuleBook.admission(store, authorizer, webhooks), webhooks, clock);
    Deletions deletions = new Deletions(store, clock);
    nodes =
        options.nodes() == 0 ? null : new Nodes(options.nodes(), store, types, writer, deletions);
    List<Controller> loops = new ArrayList<>();
    loops.add(new DefinitionController(store, types, writer, deletions));
    loops.add(
        new NamespaceController(store, types, writer, deletions, certificates.authorityPem()));
    loops.add(new GarbageCollector(store, types, writer, deletions));
    loops.add(new VolumeBinder(store, types, writer));
    loops.add(new QuotaController(store, types, writer));
    loops.add(new EndpointController(store, types, writer, deletions));
    if (nodes != null) {
      loops.addAll(nodes.controllers());
    }
    controllers = new ControlLoop(store, loops);
    front = open(options);
    memory.identify(front.port());
    ApiServer api =
        new ApiServer(
            types,
            store,
            writer,
            deletions,
            webhooks,
            tokens,
            authorizer,
            "127.0.0.1:" + front.port(),
            () -> running,
            faults::watchesStalled,
            faults::listsBehind,
            nodes == null ? null : nodes.pods());
    if (memory.resumed()) {
      controllers.resume(
          store.snapshot().stream().filter(each -> each.version() > memory.touched()).toList());
    }
    controllers.start();
    furnish(types, writer);
    if (options.load() == null) {
      announce(types, writer);
    }
    if (nodes != null) {
      nodes.register();
    }
    front.serve(api::answer, faults);
  }

  /**
   * Starts one.
   *
   * @throws Failure.Invalid if the port is taken or what is to be loaded makes no sense
   */
  public static Sandbox start(SandboxOptions options) {
    Sandbox sandbox = new Sandbox(options);
    Path file = options.kubeconfig();
    if (file != null) {
      sandbox.writeKubeconfig(file);
    }
    return sandbox;
  }

  /** An empty cluster on any port. */
  public static Sandbox start() {
    return start(SandboxOptions.DEFAULT);
  }

  /** At the port that is wanted, or with none wanted at the last one if it is free. */
  private HttpFront open(SandboxOptions options) {
    try {
      if (options.port() == 0 && memory.port() != 0) {
        try {
          return new HttpFront(memory.port(), nodes != null, certificates);
        } catch (Failure.Invalid e) {
          return new HttpFront(0, nodes != null, certificates); // somebody else has it now
        }
      }
      return new HttpFront(options.port(), nodes != null, certificates);
    } catch (RuntimeException e) {
      memory.close();
      throw e;
    }
  }

  private void furnish(TypeTable types, Writer writer) {
    ServedType type = types.find(Types.NAMESPACES);
    if (type == null) {
      return;
    }
    for (String name : SYSTEM_NAMESPACES) {
      if (store.get(Types.NAMESPACES, "", name) == null) {
        ObjectNode namespace = Json.MAPPER.createObjectNode();
        namespace.putObject("metadata").put("name", name);
        writer.create(Write.internal(type, ""), namespace);
      }
    }
  }

  /**
   * The Service {@code kubernetes}; on a loopback address a real server has no endpoints either.
   */
  private void announce(TypeTable types, Writer writer) {
    ServedType type = types.find(Types.SERVICES);
    if (type == null || store.get(Types.SERVICES, "default", "kubernetes") != null) {
      return;
    }
    ObjectNode service = Json.MAPPER.createObjectNode();
    service
        .putObject("metadata")
        .put("name", "kubernetes")
        .putObject("labels")
        .put("component", "apiserver")
        .put("provider", "kubernetes");
    service
        .putObject("spec")
        .put("clusterIP", "10.43.0.1")
        .putArray("ports")
        .addObject()
        .put("name", "https")
        .put("port", 443)
        .put("targetPort", front.port());
    try {
      writer.create(Write.internal(type, "default").as("kube-apiserver"), service);
    } catch (ApiError e) {
      // its address was given away before there was such a Service: clients do without
    }
  }

  /** {@code https://127.0.0.1:PORT}. */
  public String url() {
    return "https://127.0.0.1:" + front.port();
  }

  /** The bearer token of a cluster administrator. */
  public String token() {
    return tokens.admin();
  }

  /** The certificate authority's certificate, PEM. */
  public String authority() {
    return certificates.authorityPem();
  }

  /** A kubeconfig file's text, with the context {@code sandbox}. */
  public String kubeconfig() {
    String authority =
        Base64.getEncoder()
            .encodeToString(certificates.authorityPem().getBytes(StandardCharsets.UTF_8));
    return """
    %s
    apiVersion: v1
    kind: Config
    clusters:
    - name: sandbox
      cluster:
        server: %s
        certificate-authority-data: %s
    users:
    - name: admin
      user:
        token: %s
    contexts:
    - name: sandbox
      context:
        cluster: sandbox
        user: admin
    current-context: sandbox
    """
        .formatted(KUBECONFIG_MARK, url(), authority, token());
  }

  private void writeKubeconfig(Path file) {
    try {
      if (Files.exists(file) && !Files.readString(file).startsWith(KUBECONFIG_MARK)) {
        close();
        throw new Failure.Invalid(
            file + " exists and was not written by a sandbox: it is left as it is",
            "choose another file for the sandbox's kubeconfig");
      }
      Files.writeString(file, kubeconfig());
    } catch (IOException e) {
      close();
      throw new Failure.Invalid(
          "Cannot write the kubeconfig " + file + ": " + e.getMessage(), null, e);
    }
  }

  /** What goes wrong, on request. */
  public Faults faults() {
    return faults;
  }

  /**
   * Takes a simulated node away as a power failure does, for good.
   *
   * @param name such as {@code node-1}
   */
  public void loseNode(String name) {
    if (nodes == null) {
      throw new IllegalStateException("This sandbox has no nodes");
    }
    try {
      nodes.lose(name);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Whether the controllers are done with all that was written so far. Where there are no nodes,
   * nothing changes then until somebody writes again.
   */
  public boolean settled() {
    return controllers.settled();
  }

  /** Every object that is stored. */
  public List<Stored> snapshot() {
    return store.snapshot();
  }

  @Override
  public void close() {
    running = false;
    store.wake();
    controllers.close();
    front.close();
    if (nodes != null) {
      nodes.close();
    }
    memory.close();
  }
}
