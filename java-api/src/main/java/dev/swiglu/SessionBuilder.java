package dev.swiglu;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;

/** How to open a model. Immutable: every setter returns a new builder, so one can be shared and varied. */
public final class SessionBuilder {
    /**
     * Session configuration entry, and the metadata key by which a rewritten model recommends a value for it: {@code kernel},
     * or {@code function} where ONNX Runtime's own MatMul serves the CPU better because it keeps constant weights packed. On a
     * GPU it says nothing: there it is always the kernel.
     */
    public static final String CPU_FUSION = "dev.swiglu.cpu_fusion";

    /** Tells the operator library where the session runs, which ONNX Runtime does not. */
    private static final String DEVICE = "dev.swiglu.device";

    private final ModelSource model;
    private final Device device;
    private final OptionalInt threads;
    private final OptLevel optimization;
    private final Optional<Path> profile;
    private final Map<String, String> config;
    private final boolean operators;
    private final boolean cudaGraphs;

    private SessionBuilder(ModelSource model, Device device, OptionalInt threads, OptLevel optimization, Optional<Path> profile,
            Map<String, String> config, boolean operators, boolean cudaGraphs) {
        this.model = model;
        this.device = device;
        this.threads = threads;
        this.optimization = optimization;
        this.profile = profile;
        this.config = config;
        this.operators = operators;
        this.cudaGraphs = cudaGraphs;
    }

    SessionBuilder(ModelSource model) {
        this(model, Device.cpu(), OptionalInt.empty(), OptLevel.ALL_OPT, Optional.empty(), Map.of(), true, false);
    }

    /** Default: the CPU. */
    public SessionBuilder device(Device device) {
        return new SessionBuilder(model, device, threads, optimization, profile, config, operators, cudaGraphs);
    }

    /** Threads that work on one operator together. Default: one for each physical core. */
    public SessionBuilder threads(int count) {
        if (count < 1) {
            throw new IllegalArgumentException("A session needs at least 1 thread, not " + count + ".");
        }
        return new SessionBuilder(model, device, OptionalInt.of(count), optimization, profile, config, operators, cudaGraphs);
    }

    /** Default: everything that ONNX Runtime can do. */
    public SessionBuilder optimization(OptLevel optimization) {
        return new SessionBuilder(model, device, threads, optimization, profile, config, operators, cudaGraphs);
    }

    /** Writes ONNX Runtime's profile, one JSON event for each node run, to a file whose name starts with {@code prefix}. */
    public SessionBuilder profileTo(Path prefix) {
        return new SessionBuilder(model, device, threads, optimization, Optional.of(prefix), config, operators, cudaGraphs);
    }

    /** Sets one of ONNX Runtime's session configuration entries; it wins over what this builder would set itself. */
    public SessionBuilder config(String key, String value) {
        Map<String, String> extended = new LinkedHashMap<>(config);
        extended.put(key, value);
        return new SessionBuilder(model, device, threads, optimization, profile, Map.copyOf(extended), operators, cudaGraphs);
    }

    /** Leaves the operator library out: ONNX Runtime runs the functions that a rewritten model carries instead. */
    public SessionBuilder withoutOperators() {
        return new SessionBuilder(model, device, threads, optimization, profile, config, false, cudaGraphs);
    }

    /**
     * Lets the session capture what it does on the GPU and replay it, for {@link #openResident} on a GPU; see
     * {@link ResidentRun#graph}. ONNX Runtime refuses models for it that do not run on the GPU as a whole.
     */
    public SessionBuilder cudaGraphs() {
        return new SessionBuilder(model, device, threads, optimization, profile, config, operators, true);
    }

    /** What the model's metadata say, by key, read without opening it; empty where they cannot be read. */
    public Map<String, String> metadata() {
        return model.metadata();
    }

    /** The types of the operators in the model's graph, read without opening it; empty where they cannot be read. */
    public Set<String> operatorTypes() {
        return model.operatorTypes();
    }

    /**
     * Opens the model.
     *
     * @throws UncheckedIOException when there is no such file
     * @throws DeviceUnavailableException when the device is not there
     * @throws NativeLibraryException when the operator library cannot be used
     * @throws ModelException when ONNX Runtime refuses the model
     */
    public ModelSession open() {
        if (cudaGraphs) {
            throw new IllegalStateException("CUDA graphs need fixed memory; open the model with openResident().");
        }
        return open(new OrtSession.SessionOptions());
    }

