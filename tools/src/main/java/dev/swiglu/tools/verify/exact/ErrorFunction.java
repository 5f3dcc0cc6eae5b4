package dev.swiglu.tools.verify.exact;

/**
 * erfc(x) = 1 − erf(x) in float64, to a relative 10⁻¹³ also in the tail. Chosen for being checkable by eye, not
 * for speed: a series whose terms are all positive near zero, Laplace's continued fraction in the tail.
 */
final class ErrorFunction {

    private static final double TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);
    private static final double SERIES_LIMIT = 2;
    private static final int FRACTION_DEPTH = 100;

    private ErrorFunction() {}

    static double complement(double x) {
        if (x < 0) {
            return 2 - complement(-x);
        }
        return x < SERIES_LIMIT ? 1 - series(x) : fraction(x);
    }

    /** erf(x) = 2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (1·3·…·(2n+1)). */
    private static double series(double x) {
        double term = x;
        double sum = x;
        for (int n = 1; term > sum * 0x1p-60; n++) {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }
        return TWO_OVER_SQRT_PI * Math.exp(-x * x) * sum;
    }

    /** erfc(x) = e^(−x²)/√π · 1/(x + ½/(x + 1/(x + 3⁄2/(x + …)))), evaluated from the inside. */
    private static double fraction(double x) {
        double denominator = x;
        for (int k = FRACTION_DEPTH; k >= 1; k--) {
            denominator = x + k / 2.0 / denominator;
        }
        return Math.exp(-x * x) / (Math.sqrt(Math.PI) * denominator);
    }
}
