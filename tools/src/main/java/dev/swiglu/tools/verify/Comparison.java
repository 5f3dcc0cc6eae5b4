package dev.swiglu.tools.verify;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.swiglu.TensorType;
import java.util.Comparator;
import java.util.List;

/**
 * One value of both models on one sample, judged.
 *
 * @param reference what the errors are measured from: {@code float64}, or {@code original} where there is no exact value
 * @param errorOriginal relative to the exact value; null where there is none
 * @param bound the largest {@code errorRewritten} that would have passed
 * @param reason why it did not pass; null where it did
 */
public record Comparison(
        String sample,
        String type,
        String reference,
        @JsonProperty("error_original") Double errorOriginal,
        @JsonProperty("error_rewritten") double errorRewritten,
        double bound,
        @JsonProperty("max_abs") double maxAbs,
        double cosine,
        @JsonProperty("nan_match") boolean nanMatch,
        boolean passed,
        String reason) {

    static Comparison againstExact(String sample, TensorType type, Precision precision, Deviation original, Deviation rewritten,
            Agreement agreement) {
        Verdict verdict = Judge.againstExact(original, rewritten, agreement, precision);
        return of(sample, type, "float64", original.error(), rewritten.error(), agreement, verdict);
    }

    static Comparison againstOriginal(String sample, TensorType type, Precision precision, Deviation difference,
            Agreement agreement) {
        Verdict verdict = Judge.againstOriginal(difference, agreement, precision);
        return of(sample, type, "original", null, difference.error(), agreement, verdict);
    }

    /** Integers and booleans: equal or not. */
    static Comparison ofIntegers(String sample, TensorType type, Agreement agreement) {
        Verdict verdict = agreement.maxAbs() == 0 ? Verdict.passed(0)
                : Verdict.failed(0, "Integers differ, by up to " + (long) agreement.maxAbs() + ".");
        return of(sample, type, "original", null, agreement.maxAbs() == 0 ? 0 : 1, agreement, verdict);
    }

    /** Nothing to compute with: the value is missing, or has another type or shape. */
    static Comparison impossible(String sample, TensorType type, String reason) {
        return of(sample, type, "original", null, Double.NaN, new Agreement(Double.NaN, Double.NaN, false), Verdict.failed(0, reason));
    }

    /** A site that had nothing to do, as an expert that no row was sent to. */
    static Comparison idle(String sample, TensorType type) {
        return of(sample, type, "float64", 0.0, 0, new Agreement(0, 1, true), Verdict.passed(0));
    }

    /** What a report shows for several samples: a failed comparison, else the one nearest to its bound. */
    static Comparison worst(List<Comparison> comparisons) {
        return comparisons.stream().max(Comparator.comparingDouble(Comparison::urgency)).orElseThrow();
    }

    private double urgency() {
        return !passed ? Double.POSITIVE_INFINITY : bound == 0 ? 0 : errorRewritten / bound;
    }

    private static Comparison of(String sample, TensorType type, String reference, Double errorOriginal,
            double errorRewritten, Agreement agreement, Verdict verdict) {
        return new Comparison(sample, type.toString(), reference, errorOriginal, errorRewritten, verdict.bound(),
                agreement.maxAbs(), agreement.cosine(), agreement.nanMatch(), verdict.passed(), verdict.reason());
    }
}
