package dev.swiglu;

import ai.onnxruntime.OrtException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * What a session's inputs and outputs are bound to, to be run again and again: what is bound stays bound until it is bound
 * again. One thread at a time uses a run, others wait; a session has as many as are asked for.
 *
 * <p>Only outputs that are bound are computed. One may be written into the tensor that is an input of the same run, where the
 * operator allows it, as GroupQueryAttention does with its key-value cache.
 */
public final class ResidentRun implements AutoCloseable {
    private final long handle;
    private final ResidentSession session;
    private final Set<String> boundInputs = new HashSet<>();
    /** Kept because ONNX Runtime reads some of them in place while it runs. */
    private final Map<String, HostInput> hostInputs = new HashMap<>();
    private final Set<String> boundOutputs = new HashSet<>();

    private record HostInput(int type, long[] shape, ByteBuffer elements) {}

    /** Takes {@code handle} over. */
    ResidentRun(long handle, ResidentSession session) {
        this.handle = handle;
        this.session = session;
    }

    /** Read where it lies. */
    public synchronized ResidentRun input(String name, ResidentTensor tensor) {
        RunArguments.checkInput(session.inputs(), name, tensor.type(), tensor.shape());
        requireHere(tensor);
        try {
            ResidentBridge.bindInput(handle, name, tensor.handle());
        } catch (OrtException refused) {
            throw new ModelException("ONNX Runtime does not accept " + tensor + ": " + refused.getMessage(), refused);
        }
        boundInputs.add(name);
        hostInputs.remove(name);
        return this;
    }

    /** Copied to the device by each {@link #run()}; for what is small, or changes each time. */
    public synchronized ResidentRun input(String name, Tensor tensor) {
        RunArguments.checkInput(session.inputs(), name, tensor.type(), tensor.shape());
        boundInputs.add(name);
        hostInputs.put(name, new HostInput(tensor.type().number(), tensor.shape(), tensor.directData()));
        return this;
    }

    /** Written in place. The shape must be the one that the model gives. */
    public synchronized ResidentRun output(String name, ResidentTensor into) {
        RunArguments.checkOutput(session.outputs(), name, into.type(), into.shape());
        requireHere(into);
        try {
            ResidentBridge.bindOutput(handle, name, into.handle());
        } catch (OrtException refused) {
            throw new ModelException("ONNX Runtime does not accept " + into + ": " + refused.getMessage(), refused);
        }
        boundOutputs.add(name);
        return this;
    }

    /** Allocated on the device by each {@link #run()}, which gives up the one before unless it was {@linkplain #take taken}. */
    public synchronized ResidentRun output(String name) {
        RunArguments.checkOutput(session.outputs(), name);
        try {
            ResidentBridge.allocateOutput(handle, name);
        } catch (OrtException refused) {
            throw new ModelException("ONNX Runtime cannot bind the output '" + name + "': " + refused.getMessage(), refused);
        }
        boundOutputs.add(name);
        return this;
    }

    private void requireHere(ResidentTensor tensor) {
        if (!tensor.device().equals(session.device())) {
            throw new IllegalArgumentException(tensor + " is not on this session's device, " + session.device()
                    + "; upload it with this session.");
        }
    }

    /**
     * With {@link SessionBuilder#cudaGraphs}: the first run with this id is captured, and those after it replay what the GPU
     * did then, without the work on the CPU. −1, the default, runs as usual.
     *
     * <p>A captured graph uses the same memory each time: every output must be bound to a tensor, and whoever runs it must
     * have the same tensors bound, in the same shapes; otherwise the run is refused. Inputs from Java's memory are copied to
     * memory that belongs to this run, so it replays its own graphs only, and what an operator reads on the CPU keeps the value
     * that it had at the capture. Each thread captures for itself. Ids and their graphs last as long as the session.
     *
     * <p>The first run computes more than once: an output that is also an input must not accumulate. While it captures, other
     * runs and copies in this process wait, those of {@link ModelSession} excepted, which disturb it. All runs of such a session
     * wait for each other, because they share a stream.
     */
    public synchronized ResidentRun graph(int id) {
        if (id < ResidentBridge.NO_GRAPH) {
            throw new IllegalArgumentException("Graphs are numbered from 0, so there is none with number " + id + ".");
        }
        if (id != ResidentBridge.NO_GRAPH && !session.capturesGraphs()) {
            throw new IllegalStateException("Graphs are captured by sessions that were opened with cudaGraphs() only.");
        }
        try {
            ResidentBridge.useGraph(handle, id);
        } catch (OrtException refused) {
            throw new ModelException("ONNX Runtime cannot use graph " + id + ": " + refused.getMessage(), refused);
        }
        return this;
    }

    /**
     * Computes what is bound, and returns when the results are complete.
     *
     * @throws IllegalArgumentException when an input is not bound, or no output is
     * @throws IllegalStateException when the run or the session is closed
     * @throws ModelException when ONNX Runtime fails; the outputs are undefined then
     */
    public synchronized void run() {
        RunArguments.checkBound(session.inputs(), boundInputs);
        RunArguments.requireSome(session.outputs(), boundOutputs);
        try {
            for (Map.Entry<String, HostInput> input : hostInputs.entrySet()) {
                HostInput value = input.getValue();
                ResidentBridge.bindHostInput(handle, input.getKey(), value.type(), value.shape(), value.elements());
            }
            ResidentBridge.run(handle);
        } catch (OrtException failed) {
            throw new ModelException("ONNX Runtime failed while it ran the model: " + failed.getMessage(), failed);
        }
    }

    /**
     * A result of the last run, now the caller's to close; for an output with a tensor of its own, one more view of that.
     *
     * @throws IllegalStateException when there is none
     */
    public synchronized ResidentTensor take(String output) {
        RunArguments.checkOutput(session.outputs(), output);
        try {
            return ResidentTensor.of(ResidentBridge.result(handle, output), session.device());
        } catch (OrtException failed) {
            throw new ModelException("The result '" + output + "' cannot be taken: " + failed.getMessage(), failed);
        }
    }

    /** Does not wait for a run under way, which completes. May be called again. */
    @Override
    public void close() {
        ResidentBridge.closeRun(handle);
    }
}
