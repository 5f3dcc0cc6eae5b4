package dev.swiglu;

import ai.onnxruntime.OrtException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * An open model whose inputs and outputs may stay in its device's memory between runs; the same on the CPU, where nothing is
 * copied at all.
 *
 * <pre>{@code
 * try (ResidentSession session = ModelSession.builder(model).device(Device.cuda(0)).openResident();
 *         ResidentRun run = session.newRun();
 *         ResidentTensor cache = session.allocate(TensorType.FLOAT16, 1, 8, 2048, 128)) {
 *     run.input("past", cache).output("present", cache).output("logits");
 *     run.input("input_ids", Tensor.int64(new long[] {15043}, 1, 1)).run();
 *     try (ResidentTensor logits = run.take("logits")) {
 *         float[] last = logits.download().floats();
 *     }
 * }
 * }</pre>
 *
 * <p>Threads may share a session, each with a {@link ResidentRun} of its own; their runs go on side by side. Sessions, runs and
 * tensors may be closed in any order, from any thread, and twice: {@link #close} waits for the runs under way, tensors stay
 * readable after it, and the device's memory is given back with the last of them. What is closed throws
 * {@link IllegalStateException} when it is used again.
 */
public final class ResidentSession implements AutoCloseable {
    private final long handle;
    private final Device device;
    private final boolean cudaGraphs;
    private final boolean profiled;
    private final List<ValueInfo> inputs;
    private final List<ValueInfo> outputs;
    private Optional<Path> profile = Optional.empty();
    private boolean closed;

    private ResidentSession(long handle, Device device, boolean cudaGraphs, boolean profiled) throws OrtException {
        this.handle = handle;
        this.device = device;
        this.cudaGraphs = cudaGraphs;
        this.profiled = profiled;
        this.inputs = ResidentBridge.values(ResidentBridge.inputs(handle));
        this.outputs = ResidentBridge.values(ResidentBridge.outputs(handle));
    }

    /** Takes {@code handle} over, also when this fails. */
    static ResidentSession over(long handle, Device device, boolean cudaGraphs, boolean profiled) throws OrtException {
        ResidentSession session = null;
        try {
            session = new ResidentSession(handle, device, cudaGraphs, profiled);
            return session;
        } finally {
            if (session == null) {
                ResidentBridge.closeSession(handle);
            }
        }
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

    boolean capturesGraphs() {
        return cudaGraphs;
    }

    /** Zeros in the device's memory. */
    public ResidentTensor allocate(TensorType type, long... shape) {
        Shape.requireCountable(type, shape);
        try {
            return new ResidentTensor(ResidentBridge.allocate(handle, type.number(), shape), device, type, shape);
        } catch (OrtException failed) {
            throw noRoom(type, shape, failed);
        }
    }

    /** A copy in the device's memory. */
    public ResidentTensor upload(Tensor tensor) {
        TensorType type = tensor.type();
        long[] shape = tensor.shape();
        try {
            long copy = ResidentBridge.upload(handle, type.number(), shape, tensor.directData());
            return new ResidentTensor(copy, device, type, shape);
        } catch (OrtException failed) {
            throw noRoom(type, shape, failed);
        }
    }

    private ModelException noRoom(TensorType type, long[] shape, OrtException failed) {
        return new ModelException(type + Arrays.toString(shape) + " could not be brought to " + device + ": "
                + failed.getMessage(), failed);
    }

    public ResidentRun newRun() {
        try {
            return new ResidentRun(ResidentBridge.newRun(handle), this);
        } catch (OrtException failed) {
            throw new ModelException("ONNX Runtime could not prepare a run: " + failed.getMessage(), failed);
        }
    }

    /** Ends profiling, also done by {@link #close}, and returns the profile; empty when none was asked for. */
    public synchronized Optional<Path> endProfiling() {
        if (profiled && !closed && profile.isEmpty()) {
            try {
                profile = Optional.of(Path.of(ResidentBridge.endProfiling(handle)));
            } catch (OrtException failed) {
                throw new ModelException("ONNX Runtime could not write the profile: " + failed.getMessage(), failed);
            }
        }
        return profile;
    }

    /** Waits for the runs under way. May be called again. */
    @Override
    public synchronized void close() {
        try {
            endProfiling();
        } finally {
            closed = true;
            ResidentBridge.closeSession(handle);
        }
    }
}
