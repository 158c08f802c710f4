package dev.holdfast.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.http.Certificates;
import dev.holdfast.sandbox.rbac.Tokens;
import dev.holdfast.sandbox.store.DataDirectory;
import dev.holdfast.sandbox.store.ObjectStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a sandbox begins with: its objects, what is served, its keys. From the data directory if one
 * is given and an earlier sandbox left something there; else from what is to be loaded, or empty.
 *
 * @param discovery URL path → document
 * @param touched objects up to this version were loaded and are left as they stand; those beyond it
 *     were made here, and the controllers see to them again
 * @param resumed whether an earlier sandbox left it
 * @param port of the earlier sandbox; 0 for none
 */
record Memory(
    @Nullable DataDirectory directory,
    Map<String, JsonNode> discovery,
    Tokens.Keys keys,
    Certificates certificates,
    long touched,
    boolean resumed,
    int port) {

  private static final String IDENTITY = "identity.json";
  private static final String CERTIFICATES = "tls.p12";
  private static final String DISCOVERY = "discovery.json";

  /** Fills an empty store. */
  static Memory of(SandboxOptions options, ObjectStore store) {
    if (options.data() == null) {
      Certificates.prepare();
      Map<String, JsonNode> discovery = load(options.load(), store);
      return new Memory(
          null, discovery, Tokens.Keys.random(), Certificates.shared(), store.version(), false, 0);
    }
    DataDirectory directory = DataDirectory.open(options.data());
    try {
      return directory.empty()
          ? begin(directory, options.load(), store)
          : resume(directory, options, store);
    } catch (RuntimeException e) {
      directory.close();
      throw e;
    }
  }

  private static Map<String, JsonNode> load(@Nullable Path from, ObjectStore store) {
    if (from == null) {
      Loader.bootstrap(store);
      return Loader.builtIn();
    }
    Map<String, JsonNode> discovery = Loader.discovery(from);
    Loader.objects(from, store);
    return discovery;
  }

  private static Memory begin(DataDirectory directory, @Nullable Path from, ObjectStore store) {
    Map<String, JsonNode> discovery = load(from, store);
    Tokens.Keys keys = Tokens.Keys.random();
    Certificates certificates = Certificates.make();
    if (from != null) {
      directory.keep(DISCOVERY, Json.bytes(discovery));
    }
    directory.keep(CERTIFICATES, certificates.keep());
    Memory memory = new Memory(directory, discovery, keys, certificates, store.version(), false, 0);
    memory.identify(0);
    directory.begin(store); // last: before it the directory counts as new
    return memory;
  }

  private static Memory resume(DataDirectory directory, SandboxOptions options, ObjectStore store) {
    if (options.load() != null) {
      throw new Failure.Invalid(
          options.data() + " holds a cluster already: " + options.load() + " is not loaded into it",
          "leave out --load to go on with it, or choose a new directory for --data");
    }
    byte[] identity = directory.kept(IDENTITY);
    byte[] certificates = directory.kept(CERTIFICATES);
    if (identity == null || certificates == null) {
      throw new Failure.Corrupt(options.data() + " has lost " + IDENTITY + " or " + CERTIFICATES);
    }
    ObjectNode known = Json.object(identity, IDENTITY);
    byte[] documents = directory.kept(DISCOVERY);
    directory.restore(store);
    Certificates own = Certificates.kept(certificates);
    if (own.fresh()) {
      directory.keep(CERTIFICATES, own.keep());
    }
    try {
      return new Memory(
          directory,
          documents == null
              ? Loader.builtIn()
              : Loader.documents(Json.object(documents, DISCOVERY)),
          new Tokens.Keys(known.path("token").asText(), known.path("key").binaryValue()),
          own,
          known.path("touched").asLong(),
          true,
          known.path("port").asInt());
    } catch (IOException e) {
      throw new Failure.Corrupt(options.data() + " has a damaged " + IDENTITY, null, e);
    }
  }

  /** Keeps the port for the next time. */
  void identify(int newPort) {
    if (directory != null && (newPort == 0 || newPort != port)) {
      ObjectNode identity = Json.MAPPER.createObjectNode();
      identity.put("token", keys.admin()).put("key", keys.key());
      identity.put("touched", touched).put("port", newPort);
      directory.keep(IDENTITY, Json.bytes(identity));
    }
  }

  void close() {
    if (directory != null) {
      directory.close();
    }
  }
}
