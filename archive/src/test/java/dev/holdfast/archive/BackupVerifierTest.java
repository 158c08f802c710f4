package dev.holdfast.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.archive.Verification.Finding;
import dev.holdfast.archive.Verification.Severity;
import dev.holdfast.model.Failure;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Seeded;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A sound backup has no findings; whatever is done to one is found and named. */
@Tag("KUR-38")
@Tag("EMF-11")
@Tag("EBS-8")
class BackupVerifierTest {

  @TempDir Path folder;
  private Program program;
  private Signature.Signer signer;
  private AllowedSigners signers;
  private ItemEncryption encryption;
  private ItemDecryption identity;

  @BeforeEach
  void keys() throws IOException {
    Program.need("age-keygen", "ssh-keygen");
    program = new Program(folder);
    program.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "t", "-f", "sign").ok();
    program.run("age-keygen", "-o", "key.txt").ok();
    signer = Signature.signer(program.text("sign"), "sign");
    signers = AllowedSigners.parse(program.text("sign.pub"), "sign.pub");
    encryption =
        ItemEncryption.to(
            List.of(program.run("age-keygen", "-y", "key.txt").ok().output().strip()));
    identity = ItemDecryption.identities(program.text("key.txt"), "key.txt");
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "secrets", "all"})
  void aSoundBackupHasNoFindings(String mode) {
    WrittenBackup backup = backup(mode);
    Verification verification = backup.verify(signers, identity);
    assertThat(verification.findings()).isEmpty();
    assertThat(verification.items()).isEqualTo(backup.items.size());
    assertThat(verification.keys()).isEqualTo(backup.objects.size() - 3);
    assertThat(verification.signer())
        .isEqualTo(new AllowedSigners.Signer("t", signer.fingerprint()));
  }

  @Test
  void theManifestIsReadAsItWasWritten() {
    WrittenBackup backup = backup("secrets");
    byte[] bytes = backup.bytes(backup.keys.manifest());
    Manifest manifest = Manifest.read(bytes, "it");
    assertThat(manifest.discovery()).isEqualTo(WrittenBackup.DISCOVERY);
    assertThat(manifest.encryption())
        .isEqualTo(new Manifest.Encryption("secrets", encryption.recipients()));
    assertThat(manifest.toBytes()).isEqualTo(bytes);
    String newer = WrittenBackup.text(bytes).replace("\"formatVersion\":1", "\"formatVersion\":2");
    assertThatThrownBy(() -> Manifest.read(newer.getBytes(StandardCharsets.UTF_8), "it"))
        .isInstanceOf(Failure.Unsupported.class)
        .satisfies(e -> assertThat(((Failure) e).next()).contains("use Holdfast 0.1 or newer"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"secrets", "all"})
  void withoutTheIdentityItSaysWhatStaysUnchecked(String mode) {
    Verification verification = backup(mode).verify(signers, null);
    assertThat(verification.sound()).isTrue();
    assertThat(verification.complete()).isFalse();
    assertThat(verification.findings())
        .extracting(Finding::problem)
        .anyMatch(p -> p.contains("--identity"));
  }

  @Test
  void everyChangedByteOfEveryKeyIsFound() {
    WrittenBackup backup = backup("secrets");
    Seeded.check(
        40,
        random -> {
          String key = Seeded.pick(random, List.copyOf(backup.objects.keySet()));
          if (key.startsWith(backup.keys.claimPrefix())) {
            return; // a claim means nothing once the backup is finished
          }
          byte[] before = backup.bytes(key);
          byte[] damaged = before.clone();
          int at = random.nextInt(damaged.length);
          damaged[at] ^= (byte) (1 << random.nextInt(8));
          boolean white = Character.isWhitespace(damaged[at]) && Character.isWhitespace(before[at]);
          if (random.nextInt(3) == 0) {
            damaged = Arrays.copyOf(damaged, at);
            white = false;
          }
          backup.objects.put(key, damaged);
          try {
            Verification verification = backup.verify(signers, identity);
            assertThat(white || !verification.sound()).as(key + " at " + at).isTrue();
          } finally {
            backup.objects.put(key, before);
          }
        });
  }

  @Test
  void aDamagedMemberNamesItsItemsAndNoOthers() {
    WrittenBackup backup = backup("none");
    byte[] archive = backup.bytes(backup.keys.archive());
    Index index = Index.read(new ByteArrayInputStream(backup.bytes(backup.keys.index())));
    assertThat(index.members()).isGreaterThan(2);
    long member = index.entry(index.size() - 1).member();
    archive[(int) member + 1000] ^= 4;
    List<String> lost = new ArrayList<>();
    index.forEach(entry -> {
      if (entry.member() == member) {
        lost.add(entry.key().toString());
      }
    });
    Verification verification = backup.verify(signers, null);
    List<String> named =
        verification.findings().stream()
            .map(Finding::subject)
            .filter(s -> !s.startsWith("backups/"))
            .toList();
    assertThat(named).isNotEmpty().isSubsetOf(lost);
    assertThat(subjects(verification)).contains(backup.keys.archive());
  }

  @Test
  void whatIsMissingOrTooMuchIsNamed() {
    WrittenBackup backup = backup("none");
    backup.objects.remove(backup.keys.results());
    backup.objects.put(backup.keys.root() + "holdfast-extra", new byte[1]);
    Verification verification = backup.verify(signers, null);
    assertThat(subjects(verification))
        .containsExactlyInAnyOrder(backup.keys.results(), backup.keys.root() + "holdfast-extra");
  }

  @Test
  void anIndexThatDisagreesIsNamed() throws IOException {
    WrittenBackup backup = backup("none");
    Map<ItemKey, byte[]> others = WrittenBackup.someItems();
    ItemKey changed = ItemKey.of("secrets", "shop", "s3");
    others.put(changed, ArchiveRoundTripTest.json("v1", "Secret", changed, "changed"));
    WrittenBackup other = new WrittenBackup(others, "none", null, signer);
    backup.objects.put(backup.keys.index(), other.bytes(other.keys.index()));
    assertThat(subjects(backup.verify(signers, null)))
        .contains(backup.keys.index(), changed.toString());
  }

  @Test
  void anUnsignedBackupIsNotSigned() {
    WrittenBackup backup = new WrittenBackup(WrittenBackup.someItems(), "none", null, null);
    assertThat(backup.verify(null, null).findings()).isEmpty();
    assertThat(subjects(backup.verify(signers, null)))
        .containsExactly(backup.keys.manifestSignature());
  }

  @Test
  void anUnfinishedBackupIsNone() {
    WrittenBackup backup = backup("none");
    backup.objects.remove(backup.keys.backupJson());
    assertThat(backup.verify(null, null).findings())
        .extracting(Finding::problem)
        .anyMatch(p -> p.contains("never finished"));
    backup.objects.clear();
    assertThatThrownBy(() -> backup.verify(null, null)).isInstanceOf(Failure.Absent.class);
  }

  @ParameterizedTest
  @MethodSource("dev.holdfast.archive.VeleroBuckets#all")
  @Tag("KUR-36")
  void velerosBackupsAreSoundAndSayWhatIsUnchecked(VeleroBuckets.Stored stored) throws IOException {
    Set<String> present = new TreeSet<>();
    try (Stream<Path> files = Files.list(stored.root().resolve(stored.keys().root()))) {
      files.forEach(file -> present.add(stored.keys().root() + file.getFileName()));
    }
    Verification verification =
        new BackupVerifier(
                key -> Optional.of(new ByteArrayInputStream(stored.bytes(key))),
                stored.keys(),
                present,
                null,
                null)
            .verify();
    assertThat(verification.sound()).as(verification.toString()).isTrue();
    assertThat(verification.items()).isPositive();
    assertThat(verification.findings())
        .extracting(Finding::subject)
        .containsExactly(stored.keys().manifest(), stored.keys().index());
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "secrets", "all"})
  void anyoneVerifiesWithTheShownCommands(String mode) throws IOException {
    Program.need("age", "zstd", "tar", "sha256sum", "sed", "grep");
    WrittenBackup backup = backup(mode);
    backup.copyTo(folder);
    program.write(
        "allowed_signers", ("me " + signer.publicKey() + "\n").getBytes(StandardCharsets.UTF_8));
    List<String> lines = VerifyCommands.show(backup.keys, backup.objects.keySet());
    StringBuilder outputs = new StringBuilder();
    for (String line : lines) {
      outputs.append(program.shell(line.replace("-I NAME", "-I me")).ok().output());
    }
    String output = outputs.toString();
    assertThat(output).contains("Good \"" + Signature.NAMESPACE + "\" signature for me");
    assertThat(output).contains("velero-backup.json: OK");
    assertThat(output).contains("resources/deployments.apps/namespaces/shop/d3.json: OK");
    assertThat(output).contains("resources/namespaces/cluster/n3.json: OK");
    ItemKey secret = ItemKey.of("secrets", "shop", "s11");
    assertThat(program.read("items/resources/secrets/namespaces/shop/s11.json"))
        .isEqualTo(backup.items.get(secret));

    // and they find what is wrong
    program.write(
        "holdfast-manifest.json", Arrays.copyOf(program.read("holdfast-manifest.json"), 300));
    assertThat(program.shell(lines.get(2).replace("-I NAME", "-I me")).exit()).isNotZero();
  }

  private WrittenBackup backup(String mode) {
    return new WrittenBackup(
        WrittenBackup.someItems(), mode, mode.equals("none") ? null : encryption, signer);
  }

  private static List<String> subjects(Verification verification) {
    return verification.findings().stream()
        .filter(f -> f.severity() == Severity.DAMAGED)
        .map(Finding::subject)
        .distinct()
        .toList();
  }
}
