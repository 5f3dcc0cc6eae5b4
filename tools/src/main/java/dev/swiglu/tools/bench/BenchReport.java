package dev.swiglu.tools.bench;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

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
}
