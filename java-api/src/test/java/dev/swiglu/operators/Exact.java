package dev.swiglu.operators;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.swiglu.Tensor;
import dev.swiglu.TensorType;
import java.util.Arrays;
import java.util.Map;

/**
 * What an output is in exact arithmetic, near enough: the judge of what a kernel made of it. Where it is a sum over tensors that
 * a GPU rounds to 16 bits on the way, {@code terms} bounds what two roundings of each of them, in units of the roundoff, can make.
 */
record Exact(long[] shape, double[] values, double[] terms) {
    /** What the sums and the activation, done in the accumulator's type, may add to the one rounding at the end. */
    private static final double ACCUMULATED_ROUNDINGS = 64;

    Exact(long[] shape, double... values) {
        this(shape, values, new double[values.length]);
    }

    static void assertComputed(Map<String, Exact> expected, Map<String, Tensor> actual, Object what) {
        actual.forEach((name, tensor) -> expected.get(name).assertRoundedOnce(tensor, name + " of " + what));
    }

    /**
     * Products and activation in float32 (float64 for float64), then one rounding: every element is within half a unit of its
     * type, plus a few roundings of the accumulator and, on a GPU, of what lies between. NaN and infinities are where they
     * belong, and nowhere else.
     */
    void assertRoundedOnce(Tensor actual, String what) {
        assertArrayEquals(shape, actual.shape(), what);
        double[] computed = actual.doubles();
        double largest = Arrays.stream(values).filter(Double::isFinite).map(Math::abs).reduce(1, Math::max);
        double accumulator = roundoff(actual.type() == TensorType.FLOAT64 ? TensorType.FLOAT64 : TensorType.FLOAT32);
        double between = OneNode.runsOnGpu() && actual.type() != TensorType.FLOAT64 ? roundoff(actual.type()) : 0;
        for (int i = 0; i < values.length; i++) {
            double allowed = roundoff(actual.type()) * Math.abs(values[i]) + between * terms[i] 
                    + ACCUMULATED_ROUNDINGS * accumulator * largest + smallestStep(actual.type());
            boolean near = Double.isFinite(values[i]) ? Math.abs(values[i] - computed[i]) <= allowed
                    : Double.compare(values[i], computed[i]) == 0;
            assertTrue(near,
                    what + ": element " + i + " is " + computed[i] + ", exactly " + values[i] + ", allowed " + allowed);
        }
    }

    /** ‖computed − exact‖ / ‖exact‖; infinite when an element of {@code computed} is not a number. */
    double relativeError(Tensor computed) {
        double[] given = computed.doubles();
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < values.length; i++) {
            difference += (given[i] - values[i]) * (given[i] - values[i]);
            norm += values[i] * values[i];
        }
        double error = Math.sqrt(difference / norm);
        return Double.isNaN(error) ? Double.POSITIVE_INFINITY : error;
    }

    /** The largest relative error of one rounding. */
    static double roundoff(TensorType type) {
        return switch (type) {
            case FLOAT64 -> 0x1p-53;
            case FLOAT32 -> 0x1p-24;
            case FLOAT16 -> 0x1p-11;
            case BFLOAT16 -> 0x1p-8;
            default -> throw new IllegalArgumentException(type.toString());
        };
    }

    /** The distance of the smallest numbers, below which a roundoff relative to them is not reached. */
    private static double smallestStep(TensorType type) {
        return type == TensorType.FLOAT16 ? 0x1p-24 : Float.MIN_VALUE;
    }
}
