package dev.swiglu.tools.verify;

import java.util.Locale;
import java.util.Optional;

/**
 * The rule that decides whether a rewrite is accurate:
 *
 * <pre>error_rewritten ≤ 2 · error_original + floor(type, count)</pre>
 *
 * with both errors taken against exact values. Never the original alone: it rounds too, and where it rounds badly the
 * rewrite may differ because it is better. Every comparison is written so that NaN fails it.
 *
 * <p>Before the rule is asked, the data must be able to tell right from wrong: exact values that are all zero, all
 * equal or nowhere finite prove nothing, and are refused. NaN and Inf must stand where the original has them.
 */
public final class Judge {

    private static final double MARGIN = 2;

    private Judge() {}

    /** The rule, for values whose exact counterpart is known. */
    public static Verdict againstExact(
            Deviation original, Deviation rewritten, Agreement agreement, Precision precision) {
        double floor = precision.floor(rewritten.compared());
        double bound = MARGIN * original.error() + floor;
        Optional<String> obstacle = obstacle(rewritten, agreement);
        if (obstacle.isPresent()) {
            return Verdict.failed(bound, obstacle.get());
        }
        if (!(original.error() <= precision.tolerance())) {
            return Verdict.failed(bound, say("The original is %.1e away from the exact value, which rounding does not explain "
                    + "(at most %.1e): the exact value is not that of the original.", original.error(), precision.tolerance()));
        }
        if (!(rewritten.error() <= bound)) {
            return Verdict.failed(bound, say("The rewritten error %.2e exceeds %.2e (2 × the original's %.2e + %.1e).",
                    rewritten.error(), bound, original.error(), floor));
        }
        return Verdict.passed(bound);
    }

    /**
     * The fallback where no exact value can be had: the rewritten values lie within the type's tolerance of the
     * original's. It catches a different formula; it cannot tell which of two roundings is the better one.
     *
     * @param difference of the rewritten values from the original's
     */
    public static Verdict againstOriginal(Deviation difference, Agreement agreement, Precision precision) {
        double bound = precision.tolerance();
        Optional<String> obstacle = obstacle(difference, agreement);
        if (obstacle.isPresent()) {
            return Verdict.failed(bound, obstacle.get());
        }
        if (!(difference.error() <= bound)) {
            return Verdict.failed(bound, say("The rewritten values lie %.2e from the original's, more than %.1e.",
                    difference.error(), bound));
        }
        return Verdict.passed(bound);
    }

    private static Optional<String> obstacle(Deviation rewritten, Agreement agreement) {
        if (!agreement.nanMatch()) {
            return Optional.of("NaN or Inf stands at other positions than in the original.");
        }
        if (rewritten.compared() == 0) {
            return Optional.of("Nothing was compared: no position holds a finite value on both sides.");
        }
        if (!rewritten.nonZero()) {
            return Optional.of("Nothing was proven: the exact value is zero everywhere.");
        }
        if (!rewritten.varied() && rewritten.compared() > 1) {
            return Optional.of("Nothing was proven: the exact value is the same everywhere.");
        }
        return Optional.empty();
    }

    private static String say(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
