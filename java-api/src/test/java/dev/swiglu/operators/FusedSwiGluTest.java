package dev.swiglu.operators;

import static dev.swiglu.operators.Exact.assertComputed;

import dev.swiglu.TensorType;
import java.util.List;
import org.junit.jupiter.api.Test;

class FusedSwiGluTest {
    /** Of X and Y without their last dimension. */
    static final long[][] ROWS = {{}, {3}, {2, 3}, {2, 1, 3}};
    private static final List<List<String>> OUTPUTS = List.of(List.of("Y"), List.of("Y", "gate"), List.of("Y", "up"),
            List.of("Y", "gate", "up"));

    private static void check(FusedCase inputs, OneNode node) {
        assertComputed(inputs.exactForward(), node.run(), node);
    }

    @Test
    void everyTypeAndRank() {
        for (TensorType type : Samples.TYPES) {
            for (long[] rows : ROWS) {
                FusedCase plain = new FusedCase(type, 5, 7, rows).biases();
                check(plain, plain.forward());
                FusedCase transposed = new FusedCase(type, 5, 7, rows).biases().transposed();
                check(transposed, transposed.forward());
            }
        }
    }

    @Test
    void everyChoiceOfBiasesAndOutputs() {
        for (TensorType type : Samples.TYPES) {
            for (List<String> outputs : OUTPUTS) {
                FusedCase none = new FusedCase(type, 5, 7, 3);
                check(none, none.forward().wanting(outputs));
                FusedCase gate = new FusedCase(type, 5, 7, 3).bias("b_gate");
                check(gate, gate.forward().wanting(outputs));
                FusedCase up = new FusedCase(type, 5, 7, 3).bias("b_up");
                check(up, up.forward().wanting(outputs));
                FusedCase both = new FusedCase(type, 5, 7, 3).biases();
                check(both, both.forward().wanting(outputs));
            }
        }
    }

    @Test
    void everyActivationAndAttribute() {
        for (String activation : Gate.ACTIVATIONS) {
            FusedCase inputs = new FusedCase(TensorType.FLOAT64, 5, 7, 3).biases().attribute("activation", activation)
                    .attribute("limit", 1.5f).attribute("up_offset", 1f);
            check(inputs, inputs.forward().wanting("Y", "gate", "up"));
        }
        FusedCase alpha = new FusedCase(TensorType.FLOAT32, 5, 7, 3).attribute("alpha", 0.5f).attribute("precision", "fp32");
        check(alpha, alpha.forward());
    }

    @Test
    void weightsAndBiasesAsInitializers() {
        for (TensorType type : Samples.TYPES) {
            FusedCase inputs = new FusedCase(type, 5, 7, 2, 3).biases().transposed();
            check(inputs, inputs.forward().constant("W_gate").constant("W_up").constant("b_gate").constant("b_up"));
            check(inputs, inputs.forward().constant("W_up").constant("b_gate"));
        }
    }

    @Test
    void sizesThatDivideNothing() {
        for (TensorType type : Samples.TYPES) {
            FusedCase inputs = new FusedCase(type, 131, 67, 37).biases();
            check(inputs, inputs.forward().wanting("Y", "gate", "up"));
        }
    }
}
