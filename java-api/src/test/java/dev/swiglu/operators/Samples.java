package dev.swiglu.operators;

import dev.swiglu.Tensor;
import dev.swiglu.TensorType;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Tensors of any floating type, and the same random ones in every run. */
final class Samples {
    static final List<TensorType> TYPES = List.of(TensorType.FLOAT32, TensorType.FLOAT16, TensorType.BFLOAT16, TensorType.FLOAT64);

    private final TensorType type;
    private final Random random = new Random(7);

    Samples(TensorType type) {
        this.type = type;
    }

    /** Values as a trained network has them: around 0, most between −2 and 2. */
    Tensor normal(long... shape) {
        int count = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
        return tensor(type, random.doubles(count).map(unused -> random.nextGaussian()).toArray(), shape);
    }

    static Tensor tensor(TensorType type, double[] values, long... shape) {
        if (type == TensorType.FLOAT64) {
            return Tensor.float64(values, shape);
        }
        float[] narrow = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            narrow[i] = (float) values[i];
        }
        return switch (type) {
            case FLOAT16 -> Tensor.float16(narrow, shape);
            case BFLOAT16 -> Tensor.bfloat16(narrow, shape);
            default -> Tensor.float32(narrow, shape);
        };
    }
}
