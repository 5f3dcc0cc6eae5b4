package dev.swiglu.operators;

import static dev.swiglu.TensorType.BFLOAT16;
import static dev.swiglu.TensorType.FLOAT16;
import static dev.swiglu.TensorType.FLOAT32;
import static dev.swiglu.operators.Exact.assertComputed;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.swiglu.Tensor;
import dev.swiglu.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** FusedSwiGLU and its gradient on CUDA at sizes where its paths and tiles begin and end; rows of odd sizes are not aligned. */
class CudaKernelTest extends OnGpu {
    private static final int[] ROWS = {1, 2, 8, 17, 63, 64, 65, 128, 130, 257};
    /** K and N. */
    private static final int[][] WEIGHTS = {{64, 128}, {131, 67}, {136, 264}, {320, 520}};
    /** TF32 cuts what it multiplies to 10 bits; gate and up are products, and so is what becomes of them. */
    private static final double TF32_ERROR = 0x1p-8;

    private static List<FusedCase> cases(TensorType type) {
        List<FusedCase> cases = new ArrayList<>();
        for (int m : ROWS) {
            for (int[] weights : WEIGHTS) {
                cases.add(new FusedCase(type, weights[0], weights[1], m));
                cases.add(new FusedCase(type, weights[0], weights[1], m).biases().transposed());
            }
        }
        return cases;
    }

    @Test
    void roundsOnceAtEverySize() {
        for (TensorType type : List.of(FLOAT16, BFLOAT16, FLOAT32)) {
            for (FusedCase inputs : cases(type)) {
                OneNode node = inputs.forward().constant("W_gate").constant("W_up");
                assertComputed(inputs.exactForward(), node.run(), node);
            }
        }
    }

    @Test
    void savesGateAndUpOnEveryPath() {
        for (TensorType type : List.of(FLOAT16, BFLOAT16, FLOAT32)) {
            for (int m : new int[] {1, 17, 130}) {
                FusedCase inputs = new FusedCase(type, 136, 264, m).bias("b_up");
                assertComputed(inputs.exactForward(), inputs.forward().wanting("Y", "gate", "up").run(), inputs.forward());
            }
        }
    }

    @Test
    void everyActivationOnEveryPath() {
        for (TensorType type : List.of(FLOAT16, BFLOAT16, FLOAT32)) {
            for (String activation : Gate.ACTIVATIONS) {
                for (int m : new int[] {1, 17, 130}) {
                    FusedCase inputs = new FusedCase(type, 64, 128, m).biases().attribute("activation", activation)
                            .attribute("limit", 7f).attribute("up_offset", 1f);
                    assertComputed(inputs.exactForward(), inputs.forward().run(), inputs.forward());
                }
            }
        }
    }

    @Test
    void float32IsTf32UnlessAskedOtherwise() {
        for (FusedCase inputs : cases(FLOAT32)) {
            Tensor y = inputs.attribute("precision", "tf32").forward().run().get("Y");
            double error = inputs.exactForward().get("Y").relativeError(y);
            assertTrue(error <= TF32_ERROR, inputs.forward() + ": the error is " + error);
        }
    }

    @Test
    void gradientsAtEverySize() {
        for (TensorType type : List.of(FLOAT16, BFLOAT16, FLOAT32)) {
            for (int m : new int[] {1, 17, 64, 130}) {
                for (int[] weights : WEIGHTS) {
                    FusedCase recomputed = new FusedCase(type, weights[0], weights[1], m).biases().transposed();
                    FusedCase saved = new FusedCase(type, weights[0], weights[1], m).savedGateAndUp();
                    for (FusedCase inputs : List.of(recomputed, saved)) {
                        OneNode node = inputs.gradient().wanting("dX", "dW_gate", "dW_up", "db_gate", "db_up", "Y");
                        assertComputed(inputs.exact(), node.run(), node);
                        OneNode products = inputs.gradient().wanting("dX", "dW_gate", "dW_up");
                        assertComputed(inputs.exact(), products.run(), products);
                    }
                }
            }
        }
    }

    /**
     * With gate and up saved and no biases to sum for, 16-bit gradients are one launch on sm_90, in which some warps make what
     * others multiply: with and without each output, and with more tiles than a chip has multiprocessors.
     */
    @Test
    void gradientsOfSavedGateAndUpInOneLaunch() {
        List<String> all = List.of("dX", "dW_gate", "dW_up", "Y");
        List<List<String>> choices = List.of(all, List.of("dX", "dW_up"), List.of("dW_gate", "dW_up", "Y"), List.of("dW_gate"));
        for (TensorType type : List.of(FLOAT16, BFLOAT16)) {
            for (int m : new int[] {1, 17, 64, 130}) {
                check(new FusedCase(type, 136, 264, m).savedGateAndUp(), choices);
                check(new FusedCase(type, 320, 520, m).savedGateAndUp().transposed().attribute("alpha", 1.5f), choices);
            }
            check(new FusedCase(type, 1032, 2056, 130).savedGateAndUp(), List.of(all));
        }
    }

    private static void check(FusedCase inputs, List<List<String>> choices) {
        Map<String, Exact> exact = inputs.exact();
        for (List<String> wanted : choices) {
            OneNode node = inputs.gradient().wanting(wanted);
            assertComputed(exact, node.run(), node);
        }
    }
}
