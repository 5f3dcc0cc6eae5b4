package dev.swiglu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Judges both narrow formats by their definition, at every value, every tie between neighbours and both sides of each tie. */
class RoundingTest {
    @Test
    void float16RoundsToNearestEven() {
        checkRounding(5, 10, Float16::round, Float16::widen);
    }

    @Test
    void bfloat16RoundsToNearestEven() {
        checkRounding(8, 7, BFloat16::round, BFloat16::widen);
    }

    @Test
    void nanStaysNanWithItsSign() {
        for (int bits : new int[] {0x7f800001, 0x7fffffff, 0xff800001, 0xffc00000}) {
            float nan = Float.intBitsToFloat(bits);
            assertTrue(Float.isNaN(Float16.widen(Float16.round(nan))), Integer.toHexString(bits));
            assertTrue(Float.isNaN(BFloat16.widen(BFloat16.round(nan))), Integer.toHexString(bits));
            assertEquals(bits < 0, Float16.round(nan) < 0);
            assertEquals(bits < 0, BFloat16.round(nan) < 0);
        }
    }

    private static void checkRounding(int exponentBits, int fractionBits, Function<Float, Short> round, Function<Short, Float> widen) {
        int infinity = (1 << exponentBits) - 1 << fractionBits;
        for (int pattern = 0; pattern < infinity; pattern++) {
            double value = value(pattern, exponentBits, fractionBits);
            double next = value(pattern + 1, exponentBits, fractionBits);
            int even = pattern + (pattern & 1);
            float midpoint = (float) ((value + next) / 2);
            checkBothSigns(pattern, (float) value, round, widen);
            assertEquals((short) even, round.apply(midpoint), () -> "tie at " + midpoint);
            assertEquals((short) pattern, round.apply(Math.nextDown(midpoint)), () -> "below " + midpoint);
            assertEquals((short) (pattern + 1), round.apply(Math.nextUp(midpoint)), () -> "above " + midpoint);
        }
        checkBothSigns(infinity, Float.POSITIVE_INFINITY, round, widen);
    }

    private static void checkBothSigns(int pattern, float value, Function<Float, Short> round, Function<Short, Float> widen) {
        assertEquals(value, widen.apply((short) pattern));
        assertEquals(-value, widen.apply((short) (pattern | 0x8000)));
        assertEquals((short) pattern, round.apply(value));
        assertEquals((short) (pattern | 0x8000), round.apply(-value));
    }

    /** The format's definition; infinity counts as the power of two that would come next. */
    private static double value(int pattern, int exponentBits, int fractionBits) {
        int bias = (1 << exponentBits - 1) - 1;
        int exponent = pattern >> fractionBits;
        int fraction = pattern & (1 << fractionBits) - 1;
        double significand = exponent == 0 ? fraction : (1 << fractionBits) + fraction;
        return Math.scalb(significand, Math.max(exponent, 1) - bias - fractionBits);
    }
}
