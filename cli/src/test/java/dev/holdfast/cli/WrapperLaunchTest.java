package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.holdfast.cli.Command.Ended;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./mvnw} on a machine without Maven, where {@code javac} is an old one. */
class WrapperLaunchTest {

  private static final Path ROOT = Path.of(System.getProperty("holdfast.root", ".."));
  private static final String MAVEN =
      """
      #!/bin/sh
      echo "java $JAVA_HOME"
      for argument; do echo "<$argument>"; done
      exit 7
      """;

  @TempDir Path folder;

  @Test
  void downloadsMavenOnceAndRunsItOnAJdk25() throws Exception {
    Path clone = folder.resolve("the clone");
    Files.createDirectories(clone.resolve(".mvn/wrapper"));
    Files.copy(ROOT.resolve("mvnw"), clone.resolve("mvnw"));
    Files.copy(ROOT.resolve(".mvn/jdk.sh"), clone.resolve(".mvn/jdk.sh"));
    Files.copy(ROOT.resolve(".mvn/maven.sh"), clone.resolve(".mvn/maven.sh"));
    HttpServer server = serve(archive());
    try {
      String name = distribution();
      Files.writeString(
          clone.resolve(".mvn/wrapper/maven-wrapper.properties"),
          "distributionUrl=http://127.0.0.1:%d/%s\n"
              .formatted(server.getAddress().getPort(), name));
      Map<String, String> environment = new HashMap<>();
      environment.put("PATH", path());
      environment.put("HOME", folder.resolve("home").toString());
      environment.put("JAVA_HOME", folder.resolve("old").toString());
      List<String> words = List.of(clone.resolve("mvnw").toString(), "-q", "a b", "it's");
      Ended first = new Command(folder, environment).run(words);
      assertThat(first.code()).as(first.err()).isEqualTo(7);
      assertThat(first.out()).endsWith("<-q>\n<a b>\n<it's>\n");
      String javaHome = first.out().lines().findFirst().orElseThrow().substring("java ".length());
      assertThat(Path.of(javaHome, "release")).content().containsPattern("JAVA_VERSION=\"2[5-9]");
      assertThat(first.out()).contains("<" + clone.resolve("pom.xml") + ">");
    } finally {
      server.stop(0);
    }
  }

  /** The file that the properties name, as the tar that is asked for where there is no unzip. */
  private static String distribution() throws IOException {
    Properties wrapper = new Properties();
    try (var in = Files.newInputStream(ROOT.resolve(".mvn/wrapper/maven-wrapper.properties"))) {
      wrapper.load(in);
    }
    String url = wrapper.getProperty("distributionUrl");
    return url.substring(url.lastIndexOf('/') + 1);
  }

  private byte[] archive() throws Exception {
    String top = distribution().replace("-bin.zip", "");
    Path program = folder.resolve("served").resolve(top).resolve("bin/mvn");
    script(program, MAVEN);
    Command tar = new Command(folder, Map.of("PATH", System.getenv("PATH")));
    assertThat(tar.run(List.of("tar", "-czf", "maven.tar.gz", "-C", "served", top)).code())
        .isZero();
    return Files.readAllBytes(folder.resolve("maven.tar.gz"));
  }

  private static HttpServer serve(byte[] archive) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          boolean known = exchange.getRequestURI().getPath().endsWith("-bin.tar.gz");
          byte[] body = known ? archive : "no".getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(known ? 200 : 404, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    return server;
  }

  /** No Maven, no unzip, no curl; a javac of 17 comes first. */
  private String path() throws IOException {
    script(folder.resolve("old/bin/javac"), "#!/bin/sh\nexit 1\n");
    Files.writeString(folder.resolve("old/release"), "JAVA_VERSION=\"17.0.9\"\n");
    return folder.resolve("old/bin")
        + ":"
        + Command.path(
            folder.resolve("bin"),
            "basename",
            "cat",
            "dirname",
            "env",
            "gzip",
            "mkdir",
            "mktemp",
            "mv",
            "readlink",
            "rm",
            "sed",
            "sh",
            "tar",
            "tr",
            "uname");
  }

  private static void script(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