    /**
     * Opens the model for inputs and outputs that stay in the device's memory.
     *
     * @throws IllegalStateException when {@link #cudaGraphs} is asked for and the device is not a GPU
     * @throws UncheckedIOException and others as {@link #open} does
     */
    public ResidentSession openResident() {
        if (cudaGraphs && !(device instanceof Device.Cuda)) {
            throw new IllegalStateException("CUDA graphs are captured on a GPU, and this session is for the device " + device + ".");
        }
        try {
            prepareProvider();
            SwiGlu.loadBridge();
            return ResidentSession.over(model.openResident(residentSettings()), device, cudaGraphs, profile.isPresent());
        } catch (OrtException refused) {
            throw explain(refused);
        }
    }

    /**
     * ONNX Runtime's Java classes hold the process's environment, and unpack a provider's libraries when it is first asked for;
     * the C interface finds both.
     */
    private void prepareProvider() throws OrtException {
        OrtEnvironment.getEnvironment();
        try (OrtSession.SessionOptions unused = new OrtSession.SessionOptions()) {
            device.addTo(unused);
        }
    }

    private ResidentBridge.Settings residentSettings() {
        String[] entries = configEntries().entrySet().stream().flatMap(entry -> Stream.of(entry.getKey(), entry.getValue()))
                .toArray(String[]::new);
        return new ResidentBridge.Settings(threads.orElse(0), optimization.getID(), profile.map(Path::toString).orElse(null), entries,
                device instanceof Device.Cuda cuda ? cuda.index() : ResidentBridge.CPU, cudaGraphs, operators);
    }

    /**
     * Opens the model with a memory: each output that is a key of {@code feedback} becomes, after each run, the input that is
     * its value.
     *
     * @param initial what those inputs are in the first run, all of them
     */
    public StatefulSession openStateful(Map<String, String> feedback, Map<String, Tensor> initial) {
        return StatefulSession.over(openResident(), feedback, initial);
    }

    /** Takes over {@code options}: they are closed here when opening fails, and by the session otherwise. */
    ModelSession open(OrtSession.SessionOptions options) {
        OrtSession session = null;
        boolean opened = false;
        try {
            apply(options);
            session = model.open(OrtEnvironment.getEnvironment(), options);
            ModelSession result = new ModelSession(session, options, device, profile.isPresent());
            opened = true;
            return result;
        } catch (OrtException refused) {
            throw explain(refused);
        } finally {
            if (!opened) {
                ModelSession.release(session, options);
            }
        }
    }

    private void apply(OrtSession.SessionOptions options) throws OrtException {
        options.setOptimizationLevel(optimization);
        if (threads.isPresent()) {
            options.setIntraOpNumThreads(threads.getAsInt());
        }
        if (profile.isPresent()) {
            options.enableProfiling(profile.get().toString());
        }
        for (Map.Entry<String, String> entry : configEntries().entrySet()) {
            options.addConfigEntry(entry.getKey(), entry.getValue());
        }
        device.addTo(options);
        if (operators) {
            SwiGlu.register(options);
        }
    }

    /** The operator library reads entries while it registers, so all of them are set before. */
    private Map<String, String> configEntries() {
        Map<String, String> entries = new LinkedHashMap<>(model.configEntries());
        entries.put(DEVICE, device.name());
        Optional.ofNullable(model.metadata().get(CPU_FUSION)).ifPresent(value -> entries.put(CPU_FUSION, value));
        entries.putAll(config);
        return entries;
    }

    /** A GPU that fails and a model that fails look alike here; only the probe can tell them apart. */
    private SwiGluException explain(OrtException refused) {
        if (device instanceof Device.Cuda cuda) {
            Optional<String> unusable = CudaProbe.failure(cuda);
            if (unusable.isPresent()) {
                return new DeviceUnavailableException(unusable.get(), refused);
            }
        }
        return new ModelException("ONNX Runtime could not open " + model + ": " + refused.getMessage(), refused);
    }
}
