package dev.swiglu.tools.cli;

import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.onnx.AtomicOutput;
import dev.swiglu.tools.onnx.ExternalData;
import dev.swiglu.tools.onnx.ModelFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/**
 * A file that a command writes beside its results. It replaces an existing one unasked, so that it takes no link either:
 * {@code /dev/stdout} is one.
 *
 * @param option what names it on the command line
 */
record ReportFile(String option, Path path) {

    /** Refuses a file that could not be written, before any work is done. */
    void requireWritable() {
        if (Files.isSymbolicLink(path)) {
            throw new ToolException(ExitCode.IO, path + " is a link, which a report does not replace; name the file itself.");
        }
        AtomicOutput.open(path, true).close();
    }

    /** @param used a file of the same command; null where it was not named */
    void requireOther(CommandSpec command, Path used) {
        if (used != null && SamePlace.of(path, used)) {
            throw new ParameterException(command.commandLine(),
                    option + " " + path + " would replace " + used + ", which this command uses; name another file");
        }
    }

    /** @param place the model, or where else it is to stand with its data beside it */
    void requireNotDataOf(CommandSpec command, ModelFile model, Path place) {
        ExternalData.files(model.proto()).keySet().forEach(location -> requireOther(command, place.resolveSibling(location)));
    }

    void write(String content) {
        try (AtomicOutput output = AtomicOutput.open(path, true)) {
            output.write(stream -> stream.write(content.getBytes(StandardCharsets.UTF_8)));
            output.publish();
        }
    }
}
