package dev.swiglu.tools.doctor;

import dev.swiglu.Device;
import dev.swiglu.ModelSession;
import dev.swiglu.SwiGlu;
import dev.swiglu.SwiGluException;
import dev.swiglu.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * The library of the fused operators.
 *
 * @param path null when it was not found
 * @param problem why it cannot be used; null when a session with it computes a right value on the CPU
 * @param cudaProblem why it cannot be used on the GPU; null when it can, or when there is no GPU to try it on
 */
public record OperatorLibrary(String path, String problem, String cudaProblem) {
    private static final float GATE = 4;
    private static final float UP = 5;
    /** {@code GATE · σ(GATE) · UP} */
    private static final double SWIGLU = GATE / (1 + Math.exp(-GATE)) * UP;
    private static final double TOLERANCE = 1e-5;
    /** Stands in a library with kernels for the GPU, which name the provider that they are for. */
    private static final String CUDA_PROVIDER = "CUDAExecutionProvider";

    /** @param gpu to try it there, too */
    public static OperatorLibrary current(Optional<Device> gpu) {
        String path = null;
        try {
            path = SwiGlu.library().toString();
            String problem = problemOn(Device.cpu());
            return new OperatorLibrary(path, problem, problem == null && gpu.isPresent() ? cudaProblem(path, gpu.get()) : null);
        } catch (SwiGluException unusable) {
            return new OperatorLibrary(path, unusable.getMessage(), null);
        } catch (LinkageError noRuntime) {
            return new OperatorLibrary(path, "ONNX Runtime does not load, so the library cannot be tried.", null);
        }
    }

    private static String problemOn(Device device) {
        float computed = swiglu(device);
        boolean right = Math.abs(computed - SWIGLU) <= TOLERANCE * SWIGLU;
        return right ? null : "It computes SwiGLU(" + GATE + ", " + UP + ") = " + computed + " on " + device + ", and " + SWIGLU
                + " is right: replace the library.";
    }

    private static String cudaProblem(String path, Device gpu) {
        try {
            return hasCuda(Path.of(path)) ? problemOn(gpu) : "The operator library is built without CUDA, so that sessions on the"
                    + " GPU run its operators on the CPU: build it where nvcc is, 12.4 or newer.";
        } catch (SwiGluException unusable) {
            return unusable.getMessage();
        }
    }

    private static boolean hasCuda(Path library) {
        try {
            return new String(Files.readAllBytes(library), StandardCharsets.ISO_8859_1).contains(CUDA_PROVIDER);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static float swiglu(Device device) {
        try (ModelSession session = ProbeModel.swiglu().device(device).open()) {
            Tensor gate = Tensor.float32(new float[] {GATE}, 1);
            Tensor up = Tensor.float32(new float[] {UP}, 1);
            return session.run(Map.of("gate", gate, "up", up)).get("y").floats()[0];
        }
    }

    public boolean works() {
        return problem == null;
    }
}
