package dev.swiglu;

import java.util.Arrays;

/** Arithmetic on tensor shapes that cannot overflow silently. */
final class Shape {
    private Shape() {}

    /** Number of elements; 1 for a scalar. */
    static long elements(long... shape) {
        boolean empty = false;
        for (long dimension : shape) {
            if (dimension < 0) {
                throw new IllegalArgumentException("The shape " + Arrays.toString(shape) + " has a negative dimension.");
            }
            empty |= dimension == 0;
        }
        if (empty) {
            return 0;
        }
        try {
            long elements = 1;
            for (long dimension : shape) {
                elements = Math.multiplyExact(elements, dimension);
            }
            return elements;
        } catch (ArithmeticException overflow) {
            throw new IllegalArgumentException("The shape " + Arrays.toString(shape) + " has more than 2^63 elements.", overflow);
        }
    }

    /** Refuses what is too large for its bytes to be counted. */
    static void requireCountable(TensorType type, long... shape) {
        try {
            Math.multiplyExact(elements(shape), type.bytes());
        } catch (ArithmeticException overflow) {
            throw new IllegalArgumentException(type + Arrays.toString(shape) + " has more than 2^63 bytes.", overflow);
        }
    }

    /** Position of an element in row-major order. */
    static int offset(long[] shape, long[] index) {
        if (index.length != shape.length) {
            throw new IndexOutOfBoundsException("The index " + Arrays.toString(index) + " has " + index.length
                    + " parts, and the shape " + Arrays.toString(shape) + " has " + shape.length + ".");
        }
        long offset = 0;
        for (int axis = 0; axis < shape.length; axis++) {
            if (index[axis] < 0 || index[axis] >= shape[axis]) {
                throw new IndexOutOfBoundsException("The index " + Arrays.toString(index) + " is outside the shape "
                        + Arrays.toString(shape) + ".");
            }
            offset = offset * shape[axis] + index[axis];
        }
        return Math.toIntExact(offset);
    }
}
