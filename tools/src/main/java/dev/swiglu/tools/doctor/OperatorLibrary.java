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
 * @param problem why it cannot be used; null when a session with it runs on the CPU
 */
public record OperatorLibrary(String path, String problem) {

    public static OperatorLibrary current() {
        String path = null;
        try {
            path = SwiGlu.library().toString();
            try (ModelSession session = ProbeModel.builder().open()) {
                session.run(Map.of("x", Tensor.float32(new float[] {1})));
            }
            return new OperatorLibrary(path, null);
        } catch (SwiGluException unusable) {
            return new OperatorLibrary(path, unusable.getMessage());
        } catch (LinkageError noRuntime) {
            return new OperatorLibrary(path, "ONNX Runtime does not load, so the library cannot be tried.");
        }
    }

    public boolean works() {
        return problem == null;
    }
}
