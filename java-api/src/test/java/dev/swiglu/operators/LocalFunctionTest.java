package dev.swiglu.operators;

import static dev.swiglu.TensorType.FLOAT32;

import dev.swiglu.ModelSession;
import dev.swiglu.OnnxModel;
import dev.swiglu.SessionBuilder;
import dev.swiglu.Tensor;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A model-local function of an operator's name: the library's kernel goes before it, and without the library it runs instead. */
class LocalFunctionTest {
    private static final FusedCase INPUTS = new FusedCase(FLOAT32, 5, 7, 3).bias("b_up");

    /** A node with an input left out in the middle, beside a function that computes the same, or its negative. */
    private static SessionBuilder model(boolean negative) {
        return graph(negative).session();
    }

    static OnnxModel graph(boolean negative) {
        OnnxModel body = OnnxModel.opset(17).node("MatMul", "X W_gate -> gate").node("MatMul", "X W_up -> product")
                .node("Add", "product b_up -> up").node("Sigmoid", "gate -> sigmoid").node("Mul", "gate sigmoid -> silu")
                .node("Mul", "silu up -> result").node(negative ? "Neg" : "Identity", "result -> Y");
        OnnxModel model = OnnxModel.opset(17).using("dev.swiglu", 1).input("X", FLOAT32, "rows", 5);
        for (String constant : new String[] {"W_gate", "W_up", "b_up"}) {
            model.constant(constant, INPUTS.input(constant));
        }
        return model.node("dev.swiglu:FusedSwiGLU", "X W_gate W_up _ b_up -> Y").output("Y", FLOAT32, "rows", 7)
                .function("dev.swiglu:FusedSwiGLU", "X W_gate W_up b_gate b_up -> Y", body);
    }

    static void assertComputes(double sign, SessionBuilder model) {
        Exact exact = INPUTS.exact().get("Y");
        double[] expected = exact.values().clone();
        for (int i = 0; i < expected.length; i++) {
            expected[i] *= sign;
        }
        try (ModelSession session = model.open()) {
            Tensor y = session.run(Map.of("X", INPUTS.input("X"))).get("Y");
            new Exact(exact.shape(), expected).assertRoundedOnce(y, "sign " + sign);
        }
    }

    @Test
    void givesTheSameValueWithAndWithoutTheLibrary() {
        assertComputes(1, model(false));
        assertComputes(1, model(false).withoutOperators());
    }

    @Test
    void theKernelGoesBeforeTheFunction() {
        assertComputes(1, model(true));
        assertComputes(-1, model(true).withoutOperators());
    }
}
