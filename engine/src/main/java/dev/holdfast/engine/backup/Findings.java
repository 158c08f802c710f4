package dev.holdfast.engine.backup;

import dev.holdfast.archive.Results;
import dev.holdfast.archive.RunLog;
import dev.holdfast.engine.Progress;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.ItemKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a run has to say: every warning and error goes to its log, its results (in Velero's form)
 * and its listener. Thread-safe.
 */
final class Findings {

  /** What a message is about, as far as it is about something. */
  record About(@Nullable String resource, @Nullable String namespace, @Nullable String name) {

    static final About RUN = new About(null, null, null);

    static About item(ItemKey key) {
      return new About(
          key.type().toString(), key.namespaced() ? key.namespace() : null, key.name());
    }

    static About type(GroupResource type, String namespace) {
      return new About(type.toString(), namespace.isEmpty() ? null : namespace, null);
    }

    /** {@code pods/shop/web}, {@code pods in shop} or nothing. */
    private String text() {
      if (resource == null) {
        return "";
      }
      if (name != null) {
        return resource + (namespace == null ? "/" : "/" + namespace + "/") + name + ": ";
      }
      return resource + (namespace == null ? "" : " in " + namespace) + ": ";
    }

    private Map<String, String> fields() {
      Map<String, String> fields = new HashMap<>();
      if (resource != null) {
        fields.put("resource", resource);
      }
      if (namespace != null) {
        fields.put("namespace", namespace);
      }
      if (name != null) {
        fields.put("name", name);
      }
      return fields;
    }
  }

  private static final class Collected {
    final List<String> run = new ArrayList<>();
    final Map<String, List<String>> namespaces = new TreeMap<>();

    void add(@Nullable String namespace, String message) {
      (namespace == null ? run : namespaces.computeIfAbsent(namespace, _ -> new ArrayList<>()))
          .add(message);
    }

    Results.Section section() {
      return new Results.Section(run, List.of(), namespaces);
    }
  }

  private final RunLog log;
  private final Progress progress;
  private final Collected warnings = new Collected();
  private final Collected errors = new Collected();

  Findings(RunLog log, Progress progress) {
    this.log = log;
    this.progress = progress;
  }

  /** Only for the log. */
  void info(About about, String message) {
    log.info(message, about.fields());
  }

  void warning(About about, String message) {
    warning(about, message, null);
  }

  void warning(About about, String message, @Nullable Failure cause) {
    synchronized (warnings) {
      warnings.add(about.namespace(), line(about, message, cause));
    }
    log.warning(message, fields(about, cause));
    progress.warning(sentence(about, message, cause));
  }

  /** Something that was asked for is missing in the backup, or the run fails. */
  void error(About about, String message) {
    error(about, message, null);
  }

  void error(About about, String message, @Nullable Failure cause) {
    synchronized (errors) {
      errors.add(about.namespace(), line(about, message, cause));
    }
    log.error(message, fields(about, cause));
    progress.error(sentence(about, message, cause));
  }

  Results results() {
    synchronized (warnings) {
      synchronized (errors) {
        return new Results(warnings.section(), errors.section());
      }
    }
  }

  private static String line(About about, String message, @Nullable Failure cause) {
    StringBuilder line = new StringBuilder();
    if (about.resource() != null) {
      line.append(" resource: /").append(about.resource());
    }
    if (about.name() != null) {
      line.append(" name: /").append(about.name());
    }
    line.append(" message: /").append(message);
    if (cause != null) {
      line.append(" error: /").append(cause.getMessage());
    }
    return line.toString();
  }

  private static String sentence(About about, String message, @Nullable Failure cause) {
    return about.text() + message + (cause == null ? "" : ": " + cause.getMessage());
  }

  private static Map<String, String> fields(About about, @Nullable Failure cause) {
    Map<String, String> fields = about.fields();
    if (cause != null) {
      fields.put("error", cause.getMessage());
    }
    return fields;
  }
}
