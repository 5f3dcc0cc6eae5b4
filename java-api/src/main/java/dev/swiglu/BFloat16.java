package dev.swiglu;

/** The upper half of a float32. Widening is exact; narrowing rounds to nearest, ties to even. */
public final class BFloat16 {
    private static final int QUIET = 0x0040;

    private BFloat16() {}

    public static float widen(short bits) {
        return Float.intBitsToFloat(bits << 16);
    }

    public static short round(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            // Rounding could carry a NaN into infinity, and cutting could leave its fraction empty.
            return (short) (bits >>> 16 | QUIET);
        }
        int lastKept = bits >>> 16 & 1;
        return (short) (bits + 0x7fff + lastKept >>> 16);
    }
}
