package dev.swiglu.tools.bench;

import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import dev.swiglu.Device;
import dev.swiglu.ModelSession;
import dev.swiglu.SessionBuilder;
import dev.swiglu.Tensor;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.verify.inputs.Sample;
import dev.swiglu.tools.verify.inputs.SampleInputs;
import dev.swiglu.tools.verify.inputs.Workload;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Times models on the same inputs, in turns (A B B A A B …), so that whatever slows the machine down slows all of them
 * down, and neither always runs second. Time is that of {@link ModelSession#run}, inputs and outputs included.
 *
 * @param threads of ONNX Runtime; empty for its own choice
 */
public record Benchmark(Device device, OptionalInt threads, int runs, int warmup, Workload workload) {

    private static final double MILLISECOND = 1e6;

    /** @param rewritten null to time the original alone */
    public BenchReport run(ModelFile original, ModelFile rewritten) {
        SampleInputs inputs = new SampleInputs(original, 0);
        Workload possible = inputs.fitted(workload);
        Sample sample = inputs.of(possible);
        try (ModelSession first = open(original); ModelSession second = rewritten == null ? null : open(rewritten)) {
            double[][] times = time(second == null ? List.of(first) : List.of(first, second), sample.inputs());
            List<BenchReport.ModelTiming> timings = new ArrayList<>();
            timings.add(timing(original, possible, times[0]));
            if (rewritten != null) {
                timings.add(timing(rewritten, possible, times[1]));
            }
            return new BenchReport(device.toString(), sample.name(), runs, timings,
                    rewritten == null ? null : ratio(times[0], times[1]));
        }
    }

    private double[][] time(List<ModelSession> sessions, Map<String, Tensor> inputs) {
        double[][] times = new double[sessions.size()][runs];
        for (int run = -warmup; run < runs; run++) {
            for (int turn = 0; turn < sessions.size(); turn++) {
                int index = run % 2 == 0 ? turn : sessions.size() - 1 - turn;
                long start = System.nanoTime();
                sessions.get(index).run(inputs);
                double elapsed = (System.nanoTime() - start) / MILLISECOND;
                if (run >= 0) {
                    times[index][run] = elapsed;
                }
            }
        }
        return times;
    }

    private static BenchReport.ModelTiming timing(ModelFile model, Workload workload, double[] times) {
        Statistics latency = Statistics.of(times);
        double tokens = (double) workload.batch() * workload.tokens();
        return new BenchReport.ModelTiming(model.path().toString(), latency, tokens * 1000 / latency.p50());
    }

    private static BenchReport.Ratio ratio(double[] original, double[] rewritten) {
        double[] ratios = new double[original.length];
        Arrays.setAll(ratios, run -> rewritten[run] / original[run]);
        Arrays.sort(ratios);
        return new BenchReport.Ratio(Statistics.percentile(ratios, 50), Statistics.percentile(ratios, 5),
                Statistics.percentile(ratios, 95));
    }

    private ModelSession open(ModelFile model) {
        SessionBuilder builder = ModelSession.builder(model.path()).device(device).optimization(OptLevel.ALL_OPT);
        SessionBuilder threaded = threads.isPresent() ? builder.threads(threads.getAsInt()) : builder;
        return (needsOperators(model) ? threaded : threaded.withoutOperators()).open();
    }

    /** A model without our operators is timed as ONNX Runtime alone runs it. */
    private static boolean needsOperators(ModelFile model) {
        return model.proto().getOpsetImportList().stream().anyMatch(opset -> opset.getDomain().equals("dev.swiglu"));
    }
}
