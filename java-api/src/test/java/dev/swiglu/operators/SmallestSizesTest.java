package dev.swiglu.operators;

import static dev.swiglu.operators.Exact.assertComputed;

import dev.swiglu.TensorType;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Sizes 0 and 1: without K there are only biases, without M the gradients of the weights are 0. */
class SmallestSizesTest {

    @Test
    void gatedProducts() {
        long[][] shapes = {{0}, {1}, {0, 3}, {3, 0}, {1, 1}, {2, 0, 3}};
        for (TensorType type : Samples.TYPES) {
            for (long[] shape : shapes) {
                GatedCase separate = GatedCase.separate(type, Map.of(), shape);
                assertComputed(separate.exact(), separate.forward().run(), separate);
                assertComputed(separate.exact(), separate.gradient().wanting("dA", "dB", "Y").run(), separate);
                for (String layout : SwiGluTest.LAYOUTS) {
                    GatedCase packed = GatedCase.packed(type, layout, Map.of(), shape);
                    assertComputed(packed.exact(), packed.forward().run(), packed);
                    assertComputed(packed.exact(), packed.gradient().wanting("dA", "Y").run(), packed);
                }
            }
        }
    }

    @Test
    void fusedProjections() {
        for (TensorType type : Samples.TYPES) {
            for (int bits = 0; bits < 8; bits++) {
                check(new FusedCase(type, bits & 1, bits >> 1 & 1, bits >> 2 & 1).biases());
                check(new FusedCase(type, 3 * (bits & 1), 3 * (bits >> 1 & 1), 3 * (bits >> 2 & 1)).biases().transposed());
            }
        }
        check(new FusedCase(TensorType.FLOAT32, 4, 3, 2, 0, 5).savedGateAndUp());
        check(new FusedCase(TensorType.FLOAT32, 0, 3, 2));
    }

    private static void check(FusedCase inputs) {
        OneNode forward = inputs.forward().wanting("Y", "gate", "up");
        OneNode gradient = inputs.gradient().wanting("dX", "dW_gate", "dW_up", "db_gate", "db_up", "Y");
        if (inputs.input("gate") == null) {
            assertComputed(inputs.exact(), forward.run(), forward);
        }
        assertComputed(inputs.exact(), gradient.run(), gradient);
    }
}
