package dev.swiglu.tools.bench;

import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import dev.swiglu.Device;
import dev.swiglu.ModelSession;
import dev.swiglu.SessionBuilder;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.bench.BenchReport.Comparison;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.verify.inputs.GraphInputs;
import dev.swiglu.tools.verify.inputs.Workload;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Times models on the same inputs, two at a time in turns.
 *
 * @param threads of ONNX Runtime; empty for its own choice
 * @param sessions how models are run: see {@link Sessions}
 */
public record Benchmark(Device device, OptionalInt threads, Turns turns, Sessions sessions, List<Workload> workloads) {

    /** How models are run, and what is compared. */
    public enum Sessions {
        /** Inputs and outputs in Java's memory: original against rewritten. */
        HOST,
        /** On the device: original against rewritten; where one text is decoded, also plain ONNX Runtime Java against us. */
        RESIDENT,
        /** As RESIDENT, and decoding as captured CUDA graphs, original against rewritten. */
        RESIDENT_WITH_GRAPHS
    }

    /**
     * @param rewritten null to time the original alone
     * @param progress is told what is being timed
     */
    public BenchReport run(ModelFile original, ModelFile rewritten, Consumer<String> progress) {
        List<Entrant> entrants = new ArrayList<>();
        List<Comparison> comparisons = new ArrayList<>();
        try {
            for (ModelFile model : models(original, rewritten)) {
                progress.accept("Opening " + model.path());
                entrants.add(new Entrant(model, sessions == Sessions.HOST ? new SessionModel(builder(model).open())
                        : new ResidentModel(resident(model).openResident())));
            }
            for (StepInputs inputs : StepInputs.all(original, workloads)) {
                progress.accept("Timing " + inputs.workload());
                comparisons.addAll(compare(entrants, inputs));
            }
        } finally {
            entrants.forEach(entrant -> entrant.timed().close());
        }
        return new BenchReport(device.toString(), comparisons, null);
    }

    /**
     * Where the time goes in device-resident sessions, each model by itself.
     *
     * @param runs of each workload
     */
    public BenchReport operators(ModelFile original, ModelFile rewritten, int runs, Consumer<String> progress) {
        List<BenchReport.OperatorTimes> times = new ArrayList<>();
        for (ModelFile model : models(original, rewritten)) {
            progress.accept("Profiling " + model.path());
            times.addAll(OperatorProfile.of(builder(model), model.path().toString(), StepInputs.all(original, workloads), runs));
        }
        return new BenchReport(device.toString(), List.of(), times);
    }

    private static List<ModelFile> models(ModelFile original, ModelFile rewritten) {
        if (rewritten == null) {
            return List.of(original);
        }
        if (!inputs(original).equals(inputs(rewritten))) {
            throw new ToolException(ExitCode.USAGE, rewritten.path() + " has other inputs than " + original.path()
                    + ", so that the two cannot be timed on the same ones.");
        }
        return List.of(original, rewritten);
    }

    private static Set<String> inputs(ModelFile model) {
        return GraphInputs.required(model.proto().getGraph()).stream().map(GraphInputs::description).collect(Collectors.toSet());
    }

    private record Entrant(ModelFile model, TimedModel timed) {}

    private List<Comparison> compare(List<Entrant> entrants, StepInputs inputs) {
        List<Comparison> comparisons = new ArrayList<>(List.of(comparison(entrants, inputs)));
        boolean decodes = inputs.workload().isDecoding();
        if (decodes && sessions == Sessions.RESIDENT_WITH_GRAPHS) {
            comparisons.add(comparison(entrants.stream().map(entrant ->
                    new Entrant(entrant.model(), ((ResidentModel) entrant.timed()).captured())).toList(), inputs));
        }
        if (decodes && sessions != Sessions.HOST && inputs.workload().batch() == 1) {
            Entrant ours = entrants.get(entrants.size() - 1);
            try (TimedModel plain = new PlainModel(ours.model().path(), device, threads, needsOperators(ours.model()))) {
                comparisons.add(comparison(List.of(new Entrant(ours.model(), plain), ours), inputs));
            }
        }
        return comparisons;
    }

    private Comparison comparison(List<Entrant> entrants, StepInputs inputs) {
        List<TimedStep> steps = new ArrayList<>();
        try {
            entrants.forEach(entrant -> steps.add(entrant.timed().prepare(inputs)));
            double[][] times = turns.milliseconds(steps.stream().<Runnable>map(step -> step::run).toList());
            List<BenchReport.Timing> timings = new ArrayList<>();
            for (int i = 0; i < times.length; i++) {
                timings.add(timing(entrants.get(i), inputs.workload(), times[i]));
            }
            boolean two = steps.size() == 2;
            Workload workload = inputs.workload();
            return new Comparison(inputs.phase(), workload.toString(), workload.batch(), workload.tokens(),
                    workload.past(), times[0].length, timings, two ? ratio(times[0], times[1]) : null,
                    two ? difference(steps.get(0).result(), steps.get(1).result()) : null);
        } finally {
            steps.forEach(TimedStep::close);
        }
    }

    private static BenchReport.Timing timing(Entrant entrant, Workload workload, double[] times) {
        Statistics latency = Statistics.of(times);
        double tokens = (double) workload.batch() * workload.tokens();
        return new BenchReport.Timing(entrant.model().path().toString(), entrant.timed().runtime(), latency,
                tokens * 1000 / latency.p50());
    }

    static BenchReport.Ratio ratio(double[] first, double[] second) {
        double[] ratios = new double[first.length];
        Arrays.setAll(ratios, run -> second[run] / first[run]);
        Arrays.sort(ratios);
        return new BenchReport.Ratio(Statistics.percentile(ratios, 50), Statistics.percentile(ratios, 5),
                Statistics.percentile(ratios, 95));
    }

    private static double difference(double[] first, double[] second) {
        double distance = 0;
        double length = 0;
        for (int i = 0; i < first.length; i++) {
            distance += (second[i] - first[i]) * (second[i] - first[i]);
            length += first[i] * first[i];
        }
        return Math.sqrt(distance / length);
    }

    private SessionBuilder resident(ModelFile model) {
        return sessions == Sessions.RESIDENT_WITH_GRAPHS ? builder(model).cudaGraphs() : builder(model);
    }

    private SessionBuilder builder(ModelFile model) {
        SessionBuilder builder = ModelSession.builder(model.path()).device(device).optimization(OptLevel.ALL_OPT);
        SessionBuilder threaded = threads.isPresent() ? builder.threads(threads.getAsInt()) : builder;
        return needsOperators(model) ? threaded : threaded.withoutOperators();
    }

    /** A model without our operators is timed as ONNX Runtime alone runs it. */
    private static boolean needsOperators(ModelFile model) {
        return model.proto().getOpsetImportList().stream().anyMatch(opset -> opset.getDomain().equals("dev.swiglu"));
    }
}
