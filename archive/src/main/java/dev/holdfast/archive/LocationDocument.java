package dev.holdfast.archive;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;

/**
 * {@code plugins/holdfast/location.json}: written by the first backup that Holdfast puts into a
 * location, put-if-absent, never changed but by a migration.
 *
 * @param formatVersion of everything of ours in this location
 * @param leastReader the first Holdfast that may read and write here: {@code 0.1}
 * @param id a UUID that stays when the location is copied or renamed
 */
public record LocationDocument(
    @JsonInclude(JsonInclude.Include.ALWAYS) int formatVersion, String leastReader, String id) {

  public static LocationDocument create(String id) {
    return new LocationDocument(FormatVersion.CURRENT, FormatVersion.LEAST_READER, id);
  }

  public byte[] toBytes() {
    return GoJson.line(this);
  }

  /**
   * @throws Failure.Unsupported if the location is newer than this reader; says which to use
   * @throws Failure.Corrupt if it is damaged
   */
  public static LocationDocument read(byte[] json, String what) {
    var tree = Json.object(json, what);
    FormatVersion.check(
        tree.path("formatVersion").asInt(), tree.path("leastReader").asText(), what);
    LocationDocument document = Json.read(json, LocationDocument.class, what);
    if (document.id == null || document.id.isEmpty()) {
      throw new Failure.Corrupt(what + " has no location id");
    }
    return document;
  }
}
