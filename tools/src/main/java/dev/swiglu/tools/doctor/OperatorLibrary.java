package dev.swiglu.tools.doctor;

import dev.swiglu.ModelSession;
import dev.swiglu.SwiGlu;
import dev.swiglu.SwiGluException;
import dev.swiglu.Tensor;
import java.util.Map;

/**
 * The library of the fused operators.
 *
 * @param path null when it was not found
 * @param problem why it cannot be used; null when a session with it computes a right value on the CPU
 */
public record OperatorLibrary(String path, String problem) {
    private static final float GATE = 4;
    private static final float UP = 5;
    /** {@code GATE · σ(GATE) · UP} */
    private static final double SWIGLU = GATE / (1 + Math.exp(-GATE)) * UP;
    private static final double TOLERANCE = 1e-5;

    public static OperatorLibrary current() {
        String path = null;
        try {
            path = SwiGlu.library().toString();
            float computed = swiglu(GATE, UP);
            boolean right = Math.abs(computed - SWIGLU) <= TOLERANCE * SWIGLU;
            return new OperatorLibrary(path, right ? null : "It computes SwiGLU(" + GATE + ", " + UP + ") = " + computed
                    + ", and " + SWIGLU + " is right: replace the library.");
        } catch (SwiGluException unusable) {
            return new OperatorLibrary(path, unusable.getMessage());
        } catch (LinkageError noRuntime) {
            return new OperatorLibrary(path, "ONNX Runtime does not load, so the library cannot be tried.");
        }
    }

    private static float swiglu(float gate, float up) {
        try (ModelSession session = ProbeModel.swiglu().open()) {
            return session.run(Map.of("gate", Tensor.float32(new float[] {gate}, 1), "up", Tensor.float32(new float[] {up}, 1)))
                    .get("y").floats()[0];
        }
    }

    public boolean works() {
        return problem == null;
    }
}
