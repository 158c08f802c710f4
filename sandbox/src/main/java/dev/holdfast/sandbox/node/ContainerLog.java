package dev.holdfast.sandbox.node;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** What one run of a container wrote. The oldest lines go when there are too many. */
final class ContainerLog {

  private static final int LONGEST = 100_000;

  /** One line and when it came. */
  record Line(Instant time, String text) {}

  private final List<Line> lines = new ArrayList<>();
  private long dropped;
  private boolean ended;

  /** Takes lines until the stream ends. */
  void pump(InputStream from) {
    try (BufferedReader reader =
        new BufferedReader(new InputStreamReader(from, StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        add(line);
      }
    } catch (IOException e) {
      // the process has ended
    }
  }

  private synchronized void add(String text) {
    lines.add(new Line(Instant.now(), text));
    if (lines.size() > LONGEST) {
      lines.removeFirst();
      dropped++;
    }
    notifyAll();
  }

  synchronized void end() {
    ended = true;
    notifyAll();
  }

  /** How many lines there have been. */
  synchronized long size() {
    return dropped + lines.size();
  }

  /** The lines from this number on, as far as they are kept. */
  synchronized List<Line> from(long number) {
    int first = Math.clamp(number - dropped, 0, lines.size());
    return List.copyOf(lines.subList(first, lines.size()));
  }

  /**
   * Waits for more than this many lines.
   *
   * @return false once there will be no more
   */
  synchronized boolean await(long number) throws InterruptedException {
    while (size() <= number && !ended) {
      wait();
    }
    return size() > number;
  }
}
