// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.command;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.samepage.app.plugin.Plugins;
import org.samepage.app.workbench.ExitCode;
import org.samepage.app.workbench.UserMistakeException;
import org.samepage.app.workbench.Workbench;
import org.samepage.capture.format.CaptureException;
import org.samepage.host.SurroundingsException;
import org.samepage.machine.config.ConfigurationException;
import org.samepage.machine.config.NearestNames;
import org.samepage.scenario.lang.ScenarioException;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command without a subcommand: help. */
@Command(
    name = "samepage",
    mixinStandardHelpOptions = true,
    versionProvider = SamepageCommand.Version.class,
    description = "Linux kernel samepage merging as a machine you can hold in your hand.")
public final class SamepageCommand implements Runnable {
  private static final String COMPLETION = "generate-completion";

  /** In the order of the help. */
  private static final Map<String, Class<?>> SUBCOMMANDS = new LinkedHashMap<>();

  static {
    SUBCOMMANDS.put("capture", CaptureCommand.class);
    SUBCOMMANDS.put("predict", PredictCommand.class);
    SUBCOMMANDS.put("verify", VerifyCommand.class);
    SUBCOMMANDS.put("run", RunCommand.class);
    SUBCOMMANDS.put("compare", CompareCommand.class);
    SUBCOMMANDS.put("strategies", StrategiesCommand.class);
    SUBCOMMANDS.put("explain", ExplainCommand.class);
    SUBCOMMANDS.put("doctor", DoctorCommand.class);
    SUBCOMMANDS.put("record", RecordCommand.class);
    SUBCOMMANDS.put("fuzz", FuzzCommand.class);
    SUBCOMMANDS.put("selftest", SelftestCommand.class);
    SUBCOMMANDS.put("bench", BenchCommand.class);
    SUBCOMMANDS.put("trace", TraceCommand.class);
    SUBCOMMANDS.put("strategy", StrategyCommand.class);
    SUBCOMMANDS.put("where", WhereCommand.class);
    SUBCOMMANDS.put("lab", LabCommand.class);
    SUBCOMMANDS.put("draw", DrawCommand.class);
    SUBCOMMANDS.put(COMPLETION, AutoComplete.GenerateCompletion.class);
  }

  @Option(
      names = "--plugin",
      paramLabel = "JAR",
      scope = ScopeType.INHERIT,
      description =
          "A jar, or a folder of classes, with strategies and profiles beside ours; may be given"
              + " several times.")
  private List<Path> plugins = new ArrayList<>();

  @Spec private CommandSpec spec;

  /** Made by picocli. */
  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  public SamepageCommand() {}

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  /** What a command works with: our strategies, and those of the plug-ins that are asked for. */
  static Workbench workbench(CommandSpec command) {
    return Plugins.workbench(((SamepageCommand) command.root().userObject()).plugins);
  }

  /** The whole command line, printing to these. */
  public static CommandLine commandLine(PrintWriter out, PrintWriter err) {
    return commandLine(out, err, SUBCOMMANDS.keySet());
  }

  /**
   * The command line as far as these arguments need it: to look at every command takes longer than
   * most commands run.
   */
  public static CommandLine commandLineFor(PrintWriter out, PrintWriter err, String... args) {
    List<String> words = List.of(args);
    Set<String> asked = new LinkedHashSet<>(SUBCOMMANDS.keySet());
    boolean version = words.equals(List.of("--version")) || words.equals(List.of("-V"));
    if (version || asked.stream().anyMatch(words::contains)) {
      asked.retainAll(words);
    }
    return commandLine(out, err, asked.contains(COMPLETION) ? SUBCOMMANDS.keySet() : asked);
  }

  private static CommandLine commandLine(PrintWriter out, PrintWriter err, Set<String> commands) {
    CommandLine line = new CommandLine(new SamepageCommand());
    for (Map.Entry<String, Class<?>> known : SUBCOMMANDS.entrySet()) {
      if (commands.contains(known.getKey())) {
        line.addSubcommand(known.getKey(), known.getValue());
      }
    }
    return line.setOut(out)
        .setErr(err)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler(SamepageCommand::usageMistake)
        .setExecutionExceptionHandler(
            (exception, commandLine, parsed) -> failed(exception, commandLine.getErr()));
  }

  /** One line that says what is wrong, one that says where help is. */
  private static int usageMistake(ParameterException mistake, String[] args) {
    CommandLine commandLine = mistake.getCommandLine();
    PrintWriter err = commandLine.getErr();
    String message = String.valueOf(mistake.getMessage());
    Set<String> commands =
        commandLine.getParent() == null
            ? SUBCOMMANDS.keySet()
            : commandLine.getSubcommands().keySet();
    if (mistake instanceof UnmatchedArgumentException unmatched && !commands.isEmpty()) {
      String word = unmatched.getUnmatched().getFirst();
      List<String> known = List.copyOf(commands);
      message =
          "unknown command %s; %s there are %s"
              .formatted(word, NearestNames.sentence(word, known), String.join(", ", known));
    }
    err.println("samepage: " + message);
    err.println("Try '" + commandLine.getCommandSpec().qualifiedName() + " --help'.");
    return ExitCode.USAGE;
  }

  private static int failed(Exception exception, PrintWriter err) {
    if (exception instanceof ScenarioException) {
      err.println(exception.getMessage());
      return ExitCode.USAGE;
    }
    if (exception instanceof ConfigurationException || exception instanceof UserMistakeException) {
      err.println("samepage: " + exception.getMessage());
      return ExitCode.USAGE;
    }
    if (exception instanceof CaptureException) {
      err.println("samepage: " + exception.getMessage());
      return ExitCode.USAGE;
    }
    if (exception instanceof SurroundingsException) {
      err.println("samepage: " + (isEnding() ? "stopped" : exception.getMessage()));
      return ExitCode.SURROUNDINGS;
    }
    err.println(
        "samepage: an error of our own: %s; the details are in %s"
            .formatted(exception, keepTrace(exception)));
    return ExitCode.INTERNAL;
  }

  /** Whether the JVM was told to end: whatever fails then fails because of that. */
  private static boolean isEnding() {
    Thread never = new Thread(() -> {});
    try {
      Runtime.getRuntime().addShutdownHook(never);
      return !Runtime.getRuntime().removeShutdownHook(never);
    } catch (IllegalStateException e) {
      return true;
    }
  }

  private static String keepTrace(Exception exception) {
    try {
      Path file = Files.createTempFile("samepage-error-", ".txt");
      StringWriter trace = new StringWriter();
      exception.printStackTrace(new PrintWriter(trace));
      return Files.writeString(file, trace.toString()).toString();
    } catch (IOException e) {
      return "no file, as none could be written: " + e.getMessage();
    }
  }

  /** Reads the version that the build wrote. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      Properties properties = new Properties();
      try (InputStream in =
          SamepageCommand.class.getResourceAsStream("/samepage-version.properties")) {
        properties.load(in);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return new String[] {"samepage " + properties.getProperty("version")};
    }
  }
}
