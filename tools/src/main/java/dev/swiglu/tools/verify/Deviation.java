package dev.swiglu.tools.verify;

/**
 * How far values lie from the exact ones: error = ‖values − exact‖ / ‖exact‖ over the positions where both are finite.
 * The rest describes the exact values, so that a judge can refuse data on which any kernel would look right.
 *
 * @param compared positions where both are finite
 * @param varied whether the exact values at those positions differ from each other
 * @param nonZero whether any of them is not zero
 */
public record Deviation(double error, double maxAbs, long compared, long total, boolean varied, boolean nonZero) {

    public static Deviation of(double[] values, double[] exact) {
        if (values.length != exact.length) {
            throw new IllegalArgumentException(values.length + " values against " + exact.length + " exact ones");
        }
        double squaredDifference = 0;
        double squaredExact = 0;
        double maxAbs = 0;
        double first = Double.NaN;
        long compared = 0;
        boolean varied = false;
        for (int i = 0; i < exact.length; i++) {
            if (!Double.isFinite(values[i]) || !Double.isFinite(exact[i])) {
                continue;
            }
            first = compared++ == 0 ? exact[i] : first;
            varied |= exact[i] != first;
            double difference = values[i] - exact[i];
            squaredDifference += difference * difference;
            squaredExact += exact[i] * exact[i];
            maxAbs = Math.max(maxAbs, Math.abs(difference));
        }
        double error = squaredDifference == 0 ? 0 : Math.sqrt(squaredDifference) / Math.sqrt(squaredExact);
        return new Deviation(error, maxAbs, compared, exact.length, varied, squaredExact > 0);
    }
}
