package dev.swiglu.tools.verify;

import dev.swiglu.tools.TextTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A verification report for people: one aligned row for each site and each output, then what failed and why. */
public final class ReportTable {

    private static final List<String> HEADER =
            List.of("", "type", "error original", "error rewritten", "allowed", "max abs", "verdict");

    private ReportTable() {}

    public static String of(VerificationReport report) {
        List<List<String>> rows = new ArrayList<>();
        report.sites().forEach(site -> rows.add(row("site " + site.node(), site.comparison())));
        report.outputs().forEach(output -> rows.add(row("output " + output.name(), output.comparison())));
        StringBuilder text = new StringBuilder(TextTable.of(HEADER, rows));
        report.sites().forEach(site -> explain(text, site.node(), site.comparison()));
        report.outputs().forEach(output -> explain(text, output.name(), output.comparison()));
        text.append(summary(report));
        return text.toString();
    }

    private static List<String> row(String name, Comparison comparison) {
        return List.of(name, comparison.type(), error(comparison.errorOriginal()), error(comparison.errorRewritten()),
                error(comparison.bound()), error(comparison.maxAbs()), comparison.passed() ? "ok" : "FAILED");
    }

    private static String error(Double value) {
        return value == null ? "-" : String.format(Locale.ROOT, "%.2e", value);
    }

    private static void explain(StringBuilder text, String name, Comparison comparison) {
        if (!comparison.passed()) {
            text.append(name).append(" (").append(comparison.sample()).append("): ").append(comparison.reason()).append('\n');
        }
    }

    private static String summary(VerificationReport report) {
        String nested = report.nestedSites().isEmpty() ? ""
                : "Sites inside If, Loop or Scan, judged by the outputs: " + String.join(", ", report.nestedSites()) + ".\n";
        return nested + String.format("%s on %s, %s; samples %s; outputs judged by %s.%n",
                report.passed() ? "Verified" : "NOT verified", report.device(),
                report.operators() ? "with the operator library" : "without the operator library",
                String.join(", ", report.samples()), report.reference());
    }
}
