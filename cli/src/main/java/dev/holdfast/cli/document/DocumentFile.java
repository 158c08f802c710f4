package dev.holdfast.cli.document;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.holdfast.model.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The documents of a YAML (or JSON) file as {@code kubectl apply -f} takes it.
 *
 * @param file where they come from, for messages
 */
public record DocumentFile(String file, List<ObjectNode> documents) {

  private static final YAMLMapper YAML = new YAMLMapper();

  /**
   * @throws Failure.Absent if there is no such file
   * @throws Failure.Invalid if it is not YAML, or a document is not an object with a kind
   */
  public static DocumentFile read(Path file) {
    List<ObjectNode> documents = new ArrayList<>();
    try (MappingIterator<JsonNode> values =
        YAML.readerFor(JsonNode.class).readValues(Files.readAllBytes(file))) {
      while (values.hasNext()) {
        JsonNode value = values.next();
        if (value.isNull() || value.isMissingNode()) {
          continue;
        }
        if (!(value instanceof ObjectNode object) || !object.path("kind").isTextual()) {
          throw new Failure.Invalid(
              "-f " + file + ": a document is not a Kubernetes object (it has no kind)");
        }
        documents.add(object);
      }
    } catch (NoSuchFileException e) {
      throw new Failure.Absent(
          "-f " + file + ": there is no such file", "check its path and its rights", e);
    } catch (JsonProcessingException | RuntimeException e) {
      if (e instanceof Failure failure) {
        throw failure;
      }
      throw new Failure.Invalid("-f " + file + " is not valid YAML" + where(e), null, e);
    } catch (IOException e) {
      throw new Failure.Invalid("-f " + file + " cannot be read: " + e.getMessage(), null, e);
    }
    return new DocumentFile(file.toString(), documents);
  }

  /**
   * The one document of this kind.
   *
   * @throws Failure.Invalid if there is none, or more than one
   */
  public ObjectNode only(String kind) {
    List<ObjectNode> found = all(kind);
    if (found.size() == 1) {
      return found.getFirst();
    }
    String has =
        documents.stream().map(document -> document.get("kind").textValue()).toList().toString();
    throw new Failure.Invalid(
        "-f " + file + " must hold one " + kind + ", but it holds " + has,
        found.isEmpty() ? null : "split the file, or remove what is not wanted");
  }

  public List<ObjectNode> all(String kind) {
    return documents.stream()
        .filter(document -> kind.equals(document.get("kind").textValue()))
        .toList();
  }

  /** Line and column only: the text around may be a secret. */
  private static String where(Exception e) {
    Throwable cause = e instanceof RuntimeException && e.getCause() != null ? e.getCause() : e;
    return cause instanceof JsonProcessingException json && json.getLocation() != null
        ? " at line " + json.getLocation().getLineNr()
        : "";
  }
}
