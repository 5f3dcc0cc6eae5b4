package dev.swiglu.tools.cli;

import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.Json;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.onnx.AtomicOutput;
import dev.swiglu.tools.onnx.ExternalData;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.rewrite.Report;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Where a report goes: a table or JSON on standard output, and JSON in a file. */
final class ReportOptions {
    @Option(names = "--json", description = "Print the report as JSON.")
    private boolean json;

    @Option(names = "--report", paramLabel = "FILE",
            description = "Write the report, as JSON, to FILE; an existing one is replaced.")
    private Path file;

    /**
     * Refuses a report that could not be written or would replace what it must not, before any work is done. It replaces
     * a file unasked, so that it takes no link either: {@code /dev/stdout} is one.
     *
     * @param files what the command reads and writes, null where something was not named
     */
    void requireWritable(CommandSpec command, Path... files) {
        if (file == null) {
            return;
        }
        for (Path used : files) {
            if (used != null) {
                requireOther(command, used);
            }
        }
        if (Files.isSymbolicLink(file)) {
            throw new ToolException(ExitCode.IO, file + " is a link, which a report does not replace; name the file itself.");
        }
        AtomicOutput.open(file, true).close();
    }

    /**
     * Refuses a report that would replace external data, which only the model itself names.
     *
     * @param places the model, and where else it is to stand with its data beside it
     */
    void requireNotDataOf(CommandSpec command, ModelFile model, Path... places) {
        if (file == null) {
            return;
        }
        for (String location : ExternalData.files(model.proto()).keySet()) {
            for (Path place : places) {
                requireOther(command, place.resolveSibling(location));
            }
        }
    }

    private void requireOther(CommandSpec command, Path used) {
        if (SamePlace.of(file, used)) {
            throw new ParameterException(command.commandLine(),
                    "--report " + file + " would replace " + used + ", which this command uses; name another file");
        }
    }

    void write(Report report, PrintWriter out) {
        write(report, () -> report.sites().isEmpty() ? "" : SiteTable.of(report.sites()), out);
    }

    void write(Object report, Supplier<String> table, PrintWriter out) {
        String data = Json.of(report) + "\n";
        if (file != null) {
            try (AtomicOutput output = AtomicOutput.open(file, true)) {
                output.write(stream -> stream.write(data.getBytes(StandardCharsets.UTF_8)));
                output.publish();
            }
        }
        out.print(json ? data : table.get());
        out.flush();
    }
}
