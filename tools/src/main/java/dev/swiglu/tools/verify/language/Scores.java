package dev.swiglu.tools.verify.language;

/** Sums over predictions. A logit that is no number makes every mean one that is none, which no bound allows. */
final class Scores {
    private long predictions;
    private long agreeing;
    private long followed;
    private double divergence;
    private double largestDivergence;
    private double surpriseOfOriginal;
    private double surpriseOfRewritten;

    /** @param next the token that follows in the text; negative where it ends */
    void add(float[] original, float[] rewritten, int start, int vocabulary, long next) {
        double originalNorm = logOfSum(original, start, vocabulary);
        double rewrittenNorm = logOfSum(rewritten, start, vocabulary);
        double kl = 0;
        int originalBest = start;
        int rewrittenBest = start;
        for (int i = start; i < start + vocabulary; i++) {
            double p = original[i] - originalNorm;
            double q = rewritten[i] - rewrittenNorm;
            // a masked token, p = -Inf, adds nothing
            kl += p == Double.NEGATIVE_INFINITY ? 0 : Math.exp(p) * (p - q);
            originalBest = original[i] > original[originalBest] ? i : originalBest;
            rewrittenBest = rewritten[i] > rewritten[rewrittenBest] ? i : rewrittenBest;
        }
        // roundings of the sum may leave it a little below zero
        kl = kl < 0 && kl > -1e-12 ? 0 : kl;
        predictions++;
        agreeing += originalBest == rewrittenBest ? 1 : 0;
        divergence += kl;
        largestDivergence = Math.max(largestDivergence, kl);
        if (next >= 0) {
            followed++;
            surpriseOfOriginal += originalNorm - original[start + (int) next];
            surpriseOfRewritten += rewrittenNorm - rewritten[start + (int) next];
        }
    }

    void add(Scores other) {
        predictions += other.predictions;
        agreeing += other.agreeing;
        followed += other.followed;
        divergence += other.divergence;
        largestDivergence = Math.max(largestDivergence, other.largestDivergence);
        surpriseOfOriginal += other.surpriseOfOriginal;
        surpriseOfRewritten += other.surpriseOfRewritten;
    }

    private static double logOfSum(float[] logits, int start, int count) {
        double largest = Double.NEGATIVE_INFINITY;
        for (int i = start; i < start + count; i++) {
            largest = Math.max(largest, logits[i]);
        }
        double sum = 0;
        for (int i = start; i < start + count; i++) {
            sum += Math.exp(logits[i] - largest);
        }
        return largest + Math.log(sum);
    }

    long predictions() {
        return predictions;
    }

    double agreement() {
        return (double) agreeing / predictions;
    }

    double meanDivergence() {
        return divergence / predictions;
    }

    double largestDivergence() {
        return largestDivergence;
    }

    double meanSurpriseOfOriginal() {
        return surpriseOfOriginal / followed;
    }

    double meanSurpriseOfRewritten() {
        return surpriseOfRewritten / followed;
    }
}
