package dev.swiglu.generation;

import dev.swiglu.ModelException;
import dev.swiglu.ResidentTensor;
import dev.swiglu.Tensor;
import dev.swiglu.TensorType;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Supplier;

/** The scores behind the last columns, out of those that a run made of all its columns: [rows, columns, vocabulary]. */
final class LastScores {
    private LastScores() {}

    /** Copies only these from the device. */
    static Tensor of(ResidentTensor scores, int wanted) {
        return cut(scores.type(), scores.shape(), wanted, scores::download,
                (first, count) -> scores.download(first, count).data());
    }

    static Tensor of(Tensor scores, int wanted) {
        int bytes = scores.type().bytes();
        return cut(scores.type(), scores.shape(), wanted, () -> scores,
                (first, count) -> scores.data().slice(Math.toIntExact(first * bytes), Math.toIntExact(count * bytes)));
    }

    /** Elements of all scores, row by row. */
    private interface Part {
        ByteBuffer read(long first, long count);
    }

    private static Tensor cut(TensorType type, long[] shape, int wanted, Supplier<Tensor> whole, Part part) {
        if (shape.length != 3 || shape[1] < wanted) {
            throw new ModelException("The model gives scores as " + type + Arrays.toString(shape) + ", and those behind the last "
                    + wanted + " tokens are wanted, [rows, tokens, vocabulary].");
        }
        if (shape[1] == wanted) {
            return whole.get();
        }
        long count = wanted * shape[2];
        ByteBuffer joined = ByteBuffer.allocate(Math.toIntExact(shape[0] * count * type.bytes()));
        for (long row = 0; row < shape[0]; row++) {
            joined.put(part.read(((row + 1) * shape[1] - wanted) * shape[2], count));
        }
        return Tensor.of(type, joined.flip(), shape[0], wanted, shape[2]);
    }
}
