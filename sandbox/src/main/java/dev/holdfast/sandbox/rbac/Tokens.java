package dev.holdfast.sandbox.rbac;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.schema.Types;
import dev.holdfast.sandbox.store.ObjectStore;
import dev.holdfast.sandbox.store.Stored;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Bearer tokens: the administrator's, and those of service accounts, which are signed JSON web
 * tokens (HMAC, with a key that lives as long as the sandbox or its data directory).
 */
public final class Tokens {

  private static final String ISSUER = "https://kubernetes.default.svc";
  private static final String ALGORITHM = "HmacSHA256";

  private final String admin;
  private final byte[] key;
  private final ObjectStore store;
  private final Clock clock;

  public Tokens(Keys keys, ObjectStore store, Clock clock) {
    this.admin = keys.admin();
    this.key = keys.key().clone();
    this.store = store;
    this.clock = clock;
  }

  /**
   * What makes tokens valid.
   *
   * @param admin the administrator's token
   * @param key signs the tokens of service accounts
   */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  public record Keys(String admin, byte[] key) {
    /** New ones. */
    public static Keys random() {
      SecureRandom random = new SecureRandom();
      byte[] admin = new byte[16];
      byte[] key = new byte[32];
      random.nextBytes(admin);
      random.nextBytes(key);
      return new Keys(HexFormat.of().formatHex(admin), key);
    }
  }

  public String admin() {
    return admin;
  }

  /** Who the token is; null if it is nobody's. */
  public @Nullable Caller caller(String token) {
    if (MessageDigest.isEqual(
        token.getBytes(StandardCharsets.UTF_8), admin.getBytes(StandardCharsets.UTF_8))) {
      return new Caller("admin", List.of(Caller.MASTERS, Caller.AUTHENTICATED));
    }
    String[] parts = token.split("\\.", -1);
    if (parts.length != 3
        || !MessageDigest.isEqual(
            sign(parts[0] + "." + parts[1]).getBytes(StandardCharsets.UTF_8),
            parts[2].getBytes(StandardCharsets.UTF_8))) {
      return null;
    }
    try {
      return caller(Json.MAPPER.readTree(Base64.getUrlDecoder().decode(parts[1])));
    } catch (IOException e) {
      return null;
    }
  }

  private @Nullable Caller caller(JsonNode claims) {
    JsonNode own = claims.path("kubernetes.io");
    String namespace = own.path("namespace").asText();
    String name = own.path("serviceaccount").path("name").asText();
    String uid = own.path("serviceaccount").path("uid").asText();
    Stored account = store.get(Types.SERVICE_ACCOUNTS, namespace, name);
    boolean valid =
        claims.path("exp").asLong() > clock.instant().getEpochSecond()
            && account != null
            && account.uid().equals(uid);
    return valid
        ? Caller.serviceAccount(
            namespace,
            name,
            uid,
            Map.of(
                "authentication.kubernetes.io/credential-id",
                List.of("JTI=" + claims.path("jti").asText())))
        : null;
  }

  /** A token for a service account. */
  public String issue(Stored account, List<String> audiences, Instant expires) {
    ObjectNode claims = Json.MAPPER.createObjectNode();
    audiences.forEach(claims.putArray("aud")::add);
    long now = clock.instant().getEpochSecond();
    claims.put("exp", expires.getEpochSecond()).put("iat", now).put("iss", ISSUER);
    claims.put("jti", UUID.randomUUID().toString());
    ObjectNode own = claims.putObject("kubernetes.io").put("namespace", account.namespace());
    own.putObject("serviceaccount").put("name", account.name()).put("uid", account.uid());
    claims.put("nbf", now);
    claims.put("sub", Caller.SERVICE_ACCOUNT + account.namespace() + ":" + account.name());
    String unsigned =
        encode("{\"alg\":\"HS256\",\"typ\":\"JWT\"}".getBytes(StandardCharsets.UTF_8))
            + "."
            + encode(Json.bytes(claims));
    return unsigned + "." + sign(unsigned);
  }

  private String sign(String text) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(new SecretKeySpec(key, ALGORITHM));
      return encode(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("This JDK has no " + ALGORITHM, e);
    }
  }

  private static String encode(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
