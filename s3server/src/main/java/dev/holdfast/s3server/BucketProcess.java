package dev.holdfast.s3server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * {@code BucketProcess FILE BUCKET} serves a bucket in memory until it is killed, and writes its
 * URL into the file. For the build, whose AOT cache is to know the client and not the server.
 */
public final class BucketProcess {

  private BucketProcess() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    Path file = Path.of(args[0]);
    try (S3Server server = S3Server.start(S3Server.Options.MEMORY).bucket(args[1])) {
      Path part = file.resolveSibling(file.getFileName() + ".part");
      Files.writeString(part, server.endpoint() + "/" + args[1]);
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
      Thread.currentThread().join();
    }
  }
}
