package dev.holdfast.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Seeded;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Signatures, both ways with ssh-keygen. */
@Tag("EMF-11")
class SignatureTest {

  @TempDir Path folder;
  private Program program;
  private Signature.Signer signer;
  private AllowedSigners signers;

  @BeforeEach
  void keys() throws IOException {
    Program.need("ssh-keygen");
    program = new Program(folder);
    keygen("key", "ed25519", "");
    keygen("other", "ed25519", "");
    signer = Signature.signer(program.text("key"), "key");
    program.write("allowed", utf8("ops@example.org " + signer.publicKey() + "\n"));
    signers = AllowedSigners.parse(program.text("allowed"), "allowed");
  }

  @Test
  void sshKeygenVerifiesOurs() {
    Seeded.check(
        4,
        random -> {
          byte[] message = new byte[random.nextInt(5000)];
          random.nextBytes(message);
          program.write("m", message);
          program.write("m.sig", signer.sign(message));
          assertThat(verifyWithSshKeygen().ok().output()).contains("Good \"holdfast-backup\"");
          assertThat(Signature.verify(message, program.read("m.sig"), signers).principal())
              .isEqualTo("ops@example.org");
          program.write("m", Arrays.copyOf(message, message.length + 1));
          assertThat(verifyWithSshKeygen().exit()).isNotZero();
        });
  }

  @Test
  void weVerifySshKeygens() throws IOException {
    byte[] message = utf8("the manifest");
    program.write("m", message);
    program.run("ssh-keygen", "-Y", "sign", "-f", "key", "-n", "holdfast-backup", "m").ok();
    byte[] signature = program.read("m.sig");
    AllowedSigners publicKey = AllowedSigners.parse(program.text("key.pub"), "key.pub");
    assertThat(Signature.verify(message, signature, publicKey).fingerprint())
        .isEqualTo(signer.fingerprint());
    // Ed25519 is deterministic: the same key gives the same bytes
    assertThat(signer.sign(message))
        .asString()
        .isEqualTo(new String(signature, StandardCharsets.UTF_8));
    assertThat(program.run("ssh-keygen", "-lf", "key.pub").ok().output())
        .contains(signer.fingerprint());
  }

  @Test
  void aStrangersSignatureIsNamed() throws IOException {
    byte[] message = utf8("the manifest");
    Signature.Signer stranger = Signature.signer(program.text("other"), "other");
    assertThatThrownBy(() -> Signature.verify(message, stranger.sign(message), signers))
        .isInstanceOf(Failure.WrongKey.class)
        .hasMessageContaining(stranger.fingerprint());
  }

  @Test
  void aSignatureForAnotherPurposeDoesNotCount() throws IOException {
    byte[] message = utf8("the manifest");
    program.write("m", message);
    program.run("ssh-keygen", "-Y", "sign", "-f", "key", "-n", "git", "m").ok();
    assertThatThrownBy(() -> Signature.verify(message, program.read("m.sig"), signers))
        .isInstanceOf(Failure.Corrupt.class)
        .hasMessageContaining("made for 'git'");
    AllowedSigners others =
        AllowedSigners.parse(
            "ops namespaces=\"git,file\" " + signer.publicKey() + "\nx " + publicKey("other"), "f");
    assertThatThrownBy(() -> Signature.verify(message, signer.sign(message), others))
        .isInstanceOf(Failure.WrongKey.class);
    AllowedSigners ours =
        AllowedSigners.parse("ops namespaces=\"git,holdfast-backup\" " + signer.publicKey(), "f");
    assertThat(Signature.verify(message, signer.sign(message), ours).principal()).isEqualTo("ops");
  }

  @Test
  void everyChangedBitIsFound() {
    byte[] message = utf8("the manifest");
    byte[] signature = signer.sign(message);
    Seeded.check(
        200,
        random -> {
          byte[] changed = signature.clone();
          int at = random.nextInt(changed.length);
          changed[at] ^= (byte) (1 << random.nextInt(8));
          if (Character.isWhitespace(signature[at]) && Character.isWhitespace(changed[at])) {
            return; // which white space it is means nothing
          }
          assertThatThrownBy(() -> Signature.verify(message, changed, signers))
              .isInstanceOf(Failure.class);
        });
  }

  @Test
  void keysThatCannotSignSayWhy() throws IOException {
    keygen("locked", "ed25519", "passphrase");
    keygen("rsa", "rsa", "");
    assertThatThrownBy(() -> Signature.signer(program.text("locked"), "locked"))
        .isInstanceOf(Failure.Invalid.class)
        .hasMessage("locked is protected by a passphrase");
    assertThatThrownBy(() -> Signature.signer(program.text("rsa"), "rsa"))
        .isInstanceOf(Failure.Invalid.class)
        .hasMessageContaining("type ssh-rsa");
    assertThatThrownBy(() -> Signature.signer(program.text("key.pub"), "key.pub"))
        .isInstanceOf(Failure.Invalid.class)
        .hasMessageContaining("not an OpenSSH private key");
    String cut = program.text("key").replaceFirst("\n[^\n-]+\n", "\n");
    assertThatThrownBy(() -> Signature.signer(cut, "cut"))
        .isInstanceOf(Failure.Invalid.class)
        .hasMessageContaining("damaged");
    assertThatThrownBy(() -> AllowedSigners.parse("nonsense", "f"))
        .isInstanceOf(Failure.Invalid.class)
        .hasMessageContaining("f, line 1");
  }

  private Program.Answer verifyWithSshKeygen() {
    return program.shell(
        "ssh-keygen -Y verify -f allowed -I ops@example.org -n holdfast-backup -s m.sig < m");
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private String publicKey(String name) throws IOException {
    return Signature.signer(program.text(name), name).publicKey();
  }

  private void keygen(String name, String type, String passphrase) {
    program.run("ssh-keygen", "-q", "-t", type, "-N", passphrase, "-C", "test", "-f", name).ok();
  }
}
