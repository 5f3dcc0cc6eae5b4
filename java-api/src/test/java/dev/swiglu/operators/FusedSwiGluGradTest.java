package dev.swiglu.operators;

import static dev.swiglu.operators.Exact.assertComputed;

import dev.swiglu.TensorType;
import java.util.List;
import org.junit.jupiter.api.Test;

class FusedSwiGluGradTest {
    private static final String[] OUTPUTS = {"dX", "dW_gate", "dW_up", "db_gate", "db_up", "Y"};

    private static void check(FusedCase inputs, OneNode node) {
        assertComputed(inputs.exact(), node.run(), node);
    }

    @Test
    void everyTypeAndRank() {
        for (TensorType type : Samples.TYPES) {
            for (long[] rows : FusedSwiGluTest.ROWS) {
                FusedCase plain = new FusedCase(type, 5, 7, rows).biases();
                check(plain, plain.gradient().wanting(OUTPUTS));
                FusedCase transposed = new FusedCase(type, 5, 7, rows).biases().transposed();
                check(transposed, transposed.gradient().wanting(OUTPUTS));
            }
        }
    }

    @Test
    void everyChoiceOfOutputs() {
        FusedCase inputs = new FusedCase(TensorType.FLOAT32, 5, 7, 3).biases();
        for (List<String> wanted : OneNode.choices(OUTPUTS)) {
            check(inputs, inputs.gradient().wanting(wanted));
        }
    }

    @Test
    void eachGradientAloneInEveryType() {
        for (TensorType type : Samples.TYPES) {
            FusedCase inputs = new FusedCase(type, 5, 7, 3).biases();
            for (String alone : OUTPUTS) {
                check(inputs, inputs.gradient().wanting(alone));
            }
        }
    }

    @Test
    void savedGateAndUpAreUsedWithAndWithoutBiases() {
        for (TensorType type : Samples.TYPES) {
            FusedCase biasesLeftOut = new FusedCase(type, 5, 7, 3).savedGateAndUp();
            check(biasesLeftOut, biasesLeftOut.gradient().wanting(OUTPUTS));
            FusedCase oneBias = new FusedCase(type, 5, 7, 3).bias("b_up").savedGateAndUp();
            check(oneBias, oneBias.gradient().wanting(OUTPUTS));
            FusedCase all = new FusedCase(type, 5, 7, 3).biases().savedGateAndUp().transposed();
            check(all, all.gradient().wanting(OUTPUTS));
        }
    }

    @Test
    void recomputedWithEveryChoiceOfBiases() {
        FusedCase none = new FusedCase(TensorType.FLOAT64, 5, 7, 3);
        check(none, none.gradient().wanting(OUTPUTS));
        FusedCase gate = new FusedCase(TensorType.FLOAT64, 5, 7, 3).bias("b_gate");
        check(gate, gate.gradient().wanting(OUTPUTS));
        FusedCase up = new FusedCase(TensorType.FLOAT64, 5, 7, 3).bias("b_up");
        check(up, up.gradient().wanting(OUTPUTS));
    }

    @Test
    void everyActivationAndAttribute() {
        for (String activation : Gate.ACTIVATIONS) {
            FusedCase inputs = new FusedCase(TensorType.FLOAT64, 5, 7, 3).biases().attribute("activation", activation)
                    .attribute("limit", 1.5f).attribute("up_offset", 1f);
            check(inputs, inputs.gradient().wanting(OUTPUTS));
        }
        FusedCase alpha = new FusedCase(TensorType.FLOAT32, 5, 7, 3).attribute("alpha", 0.5f);
        check(alpha, alpha.gradient().wanting(OUTPUTS));
    }

    @Test
    void weightsAndBiasesAsInitializers() {
        for (TensorType type : Samples.TYPES) {
            FusedCase inputs = new FusedCase(type, 5, 7, 2, 3).biases();
            check(inputs, inputs.gradient().wanting(OUTPUTS).constant("W_gate").constant("W_up").constant("b_gate").constant("b_up"));
        }
    }
}
