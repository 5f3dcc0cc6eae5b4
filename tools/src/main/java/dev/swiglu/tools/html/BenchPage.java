package dev.swiglu.tools.html;

import dev.swiglu.tools.bench.BenchReport;
import dev.swiglu.tools.bench.BenchReport.Comparison;
import dev.swiglu.tools.bench.BenchReport.OperatorTimes;
import dev.swiglu.tools.bench.BenchReport.Timing;
import dev.swiglu.tools.bench.Statistics;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Timings: for each comparison bars to the median with a line to the 90th percentile, the numbers, and where the time goes. */
public final class BenchPage {
    private static final List<String> KINDS = List.of("original", "rewritten");

    private BenchPage() {
    }

    public static String of(BenchReport report) {
        List<Element> body = new ArrayList<>();
        body.add(HtmlTable.facts("device", report.device(), "ONNX Runtime", "at its highest optimization level",
                "bars", "median; the line reaches to the 90th percentile"));
        List<BarChart.Bar> ratios = report.comparisons().stream().filter(comparison -> comparison.ratio() != null)
                .map(BenchPage::ratio).toList();
        if (ratios.size() > 1) {
            body.add(Element.of("h2", "How many times as long the first takes as the second"));
            body.add(BarChart.of("Ratios", ratios));
        }
        for (Comparison comparison : report.comparisons()) {
            body.add(Element.of("h2", comparison.phase() + " " + comparison.workload()));
            body.add(chart(comparison));
            body.add(Element.of("p", comparison.verdict()));
            body.add(table(comparison));
        }
        if (report.operators() != null) {
            report.operators().forEach(times -> body.addAll(operators(times)));
        }
        return Page.of("Benchmark", body, report);
    }

    private static BarChart.Bar ratio(Comparison comparison) {
        String first = comparison.timings().get(0).runtime();
        String second = comparison.timings().get(1).runtime();
        return new BarChart.Bar(comparison.phase() + " " + comparison.workload() + ": "
                + (first.equals(second) ? "original against rewritten, " + first : first + " against " + second),
                "rewritten", 1 / comparison.ratio().median(), 1 / comparison.ratio().median(),
                number(1 / comparison.ratio().median()) + " times");
    }

    private static Element chart(Comparison comparison) {
        List<BarChart.Bar> bars = new ArrayList<>();
        for (Timing timing : comparison.timings()) {
            Statistics latency = timing.latency();
            bars.add(new BarChart.Bar(timing.model() + ", " + timing.runtime(), KINDS.get(bars.size()), latency.p50(),
                    latency.p90(), number(latency.p50()) + " ms"));
        }
        return BarChart.of("Latency of " + comparison.workload(), bars);
    }

    private static Element table(Comparison comparison) {
        HtmlTable table = new HtmlTable("model", "run by", " p50 ms", " p90 ms", " p99 ms", " min ms", " tokens/s");
        for (Timing timing : comparison.timings()) {
            Statistics latency = timing.latency();
            table.row(timing.model(), timing.runtime(), number(latency.p50()), number(latency.p90()), number(latency.p99()),
                    number(latency.min()), number(timing.tokensPerSecond()));
        }
        return table.element();
    }

    private static List<Element> operators(OperatorTimes times) {
        List<BarChart.Bar> bars = times.operators().entrySet().stream()
                .sorted(Map.Entry.<String, Double>comparingByValue().reversed())
                .map(entry -> operator(entry.getKey(), entry.getValue(), times.run())).toList();
        return List.of(Element.of("h2", "Operators in " + times.phase() + " " + times.workload() + ": " + times.model()),
                Element.of("p", String.format(Locale.ROOT, "Of a run of %.3f ms under the profiler%s.", times.run(),
                        times.blocking() ? ", each launch waiting for its kernel" : "")).with("class", "soft"),
                BarChart.of("Time of each operator", bars));
    }

    private static BarChart.Bar operator(String name, double milliseconds, double run) {
        return new BarChart.Bar(name, name.equals("FusedSwiGLU") ? "rewritten" : "original", milliseconds, milliseconds,
                String.format(Locale.ROOT, "%.3f ms, %.1f %%", milliseconds, 100 * milliseconds / run));
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.3f", value);
    }
}
