package dev.swiglu.tools.verify;

/**
 * Original and rewritten side by side, without a reference.
 *
 * @param maxAbs the largest difference where both are finite
 * @param cosine of the angle between the finite parts; 1 where both are zero everywhere
 * @param nanMatch whether NaN, +Inf and −Inf stand at the same positions
 */
public record Agreement(double maxAbs, double cosine, boolean nanMatch) {

    public static Agreement of(double[] original, double[] rewritten) {
        if (original.length != rewritten.length) {
            throw new IllegalArgumentException(original.length + " values against " + rewritten.length);
        }
        double maxAbs = 0;
        double product = 0;
        double squaredOriginal = 0;
        double squaredRewritten = 0;
        boolean nanMatch = true;
        for (int i = 0; i < original.length; i++) {
            double a = original[i];
            double b = rewritten[i];
            if (Double.isFinite(a) && Double.isFinite(b)) {
                maxAbs = Math.max(maxAbs, Math.abs(a - b));
                product += a * b;
                squaredOriginal += a * a;
                squaredRewritten += b * b;
            } else {
                nanMatch &= Double.compare(a, b) == 0;
            }
        }
        boolean bothZero = squaredOriginal == 0 && squaredRewritten == 0;
        double cosine = bothZero ? 1 : product / (Math.sqrt(squaredOriginal) * Math.sqrt(squaredRewritten));
        return new Agreement(maxAbs, cosine, nanMatch);
    }
}
