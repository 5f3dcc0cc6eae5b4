package dev.swiglu.tools.doctor;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtProvider;
import dev.swiglu.Device;
import dev.swiglu.DeviceUnavailableException;
import dev.swiglu.SwiGlu;
import java.util.List;

/**
 * ONNX Runtime as it is on the class path.
 *
 * @param version null when its native part does not load
 * @param problem why it does not load; null when it does
 * @param cudaProblem why its CUDA provider cannot be used; null when it can, or when there is none
 */
public record RuntimeState(String version, List<String> providers, String problem, String cudaProblem) {
    private static final String CUDA = "CUDA";

    /** @param gpu the one to try, where ONNX Runtime has CUDA */
    public static RuntimeState current(Device gpu) {
        try {
            SwiGlu.prepareRuntime();
            String version = OrtEnvironment.getEnvironment().getVersion();
            List<String> providers = OrtEnvironment.getAvailableProviders().stream().map(OrtProvider::name).toList();
            return new RuntimeState(version, providers, null, providers.contains(CUDA) ? cudaProblem(gpu) : null);
        } catch (LinkageError | RuntimeException unusable) {
            Throwable cause = unusable.getCause() == null ? unusable : unusable.getCause();
            return new RuntimeState(null, List.of(), cause.toString(), null);
        }
    }

    private static String cudaProblem(Device gpu) {
        try {
            ProbeModel.identity().withoutOperators().device(gpu).open().close();
            return null;
        } catch (DeviceUnavailableException unusable) {
            return unusable.getMessage();
        }
    }

    public boolean hasCuda() {
        return providers.contains(CUDA);
    }

    public boolean cudaWorks() {
        return hasCuda() && cudaProblem == null;
    }
}
