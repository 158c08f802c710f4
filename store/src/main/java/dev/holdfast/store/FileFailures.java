package dev.holdfast.store;

import dev.holdfast.model.Failure;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.ReadOnlyFileSystemException;
import java.util.Locale;

/** Says in {@link Failure}s what a file system's exceptions mean. */
final class FileFailures {

  private FileFailures() {}

  /**
   * @param doing what failed, for example {@code "Writing backups/a/b"}
   * @param where the store, for the message
   */
  static Failure of(String doing, String where, Exception e) {
    String reason = reason(e);
    String message = doing + " in " + where + " failed: " + reason;
    String lower = reason.toLowerCase(Locale.ROOT);
    if (lower.contains("no space left") || lower.contains("quota exceeded")) {
      return new Failure.Full(
          message, "Make room or use another location; nothing incomplete was left behind", e);
    }
    if (lower.contains("file too large")) {
      return new Failure.Full(message, "The file system or a limit allows no larger file", e);
    }
    if (e instanceof ReadOnlyFileSystemException || lower.contains("read-only file system")) {
      return new Failure.Denied(message, "Mount the file system writable", e);
    }
    if (e instanceof AccessDeniedException
        || lower.contains("permission denied")
        || lower.contains("operation not permitted")) {
      return new Failure.Denied(message, "Check owner and permissions of the directory", e);
    }
    if (lower.contains("file name too long")) {
      return new Failure.Invalid(
          message, "A directory allows at most 255 bytes between two slashes of a key", e);
    }
    if (missing(e)) {
      return new Failure.Absent(message, null, e);
    }
    return new Failure.Unreachable(message, "Check the disk or the network share", e);
  }

  /** True if the file, or what should be the directory above it, is not there. */
  static boolean missing(Exception e) {
    return e instanceof NoSuchFileException
        || e instanceof NotDirectoryException
        || (e instanceof FileSystemException file && "Not a directory".equals(file.getReason()));
  }

  private static String reason(Exception e) {
    return switch (e) {
      case AccessDeniedException _ -> "permission denied";
      case NoSuchFileException file -> file.getFile() + " does not exist";
      case FileSystemException file when file.getReason() != null ->
          file.getFile() + ": " + file.getReason();
      case ReadOnlyFileSystemException _ -> "read-only file system";
      default -> e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    };
  }
}
