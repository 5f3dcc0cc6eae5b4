package dev.swiglu;

import ai.onnxruntime.OrtException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The part of the operator library that Java calls, because ONNX Runtime's Java interface (1.22 to 1.29) can neither bind
 * inputs and outputs nor keep tensors on a device. Sessions, tensors and runs are numbers here, never used twice: what is
 * closed while another thread works with it goes away when that thread is done, closing it again does nothing, and any other
 * use of it throws {@link IllegalStateException}. Element types are ONNX's numbers, buffers are direct, offsets are in bytes.
 */
final class ResidentBridge {
    static final int CPU = -1;
    static final int NO_GRAPH = -1;
    private static final int NO_TENSOR = 0;

    /**
     * @param threads 0 leaves it to ONNX Runtime
     * @param profilePrefix null for no profile
     * @param entries key, value, key, value
     * @param cudaDevice a GPU's number, or {@link #CPU}
     */
    record Settings(int threads, int optimization, String profilePrefix, String[] entries, int cudaDevice, boolean cudaGraphs,
            boolean operators) {}

    private ResidentBridge() {}

    /** From the file or, where that is null, from memory. */
    static long open(String file, ByteBuffer model, Settings settings) throws OrtException {
        return openSession(file, model, settings.threads(), settings.optimization(), settings.profilePrefix(), settings.entries(),
                settings.cudaDevice(), settings.cudaGraphs(), settings.operators());
    }

    /** Reads what {@link #inputs} and {@link #outputs} return. */
    static List<ValueInfo> values(Object[][] rows) {
        List<ValueInfo> values = new ArrayList<>();
        for (Object[] row : rows) {
            String name = (String) row[0];
            long[] typeAndShape = (long[]) row[1];
            int type = (int) typeAndShape[0];
            if (type == NO_TENSOR) {
                throw ValueInfo.notATensor(name);
            }
            values.add(new ValueInfo(name, TensorType.of(type).orElseThrow(() -> ValueInfo.unreadable(name, "number " + type)),
                    Arrays.stream(typeAndShape).skip(1).boxed().toList(), List.of((String[]) row[2])));
        }
        return List.copyOf(values);
    }

    private static native long openSession(String file, ByteBuffer model, int threads, int optimization, String profilePrefix,
            String[] entries, int cudaDevice, boolean cudaGraphs, boolean operators) throws OrtException;

    /** Rows of name, element type with dimensions, symbols. */
    static native Object[][] inputs(long session) throws OrtException;

    static native Object[][] outputs(long session) throws OrtException;

    static native String endProfiling(long session) throws OrtException;

    /** Waits for the runs under way. */
    static native void closeSession(long session);

    static native long allocate(long session, int type, long[] shape) throws OrtException;

    static native long upload(long session, int type, long[] shape, ByteBuffer elements) throws OrtException;

    static native void write(long tensor, long offset, ByteBuffer elements) throws OrtException;

    static native void read(long tensor, long offset, byte[] into) throws OrtException;

    static native long view(long tensor, long[] shape) throws OrtException;

    static native int elementType(long tensor);

    static native long[] shape(long tensor);

    static native void closeTensor(long tensor);

    static native long newRun(long session) throws OrtException;

    static native void bindInput(long run, String name, long tensor) throws OrtException;

    /** For the next run only; {@code elements} must stay reachable until it is done. */
    static native void bindHostInput(long run, String name, int type, long[] shape, ByteBuffer elements) throws OrtException;

    static native void bindOutput(long run, String name, long tensor) throws OrtException;

    static native void allocateOutput(long run, String name) throws OrtException;

    static native void useGraph(long run, int id) throws OrtException;

    static native void run(long run) throws OrtException;

    /** A tensor of its own, to be closed, over the memory of the result. */
    static native long result(long run, String output) throws OrtException;

    static native void closeRun(long run);

    /** Sessions, tensors and runs that are open in this process. */
    static native int openHandles();

    /** Bytes of a GPU's memory that are in use, by whomever. */
    static native long usedMemory(int cudaDevice) throws OrtException;
}
