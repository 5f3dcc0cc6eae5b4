package dev.swiglu.tools.verify;

import dev.swiglu.Tensor;
import dev.swiglu.TensorType;

/** A tensor's elements as float64, whatever it holds. */
final class TensorValues {

    private TensorValues() {}

    static double[] of(Tensor tensor) {
        if (tensor.type() != TensorType.INT64) {
            return tensor.doubles();
        }
        long[] integers = tensor.longs();
        double[] values = new double[integers.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = integers[i];
        }
        return values;
    }
}
