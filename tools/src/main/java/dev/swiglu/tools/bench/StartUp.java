package dev.swiglu.tools.bench;

import ai.onnxruntime.OrtEnvironment;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.swiglu.Device;
import dev.swiglu.ModelSession;
import dev.swiglu.SwiGlu;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.verify.inputs.Workload;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalInt;

/**
 * How this process came from its start to a model's first token, in milliseconds.
 *
 * @param runtime the class that ran the model
 * @param java until the command began, and from there what is Java's own, reading the graph among it
 * @param environment loading ONNX Runtime
 * @param session opening the model
 * @param firstRun reading the prompt, which loads kernels and libraries on a GPU
 */
public record StartUp(String model, String runtime, String device, @JsonProperty("java_ms") double java,
        @JsonProperty("environment_ms") double environment, @JsonProperty("session_ms") double session,
        @JsonProperty("first_run_ms") double firstRun, @JsonProperty("total_ms") double total) {
    private static final int PROMPT = 16;

    @JsonProperty
    public int schema() {
        return 1;
    }

    /**
     * @param start of this process; only who started it knows it to less than a second
     * @param plain whether ONNX Runtime's own Java interface runs the model, without the operator library
     */
    public static StartUp measure(ModelFile model, Device device, Instant start, boolean plain) {
        StepInputs prompt = StepInputs.all(model, List.of(new Workload(1, PROMPT, 0))).get(0);
        long begin = System.nanoTime();
        SwiGlu.prepareRuntime();
        OrtEnvironment.getEnvironment();
        long loaded = System.nanoTime();
        try (TimedModel timed = plain ? new PlainModel(model.path(), device, OptionalInt.empty(), false)
                : new ResidentModel(ModelSession.builder(model.path()).device(device).openResident())) {
            long opened = System.nanoTime();
            try (TimedStep step = timed.prepare(prompt)) {
                step.run();
                long read = System.nanoTime();
                double total = Duration.between(start, Instant.now()).toNanos() / 1e6;
                return new StartUp(model.path().toString(), timed.runtime(), device.toString(), total - (read - begin) / 1e6,
                        (loaded - begin) / 1e6, (opened - loaded) / 1e6, (read - opened) / 1e6, total);
            }
        }
    }
}
