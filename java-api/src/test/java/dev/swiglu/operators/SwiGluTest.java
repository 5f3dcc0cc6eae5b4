package dev.swiglu.operators;

import static dev.swiglu.operators.Exact.assertComputed;
import static dev.swiglu.operators.GatedCase.packed;
import static dev.swiglu.operators.GatedCase.separate;

import dev.swiglu.Tensor;
import dev.swiglu.TensorType;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SwiGluTest {
    static final List<String> LAYOUTS = List.of("concat", "concat_swapped", "interleaved");
    static final long[][] RANKS = {{7}, {3, 5}, {2, 3, 5}, {2, 1, 3, 4}};

    private static void check(GatedCase inputs) {
        assertComputed(inputs.exact(), inputs.forward().run(), inputs);
    }

    @Test
    void everyTypeRankAndLayout() {
        for (TensorType type : Samples.TYPES) {
            for (long[] shape : RANKS) {
                check(separate(type, Map.of(), shape));
                for (String layout : LAYOUTS) {
                    check(packed(type, layout, Map.of(), shape));
                }
            }
        }
    }

    /** From where e^-x overflows float32 to where it vanishes. */
    @Test
    void everyActivationFromMinus100To100() {
        double[] gates = IntStream.rangeClosed(-200, 200).mapToDouble(i -> i / 2.0).toArray();
        double[] ups = Arrays.stream(gates).map(gate -> gate % 3 + 0.25).toArray();
        for (TensorType type : Samples.TYPES) {
            Tensor gate = Samples.tensor(type, gates, gates.length);
            Tensor up = Samples.tensor(type, ups, ups.length);
            for (String activation : Gate.ACTIVATIONS) {
                check(separate(gate, up, Map.of("activation", activation)));
            }
        }
    }

    @Test
    void alphaLimitAndOffset() {
        List<Map<String, ?>> choices = List.of(Map.of("alpha", 0.5f), Map.of("alpha", -2f),
                Map.of("activation", "quick_gelu", "alpha", 1f), Map.of("limit", 0.75f), Map.of("up_offset", 1f),
                Map.of("activation", "quick_gelu", "limit", 0.75f, "up_offset", 1f));
        for (Map<String, ?> attributes : choices) {
            check(separate(TensorType.FLOAT32, attributes, 50));
            check(packed(TensorType.FLOAT64, "interleaved", attributes, 2, 25));
        }
    }

    @Test
    void nanAndInfinityComeOutWhereTheFormulaPutsThem() {
        double[] gates = {Double.NaN, 1, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 2, -2, 0};
        double[] ups = {1, Double.NaN, 1, 1, Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY};
        for (TensorType type : Samples.TYPES) {
            Tensor gate = Samples.tensor(type, gates, gates.length);
            Tensor up = Samples.tensor(type, ups, ups.length);
            for (String activation : List.of("silu", "sigmoid", "relu", "squared_relu", "identity")) {
                check(separate(gate, up, Map.of("activation", activation)));
                check(separate(gate, up, Map.of("activation", activation, "limit", 1f, "up_offset", 1f)));
            }
        }
    }
}
