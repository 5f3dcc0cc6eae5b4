package dev.swiglu.operators;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.swiglu.Tensor;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The node tests of ONNX opset 28's {@code SwiGLU}, from its definition, and vectors worked by hand. */
class OnnxNodeTest {
    private static final float[] A = {1, -2, 3, 4, -1, 2, -3, 0.5f};
    private static final float[] B = {0.5f, 1, -1, 2, 2, -1, 0.5f, 1};

    /** {@code a · (1 / (1 + e^(-alpha·a))) · b} */
    private static double[] definition(double alpha) {
        double[] y = new double[A.length];
        for (int i = 0; i < y.length; i++) {
            y[i] = A[i] * (1 / (1 + Math.exp(-alpha * A[i]))) * B[i];
        }
        return y;
    }

    private static Tensor swiglu(Tensor a, Tensor b, Map<String, ?> attributes) {
        return new OneNode("SwiGLU").attributes(attributes).input("A", a).input("B", b).run().get("Y");
    }

    @Test
    void plain() {
        Tensor y = swiglu(Tensor.float32(A, 2, 4), Tensor.float32(B, 2, 4), Map.of());
        new Exact(new long[] {2, 4}, definition(1)).assertRoundedOnce(y, "SwiGLU");
    }

    @Test
    void alpha() {
        Tensor y = swiglu(Tensor.float32(A, 2, 4), Tensor.float32(B, 2, 4), Map.of("alpha", 0.5f));
        new Exact(new long[] {2, 4}, definition(0.5)).assertRoundedOnce(y, "SwiGLU of alpha 0.5");
    }

    @Test
    void float16IsComputedInFloat32AndRoundedOnce() {
        float[] wide = Tensor.float32(toFloats(definition(1)), 2, 4).floats();
        assertEquals(Tensor.float16(wide, 2, 4), swiglu(Tensor.float16(A, 2, 4), Tensor.float16(B, 2, 4), Map.of()));
    }

    private static float[] toFloats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    @Test
    void siluGluOfTheWorkedVectors() {
        Tensor y = swiglu(Tensor.float32(new float[] {4, -1}, 2), Tensor.float32(new float[] {5, 2}, 2), Map.of());
        double sigmoidOf4 = 1 / (1 + Math.exp(-4));
        double sigmoidOfMinus1 = 1 / (1 + Math.exp(1));
        new Exact(new long[] {2}, 4 * sigmoidOf4 * 5, -1 * sigmoidOfMinus1 * 2).assertRoundedOnce(y, "silu");
    }

    @Test
    void plainGluOfTheWorkedVectors() {
        Tensor y = swiglu(Tensor.float32(new float[] {4, -1}, 2), Tensor.float32(new float[] {5, 2}, 2),
                Map.of("activation", "sigmoid"));
        assertArrayEquals(new double[] {4.91, 0.538}, y.doubles(), 0.0005);
    }
}
