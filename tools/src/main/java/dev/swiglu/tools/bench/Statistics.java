package dev.swiglu.tools.bench;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Arrays;

/** What a series of timings says, in milliseconds. Percentiles are measured runs, never interpolated between two. */
public record Statistics(
        @JsonProperty("p50_ms") double p50,
        @JsonProperty("p90_ms") double p90,
        @JsonProperty("p99_ms") double p99,
        @JsonProperty("min_ms") double min) {

    static Statistics of(double[] milliseconds) {
        double[] sorted = milliseconds.clone();
        Arrays.sort(sorted);
        return new Statistics(percentile(sorted, 50), percentile(sorted, 90), percentile(sorted, 99), sorted[0]);
    }

    /** The smallest run that at least {@code percent} per cent of the runs do not exceed. */
    static double percentile(double[] sorted, int percent) {
        return sorted[Math.max(0, (sorted.length * percent + 99) / 100 - 1)];
    }
}
