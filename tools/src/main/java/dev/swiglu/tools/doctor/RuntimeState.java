package dev.swiglu.tools.doctor;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtProvider;
import dev.swiglu.Device;
import dev.swiglu.DeviceUnavailableException;
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

    public static RuntimeState current() {
        try {
            String version = OrtEnvironment.getEnvironment().getVersion();
            List<String> providers = OrtEnvironment.getAvailableProviders().stream().map(OrtProvider::name).toList();
            return new RuntimeState(version, providers, null, providers.contains(CUDA) ? cudaProblemHere() : null);
        } catch (LinkageError | RuntimeException unusable) {
            Throwable cause = unusable.getCause() == null ? unusable : unusable.getCause();
            return new RuntimeState(null, List.of(), cause.toString(), null);
        }
    }

    private static String cudaProblemHere() {
        try {
            ProbeModel.identity().withoutOperators().device(Device.cuda(0)).open().close();
            return null;
        } catch (DeviceUnavailableException unusable) {
            return unusable.getMessage();
        }
    }

    public boolean hasCuda() {
        return providers.contains(CUDA);
    }
}
