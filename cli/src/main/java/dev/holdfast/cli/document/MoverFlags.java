package dev.holdfast.cli.document;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.holdfast.engine.volume.MoverOptions;
import dev.holdfast.model.Failure;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How mover pods run. */
public final class MoverFlags {

  private static final Set<String> FIELDS =
      Set.of("resources", "tolerations", "priorityClassName", "securityContext");

  @Option(
      names = "--mover-image",
      paramLabel = "IMAGE",
      description =
          "Move the files of claims through mover pods with this image, which 'holdfast image'"
              + " makes; exec where such a pod cannot. Default: exec.")
  String image = "";

  @Option(
      names = "--mover-command",
      split = ",",
      paramLabel = "WORD",
      description = "How the image calls holdfast. Default: as 'holdfast image save' makes it.")
  List<String> command = MoverOptions.COMMAND;

  @Option(
      names = "--mover-pull-policy",
      paramLabel = "POLICY",
      description = "IfNotPresent (default), Never, Always.")
  String pullPolicy = "IfNotPresent";

  @Option(
      names = "--mover-pod",
      paramLabel = "FILE",
      description =
          "YAML with resources, tolerations and priorityClassName of mover pods, and with the"
              + " securityContext of those for claims that no pod uses.")
  @Nullable Path extra;

  @Option(
      names = "--mover-patience",
      paramLabel = "SECONDS",
      description = "How long a mover pod may take to run. Default: ${DEFAULT-VALUE}.")
  int patience = 60;

  @Option(
      names = "--parallel-volumes",
      paramLabel = "N",
      description =
          "Pods whose volumes are moved at a time; a backup freezes as many. Default:"
              + " ${DEFAULT-VALUE}.")
  int parallel = 2;

  /** Checked, the file of {@code --mover-pod} read. */
  public MoverOptions options() {
    Counts.positive("--parallel-volumes", parallel);
    MoverOptions options =
        MoverOptions.image(image)
            .command(command)
            .pullPolicy(pullPolicy)
            .patience(Duration.ofSeconds(patience))
            .parallel(parallel);
    return extra == null ? options : options.extra(extra(extra));
  }

  private static ObjectNode extra(Path file) {
    JsonNode tree;
    try {
      tree = new YAMLMapper().readTree(ConfigMapSource.read(file, "--mover-pod"));
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new Failure.Invalid("--mover-pod " + file + " is not valid YAML", null, e);
    }
    if (!(tree instanceof ObjectNode object)) {
      throw new Failure.Invalid("--mover-pod " + file + " must be an object");
    }
    for (String field : (Iterable<String>) object::fieldNames) {
      if (!FIELDS.contains(field)) {
        throw new Failure.Invalid(
            "--mover-pod " + file + ": '" + field + "' is not taken", "known are " + FIELDS);
      }
    }
    return object;
  }
}
