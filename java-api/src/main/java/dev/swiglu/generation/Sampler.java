package dev.swiglu.generation;

import dev.swiglu.ModelException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Chooses tokens as a {@link Sampling} says. The same seed and the same scores make the same choices on every machine. */
final class Sampler {
    private final Sampling sampling;
    private final SplittableRandom random;

    Sampler(Sampling sampling, long seed) {
        this.sampling = sampling;
        this.random = new SplittableRandom(seed);
    }

    /** @throws ModelException when there is no best score, because one is no number or the best is infinite */
    int choose(float[] scores) {
        int best = best(scores);
        return sampling.isGreedy() ? best : draw(scores, best);
    }

    private static int best(float[] scores) {
        int best = 0;
        for (int token = 0; token < scores.length; token++) {
            if (Float.isNaN(scores[token])) {
                throw unusable(token, scores[token]);
            }
            best = scores[token] > scores[best] ? token : best;
        }
        if (Float.isInfinite(scores[best])) {
            throw unusable(best, scores[best]);
        }
        return best;
    }

    private static ModelException unusable(int token, float score) {
        return new ModelException("The model's score for token " + token + " is " + score + ", so no next token can be chosen."
                + " In float16 that is often an overflow, which exports in float32 or bfloat16 do not have.");
    }

    private int draw(float[] scores, int best) {
        double[] weights = new double[scores.length];
        for (int token = 0; token < scores.length; token++) {
            weights[token] = StrictMath.exp((scores[token] - scores[best]) / sampling.temperature());
        }
        int[] candidates = likeliest(scores, weights);
        double left = random.nextDouble() * sum(weights, candidates);
        for (int token : candidates) {
            left -= weights[token];
            if (left < 0) {
                return token;
            }
        }
        // roundings of the sum may leave a little; the last candidate could be one that the model rules out
        return best;
    }

    /** The tokens that top-k and top-p leave. */
    private int[] likeliest(float[] scores, double[] weights) {
        int[] candidates = sampling.topK() > 0 && sampling.topK() < scores.length ? best(scores, sampling.topK())
                : IntStream.range(0, scores.length).toArray();
        if (sampling.topP() == 1) {
            return candidates;
        }
        double total = sum(weights, candidates);
        // tokens below this weight have together less than the probability that top-p cuts off, and need not be sorted
        double negligible = (1 - sampling.topP()) * total / candidates.length;
        int[] ordered = Arrays.stream(candidates).filter(token -> weights[token] >= negligible)
                .mapToLong(token -> key(scores, token)).sorted().mapToInt(key -> (int) key).toArray();
        double reached = 0;
        int count = 0;
        while (count < ordered.length && reached < sampling.topP() * total) {
            reached += weights[ordered[count++]];
        }
        return Arrays.copyOf(ordered, count);
    }

    private static int[] best(float[] scores, int count) {
        PriorityQueue<Long> kept = new PriorityQueue<>(count + 1, Comparator.reverseOrder());
        for (int token = 0; token < scores.length; token++) {
            if (kept.size() < count || key(scores, token) < kept.peek()) {
                kept.add(key(scores, token));
                if (kept.size() > count) {
                    kept.remove();
                }
            }
        }
        return kept.stream().mapToInt(Long::intValue).toArray();
    }

    /** Keys in ascending order name tokens from the best score down, equal ones from the lowest number up. */
    private static long key(float[] scores, int token) {
        int bits = Float.floatToIntBits(scores[token]);
        int ascending = bits ^ bits >> 31 & Integer.MAX_VALUE;
        return (long) ~ascending << Integer.SIZE | token;
    }

    private static double sum(double[] weights, int[] tokens) {
        double sum = 0;
        for (int token : tokens) {
            sum += weights[token];
        }
        return sum;
    }
}
