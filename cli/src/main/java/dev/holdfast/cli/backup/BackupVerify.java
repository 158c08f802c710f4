package dev.holdfast.cli.backup;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.archive.AllowedSigners;
import dev.holdfast.archive.Verification;
import dev.holdfast.archive.Verification.Severity;
import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.OpenLocation;
import dev.holdfast.cli.Session;
import dev.holdfast.cli.document.IdentityFlag;
import dev.holdfast.cli.output.OutputFlag;
import dev.holdfast.cli.output.Units;
import dev.holdfast.engine.inspect.VerifyRun;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code holdfast backup verify}. */
@Command(
    name = "verify",
    description = {
      "Check a backup byte by byte: signature, manifest, index, every item.",
      "Ends with 5 if something is damaged."
    })
public final class BackupVerify implements Callable<Integer> {

  @Parameters(paramLabel = "NAME", description = "The backup.")
  String name = "";

  @Option(
      names = "--allowed-signers",
      paramLabel = "FILE",
      description = "Whose signatures count, as ssh-keygen takes it; without it none is checked.")
  @Nullable Path allowedSigners;

  @Option(
      names = "--show",
      description = "Print the commands that verify the same without Holdfast; run nothing.")
  boolean show;

  @Mixin final IdentityFlag identity = new IdentityFlag();
  @Mixin final OutputFlag output = new OutputFlag();

  private final Session session;

  public BackupVerify(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    try (OpenLocation location = session.location()) {
      VerifyRun run = new VerifyRun(location.store(), name);
      if (show) {
        run.commands(session.operation()).forEach(session.out()::println);
        return ExitCode.OK;
      }
      Verification found = run.run(session.operation(), signers(), identity.decryption());
      switch (output.format()) {
        case JSON, YAML -> session.out().print(output.format().text(document(found)));
        case NAME -> found.findings().forEach(one -> session.out().println(one.subject()));
        case TABLE -> print(found);
      }
      return found.sound() ? ExitCode.OK : ExitCode.DAMAGED;
    }
  }

  private @Nullable AllowedSigners signers() {
    if (allowedSigners == null) {
      return null;
    }
    try {
      return AllowedSigners.parse(Files.readString(allowedSigners), allowedSigners.toString());
    } catch (IOException e) {
      throw new Failure.Absent(
          "--allowed-signers: cannot read " + allowedSigners, "check its path and its rights", e);
    }
  }

  private ObjectNode document(Verification found) {
    ObjectNode document = Json.MAPPER.createObjectNode();
    document.put("backup", name).put("sound", found.sound()).put("complete", found.complete());
    return document.setAll(Json.tree(found));
  }

  private void print(Verification found) {
    for (Verification.Finding finding : found.findings()) {
      boolean damaged = finding.severity() == Severity.DAMAGED;
      session
          .out()
          .println(
              (damaged ? session.style().red("damaged    ") : session.style().yellow("unchecked  "))
                  + finding.subject()
                  + ": "
                  + finding.problem());
    }
    AllowedSigners.Signer signer = found.signer();
    session
        .out()
        .println(
            "Backup "
                + name
                + " is "
                + (found.sound() ? session.style().green("sound") : session.style().red("damaged"))
                + ": "
                + Units.count(found.keys(), "file")
                + ", "
                + Units.count(found.items(), "item")
                + (signer == null ? "" : ", signed by " + signer.principal()));
  }
}
