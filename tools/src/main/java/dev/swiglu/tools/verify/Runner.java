package dev.swiglu.tools.verify;

import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import dev.swiglu.Device;
import dev.swiglu.ModelSession;
import dev.swiglu.SessionBuilder;
import dev.swiglu.Tensor;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.verify.inputs.GraphInputs;
import dev.swiglu.tools.verify.inputs.Sample;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Runs one model on every sample. A session lives only as long as that takes, so that two models are never in memory
 * together, and of what it computed only the wanted values are kept.
 *
 * @param operators whether our library is registered; without it the functions that a rewritten model carries run
 */
public record Runner(ModelFile model, Device device, boolean operators) {

    /** The model as it is published: untouched, loaded from its file. */
    public ModelSession open() {
        return configured(ModelSession.builder(model.path())).open();
    }

    /** The outputs of the model as it is published. */
    List<Map<String, Tensor>> outputs(List<Sample> samples) {
        try (ModelSession session = open()) {
            List<Map<String, Tensor>> results = new ArrayList<>();
            for (Sample sample : samples) {
                results.add(session.run(sample.inputs()).asMap());
            }
            return results;
        }
    }

    /** Inner values; those that are graph inputs are answered from the sample itself. */
    List<Map<String, Tensor>> values(List<Sample> samples, Set<String> wanted) {
        Set<String> taps = new LinkedHashSet<>(wanted);
        GraphInputs.required(model.proto().getGraph()).forEach(input -> taps.remove(input.getName()));
        SessionBuilder builder =
                ModelSession.builder(Taps.serialized(Taps.in(model.proto(), taps)), model.folder());
        try (ModelSession session = configured(builder).open()) {
            List<Map<String, Tensor>> results = new ArrayList<>();
            for (Sample sample : samples) {
                Map<String, Tensor> captured = new LinkedHashMap<>(sample.inputs());
                captured.putAll(session.run(sample.inputs(), taps).asMap());
                results.add(captured);
            }
            return results;
        }
    }

    private SessionBuilder configured(SessionBuilder builder) {
        SessionBuilder onDevice = builder.device(device).optimization(OptLevel.ALL_OPT);
        return operators ? withOurKernels(onDevice) : onDevice.withoutOperators();
    }

    /** On the CPU our kernels are judged even where the model recommends its function. */
    private SessionBuilder withOurKernels(SessionBuilder builder) {
        return device.equals(Device.cpu()) ? builder.config(SessionBuilder.CPU_FUSION, "kernel") : builder;
    }
}
