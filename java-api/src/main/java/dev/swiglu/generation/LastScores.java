package dev.swiglu.generation;

import dev.swiglu.ResidentTensor;
import dev.swiglu.Tensor;
import java.nio.ByteBuffer;

/** The scores behind the last column, out of those of all columns. */
final class LastScores {
    private LastScores() {}

    /** Copies only these from the device. */
    static Tensor of(ResidentTensor scores) {
        long[] shape = scores.shape();
        if (shape[1] == 1) {
            return scores.download();
        }
        long rows = shape[0];
        long columns = shape[1];
        long vocabulary = shape[2];
        ByteBuffer joined = ByteBuffer.allocateDirect(Math.toIntExact(rows * vocabulary * scores.type().bytes()));
        for (long row = 0; row < rows; row++) {
            joined.put(scores.download((row * columns + columns - 1) * vocabulary, 1, 1, vocabulary).data());
        }
        return Tensor.of(scores.type(), joined.flip(), rows, 1, vocabulary);
    }

    static Tensor of(Tensor scores) {
        long[] shape = scores.shape();
        int rowBytes = Math.toIntExact(shape[1] * shape[2] * scores.type().bytes());
        int bytes = Math.toIntExact(shape[2] * scores.type().bytes());
        ByteBuffer joined = ByteBuffer.allocateDirect(Math.toIntExact(shape[0] * bytes));
        for (int row = 0; row < shape[0]; row++) {
            joined.put(scores.data().slice((row + 1) * rowBytes - bytes, bytes));
        }
        return Tensor.of(scores.type(), joined.flip(), shape[0], 1, shape[2]);
    }
}
