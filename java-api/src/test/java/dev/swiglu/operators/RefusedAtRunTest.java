package dev.swiglu.operators;

import static dev.swiglu.TensorType.FLOAT32;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.swiglu.ModelException;
import dev.swiglu.ModelSession;
import dev.swiglu.OnnxModel;
import dev.swiglu.Tensor;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Shapes that only the run shows are checked by the run, with the same sentences; the session stays usable. */
class RefusedAtRunTest {

    private static Tensor tensor(long... shape) {
        return new Samples(FLOAT32).normal(shape);
    }

    private static void assertRefused(String operator, String sentence, OneNode node) {
        String message = assertThrows(ModelException.class, node.openShapes()::run, node::toString).getMessage();
        assertTrue(message.contains(operator + " node 'dev.swiglu:" + operator + " ") && message.endsWith("': " + sentence), message);
    }

    @Test
    void gatedProducts() {
        assertRefused("SwiGLU", "A has shape [2, 4] and B [2, 1]; they must be equal, there is no broadcasting.",
                new OneNode("SwiGLU").input("A", tensor(2, 4)).input("B", tensor(2, 1)));
        assertRefused("SwiGLU", "packed A has shape [2, 3]; its last dimension holds gate and up, so it must be even.",
                new OneNode("SwiGLU").input("A", tensor(2, 3)));
        assertRefused("SwiGLUGrad", "dY has shape [3, 4] but the gated product has [2, 4].",
                new OneNode("SwiGLUGrad").input("dY", tensor(3, 4)).input("A", tensor(2, 4)).input("B", tensor(2, 4)));
    }

    @Test
    void fusedProjections() {
        assertRefused("FusedSwiGLU", "W_gate has shape [4, 3] and W_up [3, 4]; they must be equal.",
                new OneNode("FusedSwiGLU").input("X", tensor(2, 4)).input("W_gate", tensor(4, 3)).input("W_up", tensor(3, 4)));
        assertRefused("FusedSwiGLU", "b_gate has shape [1]; with weights [4, 3] it must be [N].",
                new OneNode("FusedSwiGLU").input("X", tensor(2, 4)).input("W_gate", tensor(4, 3)).input("W_up", tensor(4, 3))
                        .input("b_gate", tensor(1)));
        assertRefused("FusedSwiGLU", "X has shape [2, 3] and the weights [4, 3]; X's last dimension must be K of weights [K, N].",
                new OneNode("FusedSwiGLU").input("X", tensor(2, 3)).input("W_gate", tensor(4, 3)).input("W_up", tensor(4, 3)));
        assertRefused("FusedSwiGLUGrad", "gate has shape [3, 2]; from X and the weights it must be [2, 3].",
                new OneNode("FusedSwiGLUGrad").input("dY", tensor(2, 3)).input("X", tensor(2, 4)).input("W_gate", tensor(4, 3))
                        .input("W_up", tensor(4, 3)).input("gate", tensor(3, 2)).input("up", tensor(3, 2)));
    }

    @Test
    void scalars() {
        OnnxModel model = OnnxModel.opset(17).using("dev.swiglu", 1).inputOfAnyShape("x", FLOAT32).input("w", FLOAT32, 4, 3)
                .node("dev.swiglu:FusedSwiGLU", "x w w -> y").outputOfAnyShape("y", FLOAT32);
        try (ModelSession session = model.session().open()) {
            Map<String, Tensor> scalar = Map.of("x", tensor(), "w", tensor(4, 3));
            String message = assertThrows(ModelException.class, () -> session.run(scalar)).getMessage();
            assertTrue(message.endsWith("X must have at least one dimension, its last being K."), message);
            session.run(Map.of("x", tensor(4), "w", tensor(4, 3)));
        }
    }
}
