package dev.swiglu.operators;

import static dev.swiglu.TensorType.FLOAT32;
import static dev.swiglu.TensorType.FLOAT64;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.swiglu.ModelException;
import dev.swiglu.Tensor;
import dev.swiglu.TensorType;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the model alone shows to be wrong is refused when the session is created, with a sentence. */
class RefusedAtCreationTest {

    private static Tensor tensor(TensorType type, long... shape) {
        return new Samples(type).normal(shape);
    }

    private static Tensor tensor(long... shape) {
        return tensor(FLOAT32, shape);
    }

    private static OneNode swiglu() {
        return new OneNode("SwiGLU").input("A", tensor(2, 4)).input("B", tensor(2, 4));
    }

    private static OneNode fused() {
        return new OneNode("FusedSwiGLU").input("X", tensor(2, 4)).input("W_gate", tensor(4, 3)).input("W_up", tensor(4, 3));
    }

    private static OneNode fusedGrad() {
        return new OneNode("FusedSwiGLUGrad").input("dY", tensor(2, 3)).input("X", tensor(2, 4)).input("W_gate", tensor(4, 3))
                .input("W_up", tensor(4, 3));
    }

    private static void assertRefused(String operator, String sentence, OneNode node) {
        String message = assertThrows(ModelException.class, node.session()::open, node::toString).getMessage();
        assertTrue(message.contains(": " + operator + " node 'dev.swiglu:" + operator + " ") && message.endsWith("': " + sentence),
                message);
    }

    private static void assertAttributeRefused(String name, Object value, String sentence) {
        assertRefused("SwiGLU", sentence, swiglu().attributes(Map.of(name, value)));
        assertRefused("FusedSwiGLU", sentence, fused().attributes(Map.of(name, value)));
        assertRefused("FusedSwiGLUGrad", sentence, fusedGrad().attributes(Map.of(name, value)));
        assertRefused("SwiGLUGrad", sentence, new OneNode("SwiGLUGrad").input("dY", tensor(2, 4)).input("A", tensor(2, 4))
                .input("B", tensor(2, 4)).attributes(Map.of(name, value)));
    }

    @Test
    void unknownNames() {
        assertAttributeRefused("activation", "swishy", "attribute activation=\"swishy\" is not known; it is one of silu, sigmoid, "
                + "gelu, gelu_tanh, relu, quick_gelu, squared_relu, mish, identity.");
        assertAttributeRefused("activation", "", "attribute activation=\"\" is not known; it is one of silu, sigmoid, gelu, "
                + "gelu_tanh, relu, quick_gelu, squared_relu, mish, identity.");
        assertAttributeRefused("layout", "striped", "attribute layout=\"striped\" is not known; it is one of concat, "
                + "concat_swapped, interleaved.");
        assertAttributeRefused("precision", "fp8", "attribute precision=\"fp8\" is not known; it is one of tf32, fp32.");
    }

    @Test
    void attributesOfAnotherType() {
        assertAttributeRefused("activation", 1L, "attribute activation must be a string.");
        assertAttributeRefused("alpha", 1L, "attribute alpha must be a float.");
        assertAttributeRefused("limit", "7", "attribute limit must be a float.");
        assertAttributeRefused("transB", 1f, "attribute transB must be an integer.");
    }

    @Test
    void valuesThatMeanNothing() {
        for (float limit : new float[] {0, -7}) {
            assertAttributeRefused("limit", limit, "attribute limit must be greater than 0; leave it out for no clamping.");
        }
        assertAttributeRefused("limit", Float.NaN, "attribute limit must be a finite number.");
        assertAttributeRefused("alpha", Float.POSITIVE_INFINITY, "attribute alpha must be a finite number.");
        assertAttributeRefused("up_offset", Float.NaN, "attribute up_offset must be a finite number.");
        assertAttributeRefused("transB", 2L, "attribute transB must be 0 or 1, not 2.");
        assertRefused("SwiGLU", "attribute alpha belongs to the activations silu and quick_gelu only.",
                swiglu().attributes(Map.of("activation", "relu", "alpha", 0.5f)));
    }

    @Test
    void weightsThatDoNotFit() {
        assertRefused("FusedSwiGLU", "W_gate has shape [4, 3] and W_up [4, 5]; they must be equal.",
                fused().input("W_up", tensor(4, 5)));
        assertRefused("FusedSwiGLU", "W_gate has shape [3]; it must be a matrix [K, N].", fused().input("W_gate", tensor(3)));
        assertRefused("FusedSwiGLU", "X has shape [2, 4] and the weights [4, 3]; X's last dimension must be K of weights [N, K].",
                fused().attributes(Map.of("transB", 1L)));
        assertRefused("FusedSwiGLUGrad", "X has shape [2, 5] and the weights [4, 3]; X's last dimension must be K of weights [K, N].",
                fusedGrad().input("X", tensor(2, 5)));
    }

    @Test
    void biasesThatDoNotFit() {
        assertRefused("FusedSwiGLU", "b_up has shape [4]; with weights [4, 3] it must be [N].", fused().input("b_up", tensor(4)));
        assertRefused("FusedSwiGLU", "b_gate has shape [1, 3]; with weights [4, 3] it must be [N].",
                fused().input("b_gate", tensor(1, 3)));
    }

    @Test
    void operandsThatDoNotFit() {
        assertRefused("SwiGLU", "A has shape [2, 4] and B [1, 4]; they must be equal, there is no broadcasting.",
                swiglu().input("B", tensor(1, 4)));
        assertRefused("SwiGLU", "packed A has shape [2, 5]; its last dimension holds gate and up, so it must be even.",
                new OneNode("SwiGLU").input("A", tensor(2, 5)));
        assertRefused("SwiGLUGrad", "dY has shape [2, 4] but the gated product has [2, 2].",
                new OneNode("SwiGLUGrad").input("dY", tensor(2, 4)).input("A", tensor(2, 4)));
        assertRefused("FusedSwiGLUGrad", "dY has shape [2, 4]; from X and the weights it must be [2, 3].",
                fusedGrad().input("dY", tensor(2, 4)));
        assertRefused("FusedSwiGLUGrad", "up has shape [3, 2]; from X and the weights it must be [2, 3].",
                fusedGrad().input("gate", tensor(2, 3)).input("up", tensor(3, 2)));
    }

    @Test
    void inputsAndOutputsThatDoNotGoTogether() {
        OneNode packed = new OneNode("SwiGLUGrad").input("dY", tensor(2, 2)).input("A", tensor(2, 4));
        assertRefused("SwiGLUGrad", "dB is asked for, but A is packed; its gradient is all in dA.", packed.wanting("dA", "dB"));
        assertRefused("SwiGLUGrad", "dB is asked for, but A is packed; its gradient is all in dA.", packed.wanting("dB"));
        assertRefused("FusedSwiGLUGrad", "gate and up must be given together, or neither.",
                fusedGrad().input("gate", tensor(2, 3)));
        assertRefused("FusedSwiGLUGrad", "gate and up must be given together, or neither.",
                fusedGrad().input("up", tensor(2, 3)).openShapes());
    }

    /** ONNX Runtime has no kernel for a mixture, and says so itself. */
    @Test
    void mixedTypes() {
        OneNode mixed = fused().input("W_up", tensor(FLOAT64, 4, 3));
        String message = assertThrows(ModelException.class, mixed.session()::open).getMessage();
        assertTrue(message.contains("FusedSwiGLU"), message);
    }
}
