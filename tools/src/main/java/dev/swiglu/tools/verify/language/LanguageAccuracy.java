package dev.swiglu.tools.verify.language;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * How a rewritten language model predicts a text, beside its original. KL divergences are of the rewritten prediction from
 * the original's, in nats; a perplexity is exp of the mean surprise at the tokens that follow.
 *
 * @param predictions how many were compared; those with a token behind them make the perplexities
 * @param top1Agreement the share at which both find the same token most probable
 * @param bound the largest difference of the logarithms of the perplexities that passes: the type's tolerance
 */
public record LanguageAccuracy(
        String tokens,
        long predictions,
        int window,
        @JsonProperty("top1_agreement") double top1Agreement,
        @JsonProperty("kl_mean") double klMean,
        @JsonProperty("kl_max") double klMax,
        @JsonProperty("perplexity_original") double perplexityOriginal,
        @JsonProperty("perplexity_rewritten") double perplexityRewritten,
        double bound,
        boolean passed,
        List<Window> windows) {

    /** One stretch of the text, read by both models from its own beginning. */
    public record Window(long first, @JsonProperty("kl_mean") double klMean, @JsonProperty("kl_max") double klMax) {}

    static LanguageAccuracy of(String tokens, int window, Scores all, List<Window> windows, double bound) {
        double original = all.meanSurpriseOfOriginal();
        double rewritten = all.meanSurpriseOfRewritten();
        return new LanguageAccuracy(tokens, all.predictions(), window, all.agreement(), all.meanDivergence(),
                all.largestDivergence(), Math.exp(original), Math.exp(rewritten), bound,
                Math.abs(original - rewritten) <= bound, windows);
    }
}
