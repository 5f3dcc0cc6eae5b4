package dev.swiglu.tools.cli;

import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.publish.PublicationCheck;
import java.io.PrintWriter;
import java.io.StringWriter;
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

    private static final PublicationCheck VERIFICATION = (original, candidate) -> {
        throw new ToolException(ExitCode.UNAVAILABLE, "This build has no verifier; nothing was written.");
    };

    @Option(names = "--debug", scope = ScopeType.INHERIT, description = "Show stack traces.")
    private boolean debug;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    public static void main(String[] args) {
        System.exit(commandLine().execute(args));
    }

    /** The command line as {@code main} runs it; tests call this one. */
    public static CommandLine commandLine() {
        return new CommandLine(new Main())
                .addSubcommand(new InspectCommand())
                .addSubcommand(new RewriteCommand(VERIFICATION))
                .addSubcommand(new RestoreCommand())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExitCodeExceptionMapper(Main::exitCode)
                .setParameterExceptionHandler(new UsageError())
                .setExecutionExceptionHandler(Main::explain);
    }

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getErr());
        throw new CommandLine.ParameterException(spec.commandLine(), "Name a command");
    }

    private static int exitCode(Throwable failure) {
        if (failure instanceof ToolException known) {
            return known.exitCode().number();
        }
        return failure instanceof CommandLine.ParameterException ? ExitCode.USAGE.number() : ExitCode.INTERNAL.number();
    }

    private static int explain(Exception failure, CommandLine command, ParseResult parsed) {
        PrintWriter err = command.getErr();
        boolean debug = ((Main) command.getCommandSpec().root().userObject()).debug;
        if (debug) {
            StringWriter trace = new StringWriter();
            failure.printStackTrace(new PrintWriter(trace));
            err.print(trace);
        }
        String message = failure instanceof ToolException ? failure.getMessage()
                : "internal error: " + failure + (debug ? "" : " (run again with --debug for the stack trace)");
        err.println("swiglu: " + message);
        err.flush();
        return exitCode(failure);
    }
}
