package dev.swiglu.generation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.swiglu.ModelException;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SamplerTest {
    private static final int DRAWS = 200_000;
    /** The logarithms of probabilities, in no order: 0.1, 0.4, 0.05, 0.25, 0.2. */
    private static final float[] SCORES = logs(0.1, 0.4, 0.05, 0.25, 0.2);

    @Test
    void greedyTakesTheBestAndOfEqualOnesTheFirst() {
        assertEquals(1, new Sampler(Sampling.greedy(), 0).choose(new float[] {-3, 2, 2, 1, Float.NEGATIVE_INFINITY}));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "1   | 0 | 1    | 0.1     0.4     0.05    0.25    0.2",
        "0.5 | 0 | 1    | 0.036364 0.581818 0.009091 0.227273 0.145455",
        "1   | 2 | 1    | 0       0.615385 0      0.384615 0",
        "1   | 0 | 0.6  | 0       0.615385 0      0.384615 0",
        "1   | 0 | 0.66 | 0       0.470588 0      0.294118 0.235294",
        "1   | 3 | 0.75 | 0       0.615385 0      0.384615 0",
        "1   | 9 | 0.01 | 0       1       0       0       0"})
    void drawsAsOftenAsTheProbabilitySays(double temperature, int topK, double topP, String expected) {
        double[] probabilities = Arrays.stream(expected.trim().split("\\s+")).mapToDouble(Double::parseDouble).toArray();
        Sampler sampler = new Sampler(new Sampling(temperature, topK, topP), 42);
        int[] counts = new int[SCORES.length];
        IntStream.range(0, DRAWS).forEach(draw -> counts[sampler.choose(SCORES)]++);
        for (int token = 0; token < counts.length; token++) {
            double p = probabilities[token];
            double fiveDeviations = 5 * Math.sqrt(p * (1 - p) / DRAWS);
            assertTrue(Math.abs((double) counts[token] / DRAWS - p) <= fiveDeviations + 1e-6,
                    "token " + token + " was drawn " + counts[token] + " times, expected " + p * DRAWS);
        }
    }

    /** Two of four have exactly half of the probability, and are as good as the others. */
    @ParameterizedTest
    @CsvSource({"2, 1", "0, 0.5"})
    void ofEquallyGoodOnesTheFirstStay(int topK, double topP) {
        Sampler sampler = new Sampler(new Sampling(1, topK, topP), 5);
        int[] drawn = IntStream.range(0, 50).map(draw -> sampler.choose(new float[4])).distinct().sorted().toArray();
        assertArrayEquals(new int[] {0, 1}, drawn);
    }

    @Test
    void aMillionCandidatesAreCutAsAFewAre() {
        float[] scores = new float[1_000_000];
        Arrays.fill(scores, -30);
        scores[999_999] = 2;
        scores[17] = 1;
        Sampler sampler = new Sampler(Sampling.of(1).topP(0.95), 3);
        int[] drawn = IntStream.range(0, 50).map(draw -> sampler.choose(scores)).distinct().sorted().toArray();
        assertArrayEquals(new int[] {17, 999_999}, drawn);
    }

    @Test
    void theSeedDecides() {
        assertArrayEquals(drawn(7), drawn(7));
        assertFalse(Arrays.equals(drawn(7), drawn(8)));
    }

    private static int[] drawn(long seed) {
        Sampler sampler = new Sampler(Sampling.of(1).topK(4).topP(0.99), seed);
        return IntStream.range(0, 100).map(draw -> sampler.choose(SCORES)).toArray();
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
    void scoresThatAreNoNumbersAreRefusedAndNotChosen(float score) {
        assertThrows(ModelException.class, () -> new Sampler(Sampling.greedy(), 0).choose(new float[] {1, score, 2}));
    }

    @Test
    void settingsThatMeanNothingAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> Sampling.of(-1));
        assertThrows(IllegalArgumentException.class, () -> Sampling.of(Double.NaN));
        assertThrows(IllegalArgumentException.class, () -> Sampling.of(1).topP(0));
        assertThrows(IllegalArgumentException.class, () -> Sampling.of(1).topP(1.5));
        assertThrows(IllegalArgumentException.class, () -> Sampling.of(1).topK(-1));
    }

    private static float[] logs(double... probabilities) {
        float[] logs = new float[probabilities.length];
        for (int i = 0; i < logs.length; i++) {
            logs[i] = (float) Math.log(probabilities[i]);
        }
        return logs;
    }
}
