package dev.swiglu.tools.onnx.check;

import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import java.nio.file.Path;

/** The sentence about a model that is refused. It may quote the model, so it carries nothing that a terminal would obey. */
final class Refusal {
    private static final int LONGEST_QUOTE = 2000;

    private Refusal() {
    }

    static ToolException of(Path file, String why) {
        String shown = why.length() <= LONGEST_QUOTE ? why : why.substring(0, LONGEST_QUOTE) + "…";
        return new ToolException(ExitCode.REFUSED,
                file + " is not a valid model: " + shown.replaceAll("\\p{Cntrl}", "?") + ".");
    }
}
