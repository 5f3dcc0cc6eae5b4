package dev.swiglu.tools.cli;

import dev.swiglu.CheckpointException;
import dev.swiglu.Device;
import dev.swiglu.DeviceUnavailableException;
import dev.swiglu.ModelException;
import dev.swiglu.NativeLibraryException;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.Progress;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.publish.DataMode;
import dev.swiglu.tools.rewrite.Mode;
import dev.swiglu.tools.verify.VerifiedPublication;
import dev.swiglu.tools.verify.Verifier;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;

/** {@code tools/swiglu}: one class per command; this one only lists them and turns failures into sentences and exit codes. */
@Command(name = "swiglu", mixinStandardHelpOptions = true, versionProvider = Version.class,
        description = "Finds gated MLPs in ONNX graphs, fuses them, and proves that the result is as accurate.",
        synopsisSubcommandLabel = "COMMAND")
public final class Main implements Runnable {

    @Option(names = "--debug", scope = ScopeType.INHERIT, description = "Show stack traces.")
    private boolean debug;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    public static void main(String[] args) {
        CommandLine commandLine = commandLine().setOut(new PrintWriter(System.out, true, StandardCharsets.UTF_8));
        int exit;
        try {
            exit = commandLine.execute(args);
        } catch (Error fatal) {
            exit = explain(fatal, commandLine);
        }
        System.exit(exit);
    }

    /** The command line as {@code main} runs it; tests call this one. */
    public static CommandLine commandLine() {
        CommandLine commandLine = new CommandLine(new Main());
        return commandLine
                .addSubcommand(new InspectCommand())
                .addSubcommand(new RewriteCommand(reports -> new VerifiedPublication(Device.cpu(), 0,
                        () -> Progress.onTerminal(commandLine.getErr(), "Verifying", Verifier.STEPS), reports)))
                .addSubcommand(new RestoreCommand())
                .addSubcommand(new GradientCommand())
                .addSubcommand(new VerifyCommand())
                .addSubcommand(new BenchCommand())
                .addSubcommand(new GenerateCommand())
                .addSubcommand(new ExportCommand())
                .addSubcommand(new DoctorCommand())
                .addSubcommand(new MnistCommand())
                .addSubcommand(new LargeCommand())
                .addSubcommand(new StartUpCommand())
                .registerConverter(Path.class, new FileName())
                .registerConverter(Mode.class, new Choice<>(Mode.class))
                .registerConverter(DataMode.class, new Choice<>(DataMode.class))
                .registerConverter(GradientCommand.Weights.class, new Choice<>(GradientCommand.Weights.class))
                .setExecutionStrategy(Main::execute)
                .setExitCodeExceptionMapper(Main::exitCode)
                .setParameterExceptionHandler(new UsageError())
                .setExecutionExceptionHandler(Main::explain);
    }

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getErr());
        throw new CommandLine.ParameterException(spec.commandLine(), "Name a command");
    }

    /** Done is only what has arrived where it was printed to: a disk may be full, a pipe closed. */
    private static int execute(ParseResult parsed) {
        int exit = new CommandLine.RunLast().execute(parsed);
        CommandLine command = parsed.commandSpec().commandLine();
        return exit == ExitCode.DONE.number() && command.getOut().checkError()
                ? explain(new ToolException(ExitCode.IO, "Standard output does not take everything: it is closed, or a disk is full."),
                        command) : exit;
    }

    private static int exitCode(Throwable failure) {
        return kind(failure).number();
    }

    private static ExitCode kind(Throwable failure) {
        if (failure instanceof ToolException known) {
            return known.exitCode();
        }
        if (failure instanceof DeviceUnavailableException || failure instanceof NativeLibraryException) {
            return ExitCode.UNAVAILABLE;
        }
        if (failure instanceof ModelException || failure instanceof CheckpointException) {
            return ExitCode.REFUSED;
        }
        if (failure instanceof UncheckedIOException) {
            return ExitCode.IO;
        }
        return failure instanceof CommandLine.ParameterException ? ExitCode.USAGE : ExitCode.INTERNAL;
    }

    private static int explain(Exception failure, CommandLine command, ParseResult parsed) {
        return explain(failure, command);
    }

    private static int explain(Throwable failure, CommandLine command) {
        PrintWriter err = command.getErr();
        boolean debug = ((Main) command.getCommandSpec().root().userObject()).debug;
        if (debug) {
            StringWriter trace = new StringWriter();
            failure.printStackTrace(new PrintWriter(trace));
            err.print(trace);
        }
        String message = kind(failure) != ExitCode.INTERNAL ? failure.getMessage()
                : "internal error: " + failure + (debug ? "" : " (run again with --debug for the stack trace)");
        err.println("swiglu: " + message);
        err.flush();
        return exitCode(failure);
    }
}
