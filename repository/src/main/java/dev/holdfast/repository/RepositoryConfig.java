package dev.holdfast.repository;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.repository.chunk.Polynomial;

/**
 * The file {@code config}: sealed, never compressed.
 *
 * @param version 1 or 2
 * @param id 64 hexadecimal digits, random
 */
@JsonPropertyOrder({"version", "id", "chunker_polynomial"})
public record RepositoryConfig(
    int version, String id, @JsonProperty("chunker_polynomial") String chunkerPolynomial) {

  /**
   * Reads and checks it.
   *
   * @throws Failure.Unsupported for a version that we do not know
   * @throws Failure.Corrupt if the polynomial is reducible
   */
  static RepositoryConfig read(byte[] json) {
    RepositoryConfig config = Json.read(json, RepositoryConfig.class, "The repository's config");
    if (config.version < 1 || config.version > 2) {
      throw new Failure.Unsupported(
          "The repository has format version " + config.version + "; this Holdfast knows 1 and 2",
          "use a newer Holdfast or restic");
    }
    Polynomial.parse(config.chunkerPolynomial);
    return config;
  }

  public Polynomial polynomial() {
    return Polynomial.parse(chunkerPolynomial);
  }
}
