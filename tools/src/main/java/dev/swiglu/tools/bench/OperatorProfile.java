package dev.swiglu.tools.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.swiglu.IoReason;
import dev.swiglu.ResidentSession;
import dev.swiglu.SessionBuilder;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.bench.BenchReport.OperatorTimes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** Runs a model under ONNX Runtime's profiler and adds up what it says, operator by operator. */
final class OperatorProfile {
    /** Makes every launch wait for its kernel: see {@link OperatorTimes}. */
    private static final String BLOCKING = "CUDA_LAUNCH_BLOCKING";
    private static final String NODE_TIME = "_kernel_time";
    private static final double MILLISECOND = 1000;

    /** One run: how long it took, and each operator's nodes together, in milliseconds. */
    private record Run(double total, Map<String, Double> operators) {}

    private OperatorProfile() {}

    static List<OperatorTimes> of(SessionBuilder model, String name, List<StepInputs> steps, int runs) {
        try {
            Path folder = Files.createTempDirectory("swiglu-bench-");
            try {
                return times(profiled(model.profileTo(folder.resolve("profile")), steps, runs), name, steps, runs);
            } finally {
                delete(folder);
            }
        } catch (IOException e) {
            throw new ToolException(ExitCode.IO, "The profile cannot be written or read: " + IoReason.withoutFile(e) + ".", e);
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    /** Each step runs once to prepare, then {@code runs} times. */
    private static List<Run> profiled(SessionBuilder model, List<StepInputs> steps, int runs) throws IOException {
        try (ResidentModel timed = new ResidentModel(model.openResident())) {
            for (StepInputs inputs : steps) {
                try (TimedStep step = timed.prepare(inputs)) {
                    for (int run = 0; run < runs; run++) {
                        step.run();
                    }
                }
            }
            return read(timed.endProfiling());
        }
    }

    private static List<Run> read(Path profile) throws IOException {
        List<JsonNode> events = StreamSupport.stream(new ObjectMapper().readTree(profile.toFile()).spliterator(), false)
                .sorted(Comparator.comparingLong(event -> event.path("ts").asLong())).toList();
        List<Run> runs = new ArrayList<>();
        for (JsonNode run : events) {
            if (run.path("name").asText().equals("model_run")) {
                long start = run.path("ts").asLong();
                long end = start + run.path("dur").asLong();
                runs.add(new Run((end - start) / MILLISECOND, events.stream()
                        .filter(event -> event.path("name").asText().endsWith(NODE_TIME))
                        .filter(event -> event.path("ts").asLong() >= start && event.path("ts").asLong() <= end)
                        .collect(Collectors.groupingBy(event -> event.path("args").path("op_name").asText(), TreeMap::new,
                                Collectors.summingDouble(event -> event.path("dur").asLong() / MILLISECOND)))));
            }
        }
        return runs;
    }

    private static List<OperatorTimes> times(List<Run> all, String name, List<StepInputs> steps, int runs) {
        List<OperatorTimes> times = new ArrayList<>();
        for (int step = 0; step < steps.size(); step++) {
            List<Run> own = all.subList(step * (runs + 1) + 1, (step + 1) * (runs + 1));
            Set<String> operators = new TreeSet<>();
            own.forEach(run -> operators.addAll(run.operators().keySet()));
            Map<String, Double> medians = new TreeMap<>();
            operators.forEach(operator -> medians.put(operator,
                    median(own.stream().map(run -> run.operators().getOrDefault(operator, 0.0)).toList())));
            StepInputs inputs = steps.get(step);
            times.add(new OperatorTimes(inputs.phase(), inputs.workload().toString(), name, "1".equals(System.getenv(BLOCKING)),
                    median(own.stream().map(Run::total).toList()), medians));
        }
        return times;
    }

    private static double median(List<Double> values) {
        return Statistics.of(values.stream().mapToDouble(Double::doubleValue).toArray()).p50();
    }
}
