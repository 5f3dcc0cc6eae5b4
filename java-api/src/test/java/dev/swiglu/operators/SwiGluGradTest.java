package dev.swiglu.operators;

import static dev.swiglu.operators.Exact.assertComputed;
import static dev.swiglu.operators.GatedCase.packed;
import static dev.swiglu.operators.GatedCase.separate;

import dev.swiglu.TensorType;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SwiGluGradTest {

    private static void check(GatedCase inputs, List<String> wanted) {
        assertComputed(inputs.exact(), inputs.gradient().wanting(wanted).run(), inputs);
    }

    @Test
    void everyTypeAndRank() {
        for (TensorType type : Samples.TYPES) {
            for (long[] shape : SwiGluTest.RANKS) {
                check(separate(type, Map.of(), shape), List.of("dA", "dB", "Y"));
            }
        }
    }

    @Test
    void everyChoiceOfOutputs() {
        for (TensorType type : Samples.TYPES) {
            for (List<String> wanted : OneNode.choices("dA", "dB", "Y")) {
                check(separate(type, Map.of(), 3, 5), wanted);
            }
        }
    }

    @Test
    void packedGatesGivePackedGradients() {
        for (TensorType type : Samples.TYPES) {
            for (String layout : SwiGluTest.LAYOUTS) {
                for (List<String> wanted : OneNode.choices("dA", "Y")) {
                    check(packed(type, layout, Map.of(), 2, 3, 5), wanted);
                }
            }
        }
    }

    @Test
    void everyActivation() {
        for (String activation : Gate.ACTIVATIONS) {
            check(separate(TensorType.FLOAT32, Map.of("activation", activation), 100), List.of("dA", "dB", "Y"));
            check(separate(TensorType.FLOAT64, Map.of("activation", activation), 100), List.of("dA", "dB", "Y"));
        }
    }

    @Test
    void alphaLimitAndOffset() {
        List<Map<String, ?>> choices = List.of(Map.of("alpha", 0.5f), Map.of("limit", 0.75f), Map.of("up_offset", 1f),
                Map.of("activation", "quick_gelu", "limit", 0.75f, "up_offset", 1f));
        for (Map<String, ?> attributes : choices) {
            check(separate(TensorType.FLOAT32, attributes, 50), List.of("dA", "dB", "Y"));
            check(packed(TensorType.FLOAT64, "interleaved", attributes, 2, 25), List.of("dA", "Y"));
        }
    }
}
