package dev.swiglu.tools.cli;

import dev.swiglu.tools.ExitCode;
import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine;

/** A wrong command line answers with one sentence, a suggestion where there is one, and the way to the help. */
final class UsageError implements CommandLine.IParameterExceptionHandler {

    @Override
    public int handleParseException(CommandLine.ParameterException failure, String[] args) {
        CommandLine command = failure.getCommandLine();
        PrintWriter err = command.getErr();
        List<String> suggestions = failure instanceof CommandLine.UnmatchedArgumentException unmatched
                ? unmatched.getSuggestions() : List.of();
        err.println("swiglu: " + failure.getMessage().strip()
                + (suggestions.isEmpty() ? "" : " Did you mean " + String.join(" or ", suggestions) + "?"));
        err.println("See '" + command.getCommandSpec().qualifiedName() + " --help'.");
        err.flush();
        return ExitCode.USAGE.number();
    }
}
