package dev.swiglu;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * An open model, with the fused operators registered. Threads may share one: runs go on side by side, {@link #close} waits
 * for those under way and may be called again, and a run after it throws {@link IllegalStateException}.
 */
public final class ModelSession implements AutoCloseable {
    private final OrtSession session;
    /** Closed after the session only: closing them takes away what they registered. */
    private final OrtSession.SessionOptions options;
    private final Device device;
    private final boolean profiled;
    private final List<ValueInfo> inputs;
    private final List<ValueInfo> outputs;
    private final Set<String> outputNames;
    private final ReadWriteLock lifetime = new ReentrantReadWriteLock();
    private Optional<Path> profile = Optional.empty();
    private boolean closed;

    /** Takes over both: {@link #close} closes them. */
    ModelSession(OrtSession session, OrtSession.SessionOptions options, Device device, boolean profiled) throws OrtException {
        this.session = session;
        this.options = options;
        this.device = device;
        this.profiled = profiled;
        this.inputs = ValueInfo.all(session.getInputInfo().values());
        this.outputs = ValueInfo.all(session.getOutputInfo().values());
        this.outputNames = Collections.unmodifiableSet(
                new LinkedHashSet<>(outputs.stream().map(ValueInfo::name).toList()));
    }

    public static SessionBuilder builder(Path model) {
        return new SessionBuilder(new ModelSource.File(model));
    }

    /** A model in memory, from the buffer's position to its limit; the files that it refers to are in {@code externalDataFolder}. */
    public static SessionBuilder builder(ByteBuffer model, Path externalDataFolder) {
        return new SessionBuilder(ModelSource.Bytes.of(model, externalDataFolder));
    }

    /** Not the model's graph but the one in its {@code training_info}, whose outputs are the initial values of a training. */
    public static SessionBuilder initialization(Path trainingModel) {
        return builder(InitializationGraph.of(trainingModel), trainingModel.toAbsolutePath().getParent());
    }

    public Device device() {
        return device;
    }

    public List<ValueInfo> inputs() {
        return inputs;
    }

    public List<ValueInfo> outputs() {
        return outputs;
    }

    /** Computes every output. */
    public Outputs run(Map<String, Tensor> inputs) {
        return run(inputs, outputNames);
    }

    /**
     * Computes the wanted outputs, and nothing that only the others need.
     *
     * @throws IllegalArgumentException when a name, type or shape is not what the model declares
     * @throws IllegalStateException when the session is closed
     * @throws ModelException when ONNX Runtime fails
     */
    public Outputs run(Map<String, Tensor> inputs, Set<String> wanted) {
        Map<String, Tensor> given = new LinkedHashMap<>(inputs);
        Set<String> names = new LinkedHashSet<>(wanted);
        lifetime.readLock().lock();
        try {
            requireOpen();
            RunArguments.check(this.inputs, given);
            RunArguments.check(outputs, names);
            return compute(given, names);
        } finally {
            lifetime.readLock().unlock();
        }
    }

    private Outputs compute(Map<String, Tensor> given, Set<String> names) {
        Map<String, OnnxTensor> passed = new LinkedHashMap<>();
        try {
            given.forEach((name, tensor) -> passed.put(name, tensor.toOnnx()));
            try (OrtSession.Result result = runOn(passed, names)) {
                return read(result);
            }
        } finally {
            passed.values().forEach(OnnxTensor::close);
        }
    }

    /**
     * Runs on ONNX Runtime's own tensors, so that results can be passed again without a copy in Java; those passed and those
     * computed are the caller's to close. ONNX Runtime checks names, types and shapes here.
     */
    public OrtSession.Result runOn(Map<String, OnnxTensor> passed, Set<String> names) {
        lifetime.readLock().lock();
        try {
            requireOpen();
            return session.run(passed, names);
        } catch (OrtException failed) {
            throw new ModelException("ONNX Runtime failed while it ran the model: " + failed.getMessage(), failed);
        } finally {
            lifetime.readLock().unlock();
        }
    }

    void requireOpen() {
        if (closed) {
            throw new IllegalStateException("The session is closed; open the model again to run it.");
        }
    }

    private static Outputs read(OrtSession.Result result) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (Map.Entry<String, OnnxValue> output : result) {
            tensors.put(output.getKey(), Tensor.of((OnnxTensor) output.getValue()));
        }
        return new Outputs(tensors);
    }

    /** Ends profiling, also done by {@link #close}, and returns the profile; empty when none was asked for. */
    public Optional<Path> endProfiling() {
        lifetime.writeLock().lock();
        try {
            if (profiled && !closed && profile.isEmpty()) {
                profile = Optional.of(Path.of(session.endProfiling()));
            }
            return profile;
        } catch (OrtException failed) {
            throw new ModelException("ONNX Runtime could not write the profile: " + failed.getMessage(), failed);
        } finally {
            lifetime.writeLock().unlock();
        }
    }

    @Override
    public void close() {
        lifetime.writeLock().lock();
        try {
            if (closed) {
                return;
            }
            try {
                endProfiling();
            } finally {
                closed = true;
                release(session, options);
            }
        } finally {
            lifetime.writeLock().unlock();
        }
    }

    /** Closes what was opened, in the only safe order. */
    static void release(OrtSession session, OrtSession.SessionOptions options) {
        try {
            if (session != null) {
                session.close();
            }
        } catch (OrtException failed) {
            throw new ModelException("ONNX Runtime could not close the session: " + failed.getMessage(), failed);
        } finally {
            options.close();
        }
    }
}
