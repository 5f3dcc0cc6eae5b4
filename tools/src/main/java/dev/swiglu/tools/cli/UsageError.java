package dev.swiglu.tools.cli;

import dev.swiglu.tools.ExitCode;
import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** A wrong command line answers with one sentence, a suggestion where there is one, and the way to the help. */
final class UsageError implements CommandLine.IParameterExceptionHandler {

    @Override
    public int handleParseException(ParameterException failure, String[] args) {
        CommandLine command = failure.getCommandLine();
        PrintWriter err = command.getErr();
        err.println("swiglu: " + (failure instanceof UnmatchedArgumentException unmatched ? sentence(unmatched)
                : failure.getMessage().strip() + "."));
        err.println("See '" + command.getCommandSpec().qualifiedName() + " --help'.");
        err.flush();
        return ExitCode.USAGE.number();
    }

    private static String sentence(UnmatchedArgumentException unmatched) {
        String argument = unmatched.getUnmatched().get(0);
        boolean namesCommand = unmatched.getCommandLine().getParent() == null;
        String kind = unmatched.isUnknownOption() ? "option" : namesCommand ? "command" : "argument";
        List<String> suggestions = unmatched.getSuggestions();
        return "There is no " + kind + " '" + argument + "'."
                + (suggestions.isEmpty() ? "" : " Did you mean " + String.join(" or ", suggestions) + "?");
    }
}
