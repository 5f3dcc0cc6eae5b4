package dev.swiglu.tools.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.swiglu.tools.onnx.AtomicOutput;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.Supplier;
import picocli.CommandLine.Option;
import picocli.CommandLine;

/** {@code --json} and {@code --report FILE}: the same data as the table that people read, for programs. */
public final class ReportOptions {

    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    @Option(names = "--json", description = "Print the report as JSON instead of as a table.")
    private boolean json;

    @Option(names = "--report", paramLabel = "FILE", description = "Also write the report as JSON to a file.")
    private Path file;

    void write(CommandLine command, Object report, Supplier<String> table) {
        PrintWriter out = command.getOut();
        String data = json(report);
        out.print(json ? data : table.get());
        out.flush();
        if (file != null) {
            try (AtomicOutput output = AtomicOutput.open(file, true)) {
                output.write(stream -> stream.write(data.getBytes(StandardCharsets.UTF_8)));
                output.publish();
            }
        }
    }

    private static String json(Object report) {
        try {
            return JSON.writeValueAsString(report) + System.lineSeparator();
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
