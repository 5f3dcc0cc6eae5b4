package dev.swiglu.tools.cli;

import dev.swiglu.tools.bench.BenchReport;
import dev.swiglu.tools.bench.BenchReport.Comparison;
import dev.swiglu.tools.bench.BenchReport.OperatorTimes;
import dev.swiglu.tools.bench.BenchReport.Timing;
import dev.swiglu.tools.bench.Statistics;
import java.util.Locale;
import java.util.Map;

/** Timings as people read them. */
final class BenchTable {
    private BenchTable() {
    }

    static String of(BenchReport report) {
        StringBuilder text = new StringBuilder();
        report.comparisons().forEach(comparison -> text.append(of(comparison)));
        if (report.operators() != null) {
            report.operators().forEach(times -> text.append(of(times)));
        }
        return text + String.format("On %s, ONNX Runtime at ORT_ENABLE_ALL.%n", report.device());
    }

    private static String of(Comparison comparison) {
        Table table = new Table(comparison.phase() + " " + comparison.workload(), "run by", " p50 ms", " p90 ms", " p99 ms",
                " min ms", " tokens/s");
        for (Timing timing : comparison.timings()) {
            Statistics latency = timing.latency();
            table.row(timing.model(), timing.runtime(), number(latency.p50()), number(latency.p90()), number(latency.p99()),
                    number(latency.min()), number(timing.tokensPerSecond()));
        }
        return table + comparison.verdict() + System.lineSeparator();
    }

    private static String of(OperatorTimes times) {
        Table table = new Table("operators, " + times.phase() + " " + times.workload(), " ms of " + number(times.run()));
        times.operators().entrySet().stream().sorted(Map.Entry.<String, Double>comparingByValue().reversed())
                .forEach(entry -> table.row(entry.getKey(), number(entry.getValue())));
        return times.model() + "\n" + table;
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.3f", value);
    }
}
