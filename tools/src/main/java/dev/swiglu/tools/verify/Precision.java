package dev.swiglu.tools.verify;

import dev.swiglu.Device;
import dev.swiglu.TensorType;

/**
 * The precision of products and results, and the two bounds that follow from its unit roundoff u (2⁻ᵖ for p significand bits).
 *
 * <p>{@link #floor} is what a correct kernel may add where the original happens to be exact: u, the rounding of the result at
 * its worst in every element. A result comes out of several roundings, which over many values have a norm below u; the norm
 * of n of them scatters by a part 1/√n, so that few values are allowed u·(1 + 4/√n).
 *
 * <p>{@link #tolerance} is the largest relative difference that honest rounding explains, summed over long products and
 * many layers: 2⁻⁶ for float16 (32u), 2⁻⁴ for bfloat16 (16u), 2⁻⁴⁰ for float64 and 2⁻⁹ for float32. It is not a measure of
 * quality; it separates rounding from a different formula.
 *
 * <p>On a GPU, products of float32 are TF32: operands lose all but 10 bits, by rounding or by cutting (u = 2⁻¹⁰). Which of two
 * equivalent products ONNX Runtime computes in TF32 depends on their sizes, so that the floor there is what two products with
 * cut operands, multiplied with each other, are away from the exact value (2u), and the tolerance twice that.
 */
public enum Precision {
    FLOAT64(0x1p-53, 0x1p-40),
    FLOAT32(0x1p-24, 0x1p-9),
    TF32(0x1p-9, 0x1p-8),
    FLOAT16(0x1p-11, 0x1p-6),
    BFLOAT16(0x1p-8, 0x1p-4);

    private final double floor;
    private final double tolerance;

    Precision(double floor, double tolerance) {
        this.floor = floor;
        this.tolerance = tolerance;
    }

    public static Precision of(TensorType floatingPoint, Device device) {
        return device instanceof Device.Cuda && floatingPoint == TensorType.FLOAT32 ? TF32 : valueOf(floatingPoint.name());
    }

    /** @param values how many are compared */
    public double floor(long values) {
        return floor * (1 + 4 / Math.sqrt(values));
    }

    public double tolerance() {
        return tolerance;
    }
}
