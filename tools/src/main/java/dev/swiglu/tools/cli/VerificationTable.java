package dev.swiglu.tools.cli;

import dev.swiglu.tools.verify.Bisection;
import dev.swiglu.tools.verify.Comparison;
import dev.swiglu.tools.verify.VerificationReport;
import dev.swiglu.tools.verify.language.LanguageAccuracy;
import java.util.Locale;

/** A verification as people read it: a row for each site and each output, what failed and why, and one line to sum up. */
final class VerificationTable {
    private VerificationTable() {
    }

    static String of(VerificationReport report) {
        Table table = new Table("", "type", "reference", " error original", " error rewritten", " allowed", " max abs", "verdict");
        report.sites().forEach(site -> row(table, "site " + site.node(), site.comparison()));
        report.outputs().forEach(output -> row(table, "output " + output.name(), output.comparison()));
        return table + summary(report) + causes(report.bisection()) + text(report.language());
    }

    private static void row(Table table, String name, Comparison comparison) {
        table.row(name, comparison.type(), comparison.reference(), error(comparison.errorOriginal()), error(comparison.errorRewritten()),
                error(comparison.bound()), error(comparison.maxAbs()), comparison.passed() ? "ok" : "FAILED");
        if (!comparison.passed()) {
            table.note("sample " + comparison.sample() + ": " + comparison.reason());
        }
    }

    private static String causes(Bisection bisection) {
        if (bisection == null) {
            return "";
        }
        String runs = " (" + bisection.runs() + " models between the two were run)\n";
        return bisection.causes().isEmpty()
                ? "No site makes the difference: the original with all of them in it passes, so the models differ elsewhere" + runs
                : "The difference comes from " + String.join("; and from ", bisection.causes().stream()
                        .map(cause -> String.join(" together with ", cause)).toList()) + runs;
    }

    private static String text(LanguageAccuracy language) {
        return language == null ? "" : String.format(Locale.ROOT, "%s: %d predictions; top-1 agreement %.3f %%; KL divergence %.2e"
                        + " on average, %.2e at most; perplexity %.5g and %.5g: %s%n", language.tokens(), language.predictions(),
                100 * language.top1Agreement(), language.klMean(), language.klMax(), language.perplexityOriginal(),
                language.perplexityRewritten(), language.passed() ? "ok" : "FAILED");
    }

    private static String error(Double value) {
        return value == null ? "-" : String.format(Locale.ROOT, "%.2e", value);
    }

    private static String summary(VerificationReport report) {
        String nested = report.nestedSites().isEmpty() ? ""
                : "Sites inside If, Loop, Scan and functions, judged by the outputs: " + String.join(", ", report.nestedSites()) + ".\n";
        boolean rewritten = !report.sites().isEmpty() || !report.nestedSites().isEmpty();
        return nested + String.format("%s on %s, %s the operator library; samples %s; outputs judged by %s.%s%n",
                report.passed() ? "Verified" : "NOT verified", report.device(), report.operators() ? "with" : "without",
                String.join(", ", report.samples()), report.reference(),
                rewritten ? "" : " The second model has no rewritten site; only outputs were compared.");
    }
}
