package dev.holdfast.sandbox;

import java.nio.file.Path;

/** Runs a sandbox until it is ended, for trying things out: prints URL, token, authority. */
final class Serve {

  private Serve() {}

  public static void main(String[] args) throws InterruptedException {
    SandboxOptions options = SandboxOptions.DEFAULT;
    for (int i = 0; i + 1 < args.length; i += 2) {
      options =
          switch (args[i]) {
            case "--port" -> options.port(Integer.parseInt(args[i + 1]));
            case "--data" -> options.data(Path.of(args[i + 1]));
            case "--load" -> options.load(Path.of(args[i + 1]));
            case "--kubeconfig" -> options.kubeconfig(Path.of(args[i + 1]));
            case "--nodes" -> options.nodes(Integer.parseInt(args[i + 1]));
            default -> throw new IllegalArgumentException(args[i]);
          };
    }
    try (Sandbox sandbox = Sandbox.start(options)) {
      System.out.println(sandbox.url() + " " + sandbox.token());
      System.out.println(sandbox.authority());
      Thread.currentThread().join();
    }
  }
}
