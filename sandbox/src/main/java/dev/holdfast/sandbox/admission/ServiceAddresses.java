package dev.holdfast.sandbox.admission;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.sandbox.schema.Types;
import dev.holdfast.sandbox.store.Change;
import dev.holdfast.sandbox.store.Codec;
import dev.holdfast.sandbox.store.ObjectStore;
import dev.holdfast.sandbox.store.Stored;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Which cluster IPs and node ports the Services in the store have. What is taken for a Service that
 * is about to be stored is held for it, so that two at a time do not get the same.
 */
public final class ServiceAddresses {

  static final int FIRST_PORT = 30000;
  static final int LAST_PORT = 32767;
  private static final int ADDRESSES = 1 << 16;

  /** The first half of addresses: 10.43.0.0/16. */
  private static final String NETWORK = "10.43.";

  /** address or port/protocol → uid of its Service. */
  private final Map<String, String> owners = new HashMap<>();

  public ServiceAddresses(ObjectStore store) {
    store.onChange(this::observe);
    store
        .view(Types.SERVICES)
        .walk(
            "",
            "",
            stored -> {
              observe(new Change(stored.version(), null, stored));
              return true;
            });
  }

  private synchronized void observe(Change change) {
    if (!change.object().type().equals(Types.SERVICES)) {
      return;
    }
    Set<String> now = new HashSet<>();
    if (change.after() != null) {
      now.addAll(addresses(change.after()));
      now.forEach(address -> owners.put(address, change.object().uid()));
    }
    if (change.before() != null) {
      for (String address : addresses(change.before())) {
        if (!now.contains(address)) {
          owners.remove(address, change.before().uid());
        }
      }
    }
  }

  private static Set<String> addresses(Stored stored) {
    JsonNode spec = Codec.read(stored, "", "").path("spec");
    Set<String> result = new HashSet<>();
    spec.path("clusterIPs").forEach(ip -> result.add(ip.asText()));
    result.add(spec.path("clusterIP").asText());
    for (JsonNode port : spec.path("ports")) {
      result.add(port(port.path("nodePort").asInt(), port.path("protocol").asText()));
    }
    result.add(port(spec.path("healthCheckNodePort").asInt(), "TCP"));
    result.remove("");
    result.remove("None");
    result.removeIf(address -> address.startsWith("0/"));
    return result;
  }

  static String port(int port, String protocol) {
    return port + "/" + protocol;
  }

  /** Takes an address or port for a Service; false if another one has it. */
  synchronized boolean take(String address, String uid, boolean keep) {
    String owner = owners.get(address);
    if (owner != null && !owner.equals(uid)) {
      return false;
    }
    if (keep) {
      owners.put(address, uid);
    }
    return true;
  }

  /** Gives back what a failed create took. */
  synchronized void release(String uid, Set<String> addresses) {
    addresses.forEach(address -> owners.remove(address, uid));
  }

  boolean inNetwork(String address) {
    return address.startsWith(NETWORK);
  }

  synchronized String anyAddress(String uid, boolean keep) {
    while (true) {
      int n = ThreadLocalRandom.current().nextInt(10, ADDRESSES - 1);
      String address = NETWORK + (n >> 8) + "." + (n & 255);
      if (take(address, uid, keep)) {
        return address;
      }
    }
  }

  /**
   * A free node port. Low ones, which people choose, are left alone as long as there are others.
   */
  synchronized int anyPort(String protocol, String uid, boolean keep) {
    for (int tries = 0; ; tries++) {
      int from = tries < 10_000 ? FIRST_PORT + 100 : FIRST_PORT;
      int port = ThreadLocalRandom.current().nextInt(from, LAST_PORT + 1);
      if (take(port(port, protocol), uid, keep)) {
        return port;
      }
    }
  }
}
