package dev.swiglu.tools.bench;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Latency and throughput of one model, or of two side by side.
 *
 * @param operators where the time goes; absent unless asked for
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record BenchReport(String device, List<Comparison> comparisons, List<OperatorTimes> operators) {

    /**
     * One workload, by one or two timed in turns.
     *
     * @param phase prefill or decode
     * @param ratio absent for one
     * @param difference ‖second − first‖ / ‖first‖ of what they computed for the last tokens, NaN where the first has only zeros;
     *                   absent for one
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Comparison(String phase, String workload, int batch, int tokens, int past, int runs, List<Timing> timings,
            Ratio ratio, Double difference) {
        public String verdict() {
            return ratio == null ? runs + " runs." : String.format(Locale.ROOT,
                    "The first takes %.3f times as long as the second (median of %d neighbouring pairs; nine of ten between %.3f and"
                            + " %.3f). What they compute differs by %.1e of its length.",
                    1 / ratio.median(), runs, 1 / ratio.p95(), 1 / ratio.p5(), difference);
        }
    }

    /** @param tokensPerSecond new tokens of the whole batch, at the median latency */
    public record Timing(String model, String runtime, Statistics latency,
            @JsonProperty("tokens_per_second") double tokensPerSecond) {}

    /** The median of the ratios second / first of neighbouring runs, and the range in which nine of ten of them lie. */
    public record Ratio(double median, double p5, double p95) {}

    /**
     * What ONNX Runtime's profile says that the nodes of each operator took together in one run, the median of some, in
     * milliseconds. On a GPU a node only launches its kernels; its own time contains theirs where CUDA_LAUNCH_BLOCKING is set.
     *
     * @param blocking whether it was
     * @param run the whole run, which launching in such a way makes longer
     */
    public record OperatorTimes(String phase, String workload, String model, boolean blocking, @JsonProperty("run_ms") double run,
            @JsonProperty("operators_ms") Map<String, Double> operators) {}

    @JsonProperty
    public int schema() {
        return 1;
    }
}
