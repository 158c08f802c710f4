package dev.holdfast.cli.bench;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.UUID;

/** What is backed up. Made up from seeds, so that every run has the same bytes. */
enum DataSet {
  INCOMPRESSIBLE("8 files of random bytes"),
  COMPRESSIBLE("32 files of SQL, JSON lines and database pages"),
  FILES("small files, 100 in a directory");

  private static final int PIECE = 1 << 20;
  private static final int PAGE = 16 << 10;
  private static final int SMALL = 4096;
  private static final int IN_A_DIRECTORY = 100;

  final String label;

  DataSet(String label) {
    this.label = label;
  }

  /** Its name on the command line. */
  String flag() {
    return name().toLowerCase(Locale.ROOT);
  }

  static DataSet parse(String name) {
    return valueOf(name.strip().toUpperCase(Locale.ROOT));
  }

  /** Small files that take the place of so many bytes: 100,000 for 2 GiB. */
  static int count(long size) {
    return (int) Math.max(IN_A_DIRECTORY, size * 100_000 / (2L << 30));
  }

  /** Writes it all below the folder; {@code size} is that of the large sets. */
  void create(Path folder, long size) throws IOException {
    Files.createDirectories(folder);
    switch (this) {
      case INCOMPRESSIBLE -> {
        for (int i = 0; i < 8; i++) {
          large(folder.resolve("random-" + i), size / 8, i, -1);
        }
      }
      case COMPRESSIBLE -> {
        for (int i = 0; i < 32; i++) {
          large(folder.resolve("data-" + i), size / 32, i, i % 3);
        }
      }
      case FILES -> {
        for (int i = 0; i < count(size); i++) {
          Path directory = folder.resolve("directory-" + i / IN_A_DIRECTORY);
          if (i % IN_A_DIRECTORY == 0) {
            Files.createDirectories(directory);
          }
          Files.write(directory.resolve("file-" + i + ".conf"), small(new SplittableRandom(i)));
        }
      }
    }
  }

  /** Changes one per cent: pieces of 1 MiB at random places, or whole small files. */
  void change(Path folder, long size, int round) throws IOException {
    SplittableRandom random = new SplittableRandom(round + 1_000_000);
    if (this == FILES) {
      int count = count(size);
      for (int i = 0; i < count / 100; i++) {
        int file = random.nextInt(count);
        Path path =
            folder.resolve("directory-" + file / IN_A_DIRECTORY).resolve("file-" + file + ".conf");
        Files.write(path, small(random));
      }
      return;
    }
    List<Path> files = files(folder);
    for (long i = 0; i < Math.max(1, size / 100 / PIECE); i++) {
      Path path = files.get(random.nextInt(files.size()));
      try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
        byte[] piece = new byte[(int) Math.min(PIECE, file.length())];
        fill(piece, random, this == INCOMPRESSIBLE ? -1 : random.nextInt(3));
        file.seek(random.nextLong(file.length() - piece.length + 1));
        file.write(piece);
      }
    }
  }

  /** One file of random bytes. */
  static void random(Path file, long size, int seed) throws IOException {
    large(file, size, seed, -1);
  }

  private static List<Path> files(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      return new ArrayList<>(files.sorted().toList());
    }
  }

  private static void large(Path path, long size, int seed, int kind) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    byte[] piece = new byte[PIECE];
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(path), PIECE)) {
      for (long left = size; left > 0; left -= piece.length) {
        fill(piece, random, kind);
        out.write(piece, 0, (int) Math.min(left, piece.length));
      }
    }
  }

  /** Kinds: -1 random, 0 SQL, 1 JSON lines, 2 pages of a database. */
  private static void fill(byte[] piece, SplittableRandom random, int kind) {
    switch (kind) {
      case -1 -> random.nextBytes(piece);
      case 2 -> pages(piece, random);
      default -> {
        StringBuilder text = new StringBuilder(piece.length + 512);
        while (text.length() < piece.length) {
          text.append(kind == 0 ? sql(random) : log(random));
        }
        byte[] bytes = text.toString().getBytes(StandardCharsets.ISO_8859_1);
        System.arraycopy(bytes, 0, piece, 0, piece.length);
      }
    }
  }

  /** A page: a header, rows with some random columns, and free space. */
  private static void pages(byte[] piece, SplittableRandom random) {
    java.util.Arrays.fill(piece, (byte) 0);
    for (int page = 0; page < piece.length; page += PAGE) {
      int at = page + 64;
      int end = Math.min(piece.length, page + PAGE - random.nextInt(1000, 6000));
      while (at + 96 < end) {
        byte[] row = new byte[24];
        random.nextBytes(row);
        System.arraycopy(row, 0, piece, at, row.length);
        byte[] text =
            ("customer-" + random.nextInt(100_000) + " active 2026-11-" + random.nextInt(10, 30))
                .getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(text, 0, piece, at + 32, text.length);
        at += 96;
      }
    }
  }

  private static String sql(SplittableRandom random) {
    return "INSERT INTO orders (id, customer, product, amount, price, note) VALUES ("
        + random.nextInt(1 << 30)
        + ", 'customer-"
        + random.nextInt(100_000)
        + "', 'product-"
        + random.nextInt(1000)
        + "', "
        + random.nextInt(20)
        + ", "
        + random.nextInt(100_000) / 100.0
        + ", '"
        + new UUID(random.nextLong(), random.nextLong())
        + "');\n";
  }

  private static String log(SplittableRandom random) {
    return "{\"time\":\"2026-11-21T07:"
        + random.nextInt(10, 60)
        + ":"
        + random.nextInt(10, 60)
        + "."
        + random.nextInt(1000)
        + "Z\",\"level\":\"INFO\",\"logger\":\"shop.orders\",\"message\":\"order accepted\","
        + "\"trace\":\""
        + Long.toHexString(random.nextLong())
        + Long.toHexString(random.nextLong())
        + "\",\"duration\":"
        + random.nextInt(5000)
        + "}\n";
  }

  /** Text like a configuration's, of 2 to 6 KiB. */
  private static byte[] small(SplittableRandom random) {
    int size = random.nextInt(SMALL / 2, SMALL + SMALL / 2);
    StringBuilder text = new StringBuilder(size + 128);
    while (text.length() < size) {
      text.append("setting.")
          .append(random.nextInt(1000))
          .append(".enabled=true\nid=")
          .append(new UUID(random.nextLong(), random.nextLong()))
          .append("\nlimit=")
          .append(random.nextInt(1 << 20))
          .append('\n');
    }
    text.setLength(size);
    return text.toString().getBytes(StandardCharsets.ISO_8859_1);
  }
}
