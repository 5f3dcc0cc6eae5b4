package dev.swiglu.tools.cli;

import dev.swiglu.tools.Json;
import dev.swiglu.tools.onnx.AtomicOutput;
import dev.swiglu.tools.rewrite.Report;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.Supplier;
import picocli.CommandLine.Option;

/** Where a report goes: a table or JSON on standard output, and JSON in a file. */
final class ReportOptions {
    @Option(names = "--json", description = "Print the report as JSON.")
    private boolean json;

    @Option(names = "--report", paramLabel = "FILE",
            description = "Write the report, as JSON, to FILE; an existing one is replaced.")
    private Path file;

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
