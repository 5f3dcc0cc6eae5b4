package dev.swiglu.tools.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** Reports that people can also have as a page. */
final class PageOptions extends ReportOptions {
    @Option(names = "--html", paramLabel = "FILE",
            description = "Write the report, as a page that stands alone, to FILE; an existing one is replaced.")
    private Path page;

    @Override
    List<ReportFile> files() {
        return page == null ? super.files()
                : Stream.concat(super.files().stream(), Stream.of(new ReportFile("--html", page))).toList();
    }

    void write(Object report, Supplier<String> table, Supplier<String> html, PrintWriter out) {
        if (page != null) {
            new ReportFile("--html", page).write(html.get());
        }
        write(report, table, out);
    }
}
