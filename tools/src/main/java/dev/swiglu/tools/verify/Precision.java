package dev.swiglu.tools.verify;

import dev.swiglu.TensorType;

/**
 * A floating-point type and the two bounds that follow from its unit roundoff u (2⁻ᵖ for p significand bits).
 *
 * <p>{@link #floor} = u is what a correct kernel may add where the original happens to be exact: the rounding of the
 * result, at its worst in every element.
 *
 * <p>{@link #tolerance} is the largest relative difference that honest rounding explains, summed over long products and
 * many layers: 2⁻⁶ for float16 (32u), 2⁻⁴ for bfloat16 (16u), 2⁻⁴⁰ for float64, and 2⁻⁹ for float32, which on CUDA may
 * multiply as TF32 (u = 2⁻¹¹, so 4u). It is not a measure of quality; it separates rounding from a different formula.
 */
public enum Precision {
    FLOAT64(0x1p-53, 0x1p-40),
    FLOAT32(0x1p-24, 0x1p-9),
    FLOAT16(0x1p-11, 0x1p-6),
    BFLOAT16(0x1p-8, 0x1p-4);

    private final double roundoff;
    private final double tolerance;

    Precision(double roundoff, double tolerance) {
        this.roundoff = roundoff;
        this.tolerance = tolerance;
    }

    static Precision of(TensorType floatingPoint) {
        return valueOf(floatingPoint.name());
    }

    public double floor() {
        return roundoff;
    }

    public double tolerance() {
        return tolerance;
    }
}
