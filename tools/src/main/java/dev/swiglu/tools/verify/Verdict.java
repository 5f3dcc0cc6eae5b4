package dev.swiglu.tools.verify;

/**
 * What the judge says of one comparison.
 *
 * @param bound the largest error that would have passed
 * @param reason why it did not pass, as a sentence; null where it passed
 */
public record Verdict(boolean passed, double bound, String reason) {

    static Verdict passed(double bound) {
        return new Verdict(true, bound, null);
    }

    static Verdict failed(double bound, String reason) {
        return new Verdict(false, bound, reason);
    }
}
