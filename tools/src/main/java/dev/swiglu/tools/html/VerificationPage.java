package dev.swiglu.tools.html;

import dev.swiglu.tools.verify.Bisection;
import dev.swiglu.tools.verify.Comparison;
import dev.swiglu.tools.verify.VerificationReport;
import dev.swiglu.tools.verify.VerificationReport.SiteResult;
import dev.swiglu.tools.verify.language.LanguageAccuracy;
import dev.swiglu.tools.verify.language.LanguageAccuracy.Window;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** A verification: the verdict, the errors of every site along the depth of the model, and what was measured. */
public final class VerificationPage {
    private VerificationPage() {
    }

    public static String of(VerificationReport report) {
        return Page.of(report.rewritten(), sections(report), report);
    }

    static List<Element> sections(VerificationReport report) {
        List<Element> sections = new ArrayList<>();
        sections.add(report.passed() ? Element.of("h2", "Verified").with("class", "good")
                : Element.of("h2", "Not verified").with("class", "bad"));
        sections.add(HtmlTable.facts("original", report.original(), "rewritten", report.rewritten(), "device", report.device(),
                "operator library", report.operators() ? "registered" : "not used, the model's own functions ran",
                "samples", String.join(", ", report.samples()), "outputs judged by", report.reference()));
        if (report.bisection() != null) {
            sections.add(causes(report.bisection()));
        }
        if (!report.sites().isEmpty()) {
            sections.add(Element.of("h2", "Error of each site against float64"));
            sections.add(chart(report.sites()));
            HtmlTable table = table("node");
            report.sites().forEach(site -> row(table, site.node(), site.comparison()));
            sections.add(table.element());
        }
        if (!report.nestedSites().isEmpty()) {
            sections.add(Element.of("p", "Sites inside If, Loop, Scan and functions, judged by the outputs: "
                    + String.join(", ", report.nestedSites())));
        }
        if (report.language() != null) {
            sections.addAll(text(report.language()));
        }
        sections.add(Element.of("h2", "Outputs"));
        HtmlTable outputs = table("output");
        report.outputs().forEach(output -> row(outputs, output.name(), output.comparison()));
        sections.add(outputs.element());
        return sections;
    }

    private static Element causes(Bisection bisection) {
        HtmlTable table = new HtmlTable("sites that make the difference");
        bisection.causes().forEach(cause -> table.row(String.join(" together with ", cause)));
        if (bisection.causes().isEmpty()) {
            table.note("soft", "None: the models differ elsewhere.");
        }
        return table.element();
    }

    private static List<Element> text(LanguageAccuracy language) {
        Element facts = HtmlTable.facts("text", language.tokens() + ", " + language.predictions() + " predictions in windows of "
                        + language.window() + " tokens",
                "top-1 agreement", String.format(Locale.ROOT, "%.3f %%", 100 * language.top1Agreement()),
                "KL divergence", HtmlTable.scientific(language.klMean()) + " on average, " + HtmlTable.scientific(language.klMax())
                        + " at most",
                "perplexity", String.format(Locale.ROOT, "original %.6g, rewritten %.6g: ", language.perplexityOriginal(),
                        language.perplexityRewritten()) + (language.passed() ? "ok" : "failed"));
        Element chart = LogChart.of("KL divergence of each window", "window",
                language.windows().stream().map(window -> "from token " + (window.first() + 1)).toList(), List.of(
                        new LogChart.Series("mean", "original", language.windows().stream().map(Window::klMean).toList()),
                        new LogChart.Series("largest", "rewritten", language.windows().stream().map(Window::klMax).toList())));
        return List.of(Element.of("h2", "The same text read by both"), facts, chart);
    }

    private static Element chart(List<SiteResult> sites) {
        List<Comparison> comparisons = sites.stream().map(SiteResult::comparison).toList();
        return LogChart.of("Relative error of original and rewritten at each site", "site, from first to last in the graph",
                sites.stream().map(SiteResult::node).toList(), List.of(
                        new LogChart.Series("original", "original", column(comparisons, Comparison::errorOriginal)),
                        new LogChart.Series("rewritten", "rewritten", column(comparisons, Comparison::errorRewritten)),
                        new LogChart.Series("allowed", "bound", column(comparisons, Comparison::bound))));
    }

    private static List<Double> column(List<Comparison> comparisons, Function<Comparison, Double> value) {
        List<Double> column = new ArrayList<>();
        comparisons.forEach(comparison -> column.add(value.apply(comparison)));
        return column;
    }

    private static HtmlTable table(String first) {
        return new HtmlTable(first, "type", "reference", " error original", " error rewritten", " allowed", " max abs", "verdict");
    }

    private static void row(HtmlTable table, String name, Comparison comparison) {
        table.row(name, comparison.type(), comparison.reference(), HtmlTable.scientific(comparison.errorOriginal()),
                HtmlTable.scientific(comparison.errorRewritten()), HtmlTable.scientific(comparison.bound()),
                HtmlTable.scientific(comparison.maxAbs()), comparison.passed() ? "ok" : "failed");
        if (!comparison.passed()) {
            table.note("bad", "Sample " + comparison.sample() + ": " + comparison.reason());
        }
    }
}
