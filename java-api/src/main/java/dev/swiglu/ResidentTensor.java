package dev.swiglu;

import ai.onnxruntime.OrtException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A tensor in the memory of a session's device, of any size that fits there. Its elements can be written, also by runs that have
 * it as an output; who reads while another thread writes sees some of both. Close it to give the memory back, which happens when
 * nothing else uses it any more: no run has it bound and no view is open.
 */
public final class ResidentTensor implements AutoCloseable {
    private final long handle;
    private final Device device;
    private final TensorType type;
    private final long[] shape;
    private final long size;

    /** Takes {@code handle} over. */
    ResidentTensor(long handle, Device device, TensorType type, long... shape) {
        this.handle = handle;
        this.device = device;
        this.type = type;
        this.shape = shape.clone();
        this.size = Shape.elements(shape);
    }

    /** A result of a run, whose type and shape only ONNX Runtime knows. */
    static ResidentTensor of(long handle, Device device) {
        TensorType type = TensorType.of(ResidentBridge.elementType(handle)).orElseThrow();
        return new ResidentTensor(handle, device, type, ResidentBridge.shape(handle));
    }

    public TensorType type() {
        return type;
    }

    public long[] shape() {
        return shape.clone();
    }

    Device device() {
        return device;
    }

    long handle() {
        return handle;
    }

    /** A copy in Java's memory, which holds less than 2 GiB. */
    public Tensor download() {
        return download(0, shape);
    }

    /** A copy of the elements from {@code firstElement} on, counted row by row, as a tensor of this shape. */
    public Tensor download(long firstElement, long... shape) {
        requireInside(firstElement, Shape.elements(shape));
        byte[] elements = new byte[TensorData.size(type, shape)];
        try {
            ResidentBridge.read(handle, firstElement * type.bytes(), elements);
        } catch (OrtException failed) {
            throw new ModelException(this + " could not be read: " + failed.getMessage(), failed);
        }
        return Tensor.over(type, ByteBuffer.wrap(elements), shape);
    }

    /** Overwrites all elements; type and shape must be the same. */
    public void upload(Tensor whole) {
        if (!Arrays.equals(whole.shape(), shape)) {
            throw new IllegalArgumentException(whole + " cannot become the whole of " + this + ".");
        }
        upload(0, whole);
    }

    /** Overwrites the elements from {@code firstElement} on, counted row by row. */
    public void upload(long firstElement, Tensor part) {
        if (part.type() != type) {
            throw new IllegalArgumentException(part + " cannot become a part of " + this + ".");
        }
        requireInside(firstElement, part.size());
        try {
            ResidentBridge.write(handle, firstElement * type.bytes(), part.directData());
        } catch (OrtException failed) {
            throw new ModelException(this + " could not be written: " + failed.getMessage(), failed);
        }
    }

    private void requireInside(long first, long count) {
        if (first < 0 || first > size - count) {
            throw new IllegalArgumentException(this + " has " + size + " elements, and not " + count + " from element " + first
                    + " on.");
        }
    }

    /** The same memory from its first element on, in a shape of at most as many elements; to be closed like any other. */
    public ResidentTensor view(long... shape) {
        requireInside(0, Shape.elements(shape));
        try {
            return new ResidentTensor(ResidentBridge.view(handle, shape), device, type, shape);
        } catch (OrtException failed) {
            throw new ModelException(this + " cannot be seen as " + Arrays.toString(shape) + ": " + failed.getMessage(), failed);
        }
    }

    /** May be called again. */
    @Override
    public void close() {
        ResidentBridge.closeTensor(handle);
    }

    @Override
    public String toString() {
        return type + Arrays.toString(shape) + " on " + device;
    }
}
