package dev.holdfast.cli;

import dev.holdfast.cli.output.Console;
import dev.holdfast.cli.output.Style;
import dev.holdfast.cli.output.Words;
import dev.holdfast.model.Failure;
import java.io.UncheckedIOException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Prints what went wrong in one or two lines, and turns it into an exit code. */
final class Errors implements IExecutionExceptionHandler, IParameterExceptionHandler {

  private final Console console;
  private final GlobalOptions global;
  private final Session session;

  Errors(Console console, GlobalOptions global, Session session) {
    this.console = console;
    this.global = global;
    this.session = session;
  }

  /** A verb failed. */
  @Override
  public int handleExecutionException(Exception e, CommandLine command, ParseResult parsed) {
    if (e instanceof ParameterException usage) {
      return handleParseException(usage, parsed.originalArgs().toArray(String[]::new));
    }
    return report(e, command.getCommandSpec().qualifiedName());
  }

  /** Says it, and returns the exit code. */
  int report(Throwable e, String verb) {
    int code = ExitCode.FAILED;
    switch (e) {
      case Failure failure -> {
        code = failure.exitCode();
        error(failure.getMessage());
        next(failure.next() == null ? generally(failure, verb) : failure.next());
        if (inTheMiddle(failure)) {
          next(session.safe());
        }
      }
      case UncheckedIOException io -> {
        error(String.valueOf(io.getMessage()));
        next(session.safe());
      }
      case Throwable any when memory(any) -> {
        error("the memory that this command may take is not enough");
        next("give it more: HOLDFAST_JAVA_OPTIONS=-Xmx512m; verbs of 'repo' know --memory 512m");
        next(session.safe());
      }
      default -> {
        error("unexpected " + e.getClass().getSimpleName() + ": " + e.getMessage());
        if (!global.verbose()) {
          next(
              "this is a defect of Holdfast; run it again with --verbose and report what it"
                  + " prints");
        }
      }
    }
    if (global.verbose()) {
      e.printStackTrace(console.err());
    }
    console.err().flush();
    return code;
  }

  /** Whatever thread ran out of it. */
  private static boolean memory(@Nullable Throwable e) {
    return e != null && (e instanceof OutOfMemoryError || memory(e.getCause()));
  }

  /** What to do next where the failure itself does not know. */
  private static @Nullable String generally(Failure failure, String verb) {
    return switch (failure) {
      case Failure.Invalid _ -> "see " + verb + " --help";
      case Failure.Corrupt _ ->
          verb.startsWith("holdfast repo")
              ? "'repo check' names what is damaged"
              : "'backup verify' names what is damaged; use another backup, or a copy of this one";
      default -> null;
    };
  }

  /** What the others are known for before anything is done, and their messages say what is safe. */
  private static boolean inTheMiddle(Failure failure) {
    return switch (failure) {
      case Failure.Invalid _, Failure.Absent _, Failure.Conflict _, Failure.Locked _ -> false;
      case Failure.WrongKey _, Failure.Unsupported _, Failure.Corrupt _ -> false;
      default -> true;
    };
  }

  /** The command line itself is wrong. */
  @Override
  public int handleParseException(ParameterException e, String[] args) {
    String verb = e.getCommandLine().getCommandSpec().qualifiedName();
    error(sentence(e));
    if (e instanceof UnmatchedArgumentException unmatched) {
      var similar = unmatched.getSuggestions();
      if (!similar.isEmpty()) {
        next(
            "did you mean "
                + String.join(" or ", similar.subList(0, Math.min(2, similar.size())))
                + "?");
        return ExitCode.USAGE;
      }
    }
    next("see " + verb + " --help");
    return ExitCode.USAGE;
  }

  private static String sentence(ParameterException e) {
    var verbs = e.getCommandLine().getSubcommands();
    boolean noun = !(e.getCommandLine().getCommand() instanceof Callable);
    if (noun && !verbs.isEmpty() && !(e instanceof UnmatchedArgumentException)) {
      return e.getCommandLine().getCommandSpec().qualifiedName()
          + " needs a command: "
          + String.join(", ", verbs.keySet());
    }
    if (e instanceof UnmatchedArgumentException unmatched && !unmatched.getUnmatched().isEmpty()) {
      String first = unmatched.getUnmatched().getFirst();
      return first.startsWith("-")
          ? "unknown flag " + first
          : "unexpected argument '" + first + "'";
    }
    return String.valueOf(e.getMessage());
  }

  private void error(String message) {
    print(style().red("Error: "), "Error: ".length(), message);
  }

  private void next(@Nullable String next) {
    if (next != null) {
      print(style().faint("  → "), "  → ".length(), next);
    }
  }

  /** Long text goes on below itself where there is a terminal. */
  private void print(String head, int indent, String text) {
    int width = console.errWidth() == 0 ? Integer.MAX_VALUE : console.errWidth() - indent;
    String between = "\n" + " ".repeat(indent);
    console.err().println(head + String.join(between, Words.wrap(text, width)));
  }

  private Style style() {
    return console.errStyle();
  }
}
