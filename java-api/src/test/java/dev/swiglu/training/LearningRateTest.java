package dev.swiglu.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class LearningRateTest {
    @Test
    void risesThenFallsButNeverToNothing() {
        LearningRate rate = LearningRate.cosine(0.5f, 10, 110);
        assertEquals(0.05f, rate.at(1), 1e-7);
        assertEquals(0.5f, rate.at(10));
        for (long step = 10; step < 110; step++) {
            assertTrue(rate.at(step) > rate.at(step + 1) && rate.at(step + 1) > 0, "step " + step);
        }
        assertEquals(0.25f, rate.at(60), 0.01);
        assertEquals(0, rate.at(1000));
        assertThrows(IllegalArgumentException.class, () -> LearningRate.cosine(1, 10, 10));
    }

    @Test
    void isANumberFromZeroOn() {
        for (float wrong : new float[] {-1e-3f, Float.NaN, Float.POSITIVE_INFINITY}) {
            assertThrows(IllegalArgumentException.class, () -> LearningRate.constant(wrong));
            assertThrows(IllegalArgumentException.class, () -> LearningRate.cosine(wrong, 1, 10));
        }
    }
}
