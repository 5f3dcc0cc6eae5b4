package dev.swiglu.tools.onnx;

/** A tensor's elements in row-major order, widened to float64 piece by piece, so that no whole copy needs to exist. */
@FunctionalInterface
public interface DoubleSource {

    /** Fills the first {@code count} places of {@code target} with the elements from {@code first} on. */
    void read(long first, double[] target, int count);

    static DoubleSource of(double... values) {
        return (first, target, count) -> System.arraycopy(values, Math.toIntExact(first), target, 0, count);
    }
}
