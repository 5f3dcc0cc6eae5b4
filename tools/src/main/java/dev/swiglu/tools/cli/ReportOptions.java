package dev.swiglu.tools.cli;

import dev.swiglu.tools.onnx.AtomicOutput;
import dev.swiglu.tools.rewrite.Report;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Where the sites of a model go: a table or JSON on standard output, and JSON in a file. */
final class ReportOptions {
    @Option(names = "--json", description = "Print the report as JSON.")
    private boolean json;

    @Option(names = "--report", paramLabel = "FILE",
            description = "Write the report, as JSON, to FILE; an existing one is replaced.")
    private Path file;

    void write(Report report, PrintWriter out) {
        if (file != null) {
            try (AtomicOutput output = AtomicOutput.open(file, true)) {
                output.write(stream -> stream.write((report.toJson() + "\n").getBytes(StandardCharsets.UTF_8)));
                output.publish();
            }
        }
        if (json) {
            out.println(report.toJson());
        } else if (!report.sites().isEmpty()) {
            out.print(SiteTable.of(report.sites()));
        }
        out.flush();
    }
}
