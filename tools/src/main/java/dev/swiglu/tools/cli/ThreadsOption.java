package dev.swiglu.tools.cli;

import java.util.OptionalInt;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code --threads N}, for the commands whose speed is looked at. */
public final class ThreadsOption {

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    private OptionalInt count = OptionalInt.empty();

    @Option(names = "--threads", paramLabel = "N", description = "Threads of ONNX Runtime (default: its own choice).")
    private void set(int threads) {
        if (threads < 1) {
            throw new ParameterException(command.commandLine(), "--threads must be at least 1, not " + threads);
        }
        count = OptionalInt.of(threads);
    }

    /** Empty: ONNX Runtime's own choice. */
    OptionalInt get() {
        return count;
    }
}
