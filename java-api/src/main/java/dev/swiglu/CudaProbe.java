package dev.swiglu;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtProvider;
import ai.onnxruntime.OrtSession;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Whether ONNX Runtime can run on a GPU here. Its list of providers only says what it was compiled with; a missing driver,
 * library or GPU shows when a session is made, so a session is made, for a model with a single Identity node. That happens
 * only after a session has failed, and for {@link Device#best}.
 */
final class CudaProbe {
    static final byte[] IDENTITY_MODEL = Base64.getDecoder().decode(
            "CAg6OwoQCgF4EgF5IghJZGVudGl0eRIFcHJvYmVaDwoBeBIKCggIARIECgIIAWIPCgF5EgoKCAgBEgQKAggBQgIQDQ==");

    private static final String RUNTIME = "libonnxruntime.so";
    private static final String PROVIDER = "libonnxruntime_providers_cuda.so";
    private static final Set<Device.Cuda> WORKING = ConcurrentHashMap.newKeySet();

    private CudaProbe() {}

    /**
     * Why the device cannot be used and what to do, in sentences; empty when it can, which is remembered. What fails may work
     * later, where its memory was full, say.
     */
    static Optional<String> failure(Device.Cuda device) {
        if (WORKING.contains(device)) {
            return Optional.empty();
        }
        Optional<String> failure = probe(device);
        if (failure.isEmpty()) {
            WORKING.add(device);
        }
        return failure;
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
            return Optional.of("ONNX Runtime " + environment.getVersion() + " cannot use " + device + ". "
                    + explained(unusable.getMessage()));
        }
    }

    private static String explained(String message) {
        String reason = CudaTrouble.in(message).isPresent() ? message : loaderReason().orElse(message);
        return CudaTrouble.explain(reason).map(explanation -> explanation + " (" + reason + ")").orElse(reason);
    }

    /**
     * ONNX Runtime's exception only says that its CUDA provider could not be loaded, and logs why. The dynamic loader gives the
     * reason when it is asked again; it cannot succeed where it just failed.
     */
    private static Optional<String> loaderReason() {
        Optional<Path> provider =
                LoadedLibraries.find(RUNTIME).map(runtime -> runtime.resolveSibling(PROVIDER)).filter(Files::exists);
        try {
            provider.ifPresent(file -> System.load(file.toString()));
            return Optional.empty();
        } catch (UnsatisfiedLinkError reason) {
            return Optional.of(reason.getMessage());
        }
    }
}
