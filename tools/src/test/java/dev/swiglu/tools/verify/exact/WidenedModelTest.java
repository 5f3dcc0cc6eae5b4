package dev.swiglu.tools.verify.exact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import dev.swiglu.ModelSession;
import dev.swiglu.Tensor;
import dev.swiglu.TensorType;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.verify.Deviation;
import dev.swiglu.tools.verify.Exports;
import dev.swiglu.tools.verify.Taps;
import dev.swiglu.tools.verify.inputs.Sample;
import dev.swiglu.tools.verify.inputs.SampleInputs;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WidenedModelTest {

    /** The distance is that of float32 rounding: neither zero, which would be no float64, nor more, which another graph. */
    @ParameterizedTest
    @CsvSource({Exports.LLAMA, Exports.GENAI_ROLLING_CACHE, "mistral-fp32-dynamo-op24-sdpa.onnx",
        "ortsaved-extended-llama-fp32-ts-op17-eager.onnx"})
    void twinComputesTheSameInFloat64(String name) {
        ModelFile model = Exports.model(name);
        Sample sample = new SampleInputs(model, 3).all().get(0);
        Tensor exact = twinLogits(model, sample);
        assertEquals(TensorType.FLOAT64, exact.type());
        try (ModelSession session = ModelSession.builder(model.path()).withoutOperators().open()) {
            double error = Deviation.of(session.run(sample.inputs()).get("logits").doubles(), exact.doubles()).error();
            assertTrue(error > 1e-8 && error < 1e-6, name + " " + error);
        }
    }

    /** ONNX Runtime has no bfloat16 kernels on the CPU; the twin is how such a model can be computed there at all. */
    @Test
    void twinOfBfloat16RunsOnTheCpu() {
        ModelFile model = Exports.model(Exports.LLAMA_BF16);
        Tensor exact = twinLogits(model, new SampleInputs(model, 3).all().get(0));
        assertEquals(TensorType.FLOAT64, exact.type());
        assertTrue(Deviation.of(exact.doubles(), exact.doubles()).varied());
    }

    @Test
    void operatorsWithoutFloat64KernelAreNamed() {
        assertEquals(Set.of(), WidenedModel.of(Exports.model(Exports.LLAMA).proto()).keptInFloat32());
        assertEquals(Set.of("GroupQueryAttention", "MatMulNBits", "SkipSimplifiedLayerNormalization"),
                WidenedModel.of(Exports.model(Exports.GENAI_INT4).proto()).keptInFloat32());
    }

    private static Tensor twinLogits(ModelFile model, Sample sample) {
        WidenedModel twin = WidenedModel.of(model.proto());
        try (ModelSession session = ModelSession.builder(Taps.serialized(twin.model()), model.folder())
                .withoutOperators().optimization(OptLevel.NO_OPT).open()) {
            return session.run(WidenedModel.inputs(sample.inputs())).get("logits");
        }
    }
}
