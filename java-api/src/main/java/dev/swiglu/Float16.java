package dev.swiglu;

/** IEEE 754 binary16: 1 sign, 5 exponent and 10 fraction bits. Widening is exact; narrowing rounds to nearest, ties to even. */
public final class Float16 {
    private static final int SIGN = 0x8000;
    private static final int INFINITY = 0x7c00;
    private static final int QUIET_NAN = 0x7e00;
    private static final int FRACTION = 0x3ff;
    private static final int FRACTION_BITS = 10;
    private static final int DROPPED_BITS = 23 - FRACTION_BITS;
    private static final int BIAS_DIFFERENCE = 127 - 15;
    private static final float SMALLEST_SUBNORMAL = 0x1p-24f;
    /** 65520, halfway between the largest finite value and 65536: the tie goes to the even one, which is infinity. */
    private static final float OVERFLOW = 0x1.ffep15f;
    private static final float SMALLEST_NORMAL = 0x1p-14f;
    /** Floats from here to 1 are exactly as far apart as float16 subnormals, so adding it makes the processor round there. */
    private static final float SUBNORMAL_ROUNDER = 0.5f;

    private Float16() {}

    public static float widen(short bits) {
        int sign = (bits & SIGN) << 16;
        int exponent = (bits & INFINITY) >> FRACTION_BITS;
        int fraction = bits & FRACTION;
        if (exponent == 0) {
            return Float.intBitsToFloat(sign | Float.floatToRawIntBits(fraction * SMALLEST_SUBNORMAL));
        }
        int widened = exponent == INFINITY >> FRACTION_BITS ? 0xff : exponent + BIAS_DIFFERENCE;
        return Float.intBitsToFloat(sign | widened << 23 | fraction << DROPPED_BITS);
    }

    public static short round(float value) {
        int bits = Float.floatToRawIntBits(value);
        int sign = bits >>> 16 & SIGN;
        float magnitude = Math.abs(value);
        int magnitudeBits = Float.floatToRawIntBits(magnitude);
        int rounded;
        if (Float.isNaN(value)) {
            rounded = QUIET_NAN | magnitudeBits >> DROPPED_BITS & FRACTION;
        } else if (magnitude >= OVERFLOW) {
            rounded = INFINITY;
        } else if (magnitude < SMALLEST_NORMAL) {
            rounded = Float.floatToRawIntBits(magnitude + SUBNORMAL_ROUNDER) - Float.floatToRawIntBits(SUBNORMAL_ROUNDER);
        } else {
            int rebiased = magnitudeBits - (BIAS_DIFFERENCE << 23);
            int lastKept = rebiased >> DROPPED_BITS & 1;
            rounded = rebiased + (1 << DROPPED_BITS - 1) - 1 + lastKept >> DROPPED_BITS;
        }
        return (short) (sign | rounded);
    }
}
