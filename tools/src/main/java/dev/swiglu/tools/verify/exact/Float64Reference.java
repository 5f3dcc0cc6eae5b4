package dev.swiglu.tools.verify.exact;

/**
 * The exact value of a rewritten site, computed in float64 from the inputs that the site itself received:
 *
 * <pre>
 * FusedSwiGLU   unit(X·W_gate + b_gate, X·W_up + b_up)
 * SwiGLU        unit(A, B), or unit over the two halves of a packed A
 * </pre>
 *
 * Plain Java, and nothing of the kernels that it judges.
 */
public final class Float64Reference {

    private Float64Reference() {}

    public static double[] fused(double[] x, int rows, Projection gate, Projection up, GatedUnit unit) {
        return elementwise(gate.of(x, rows), up.of(x, rows), unit);
    }

    public static double[] elementwise(double[] gate, double[] up, GatedUnit unit) {
        double[] result = new double[gate.length];
        for (int i = 0; i < result.length; i++) {
            result[i] = unit.apply(gate[i], up[i]);
        }
        return result;
    }

    /**
     * @param packed rows of {@code width} values that hold gate and up as {@code layout} says
     */
    public static double[] packed(double[] packed, int width, Layout layout, GatedUnit unit) {
        int half = width / 2;
        double[] result = new double[packed.length / 2];
        for (int i = 0; i < result.length; i++) {
            int row = i / half * width;
            int column = i % half;
            result[i] = unit.apply(packed[row + layout.gate(column, half)], packed[row + layout.up(column, half)]);
        }
        return result;
    }
}
