package dev.swiglu.tools.bench;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.swiglu.tools.TextTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Latency and throughput of one model, or of two side by side.
 *
 * @param ratio rewritten time by original time, pair by pair; absent for one model
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record BenchReport(
        String device,
        String workload,
        int runs,
        List<ModelTiming> models,
        Ratio ratio) {

    /** @param tokensPerSecond new tokens of the whole batch, at the median latency */
    public record ModelTiming(
            String model, Statistics latency, @JsonProperty("tokens_per_second") double tokensPerSecond) {}

    /** The median of the ratios of neighbouring runs, and the range in which nine of ten of them lie. */
    public record Ratio(double median, double p5, double p95) {}

    @JsonProperty
    public int schema() {
        return 1;
    }

    public String table() {
        List<List<String>> rows = new ArrayList<>();
        for (ModelTiming timing : models) {
            Statistics latency = timing.latency();
            rows.add(List.of(timing.model(), number(latency.p50()), number(latency.p90()), number(latency.p99()),
                    number(latency.min()), number(timing.tokensPerSecond())));
        }
        String compared = ratio == null ? "" : String.format(Locale.ROOT,
                "Rewritten / original, pair by pair: median %.3f, 90%% of the pairs between %.3f and %.3f.%n",
                ratio.median(), ratio.p5(), ratio.p95());
        return TextTable.of(List.of("", "p50 ms", "p90 ms", "p99 ms", "min ms", "tokens/s"), rows) + compared
                + String.format(Locale.ROOT, "%s on %s, %d interleaved runs, ONNX Runtime at ORT_ENABLE_ALL.%n",
                        workload, device, runs);
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.3f", value);
    }
}
