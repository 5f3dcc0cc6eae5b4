package dev.swiglu.tools.cli;

import dev.swiglu.tools.bench.BenchReport;
import dev.swiglu.tools.bench.Statistics;
import java.util.Locale;

/** Timings as people read them. */
final class BenchTable {
    private BenchTable() {
    }

    static String of(BenchReport report) {
        Table table = new Table("model", " p50 ms", " p90 ms", " p99 ms", " min ms", " tokens/s");
        for (BenchReport.ModelTiming timing : report.models()) {
            Statistics latency = timing.latency();
            table.row(timing.model(), number(latency.p50()), number(latency.p90()), number(latency.p99()),
                    number(latency.min()), number(timing.tokensPerSecond()));
        }
        BenchReport.Ratio ratio = report.ratio();
        String compared = ratio == null ? "" : String.format(Locale.ROOT,
                "Rewritten / original, pair by pair: median %.3f, 90%% of the pairs between %.3f and %.3f.%n",
                ratio.median(), ratio.p5(), ratio.p95());
        return table + compared + String.format("%s on %s, %d interleaved runs, ONNX Runtime at ORT_ENABLE_ALL.%n",
                report.workload(), report.device(), report.runs());
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.3f", value);
    }
}
