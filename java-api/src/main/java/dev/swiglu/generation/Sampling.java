package dev.swiglu.generation;

/**
 * How the next token is chosen from the model's scores: divided by the temperature, then only the {@code topK} best, then only
 * the fewest of those that together have at least the probability {@code topP}, then one at random. A temperature of 0 takes the
 * best, of equally good ones that with the lowest number.
 *
 * @param topK 0 for all
 * @param topP 1 for all
 */
public record Sampling(double temperature, int topK, double topP) {
    public Sampling {
        if (!(temperature >= 0 && temperature < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("The temperature must be 0 or more, not " + temperature + ".");
        }
        if (topK < 0) {
            throw new IllegalArgumentException("top-k must be at least 1, or 0 for all tokens, not " + topK + ".");
        }
        if (!(topP > 0 && topP <= 1)) {
            throw new IllegalArgumentException("top-p must be above 0 and at most 1, not " + topP + ".");
        }
    }

    /** Always the best token. */
    public static Sampling greedy() {
        return new Sampling(0, 0, 1);
    }

    /** From all tokens. */
    public static Sampling of(double temperature) {
        return new Sampling(temperature, 0, 1);
    }

    public Sampling topK(int count) {
        return new Sampling(temperature, count, topP);
    }

    public Sampling topP(double probability) {
        return new Sampling(temperature, topK, probability);
    }

    boolean isGreedy() {
        return temperature == 0;
    }
}
