package dev.swiglu;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtProvider;
import ai.onnxruntime.OrtSession;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Whether ONNX Runtime can run on a GPU here. Its list of providers only says what it was compiled with; a missing driver,
 * library or GPU shows when a session is made, so a session is made, for a model with a single Identity node.
 */
final class CudaProbe {
    static final byte[] IDENTITY_MODEL = Base64.getDecoder().decode(
            "CAg6OwoQCgF4EgF5IghJZGVudGl0eRIFcHJvYmVaDwoBeBIKCggIARIECgIIAWIPCgF5EgoKCAgBEgQKAggBQgIQDQ==");

    private static final Map<Device.Cuda, Optional<String>> FAILURES = new ConcurrentHashMap<>();

    private CudaProbe() {}

    /** Why the device cannot be used, in a sentence; empty when it can. Looked up once per process. */
    static Optional<String> failure(Device.Cuda device) {
        return FAILURES.computeIfAbsent(device, CudaProbe::probe);
    }

    private static Optional<String> probe(Device.Cuda device) {
        OrtEnvironment environment = RuntimeLoader.environment();
        if (!OrtEnvironment.getAvailableProviders().contains(OrtProvider.CUDA)) {
            return Optional.of("ONNX Runtime " + environment.getVersion() + " was found without CUDA, so " + device
                    + " cannot be used: depend on onnxruntime_gpu instead of onnxruntime.");
        }
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            device.addTo(options);
            environment.createSession(IDENTITY_MODEL, options).close();
            return Optional.empty();
        } catch (OrtException unusable) {
            return Optional.of("ONNX Runtime " + environment.getVersion() + " cannot use " + device + ": "
                    + unusable.getMessage());
        }
    }
}
