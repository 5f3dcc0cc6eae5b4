package dev.swiglu.tools.cli;

import dev.swiglu.tools.Json;
import dev.swiglu.tools.onnx.ModelFile;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Where a report goes: a table or JSON on standard output, and JSON in a file. */
class ReportOptions {
    @Option(names = "--json", description = "Print the report as JSON.")
    private boolean json;

    @Option(names = "--report", paramLabel = "FILE",
            description = "Write the report, as JSON, to FILE; an existing one is replaced.")
    private Path file;

    final boolean isJson() {
        return json;
    }

    /** What is to be written. */
    List<ReportFile> files() {
        return file == null ? List.of() : List.of(new ReportFile("--report", file));
    }

    /**
     * Refuses reports that could not be written or would replace what they must not, before any work is done.
     *
     * @param used what the command reads and writes besides, null where something was not named
     */
    final void requireWritable(CommandSpec command, Path... used) {
        List<Path> taken = new ArrayList<>();
        for (Path path : used) {
            taken.add(path);
        }
        for (ReportFile report : files()) {
            taken.forEach(path -> report.requireOther(command, path));
            report.requireWritable();
            taken.add(report.path());
        }
    }

    /**
     * Refuses a report that would replace external data, which only the model itself names.
     *
     * @param places the model, and where else it is to stand with its data beside it
     */
    final void requireNotDataOf(CommandSpec command, ModelFile model, Path... places) {
        for (ReportFile report : files()) {
            for (Path place : places) {
                report.requireNotDataOf(command, model, place);
            }
        }
    }

    final void write(Object report, Supplier<String> table, PrintWriter out) {
        String data = Json.of(report) + "\n";
        if (file != null) {
            new ReportFile("--report", file).write(data);
        }
        out.print(json ? data : table.get());
        out.flush();
    }
}
