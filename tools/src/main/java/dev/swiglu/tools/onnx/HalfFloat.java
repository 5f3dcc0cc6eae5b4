package dev.swiglu.tools.onnx;

/** IEEE 754 binary16; Java 17 has no conversion of its own. */
public final class HalfFloat {
    private static final float SMALLEST_SUBNORMAL = 0x1p-24f;

    private HalfFloat() {
    }

    public static float toFloat(short bits) {
        int exponent = bits >> 10 & 0x1f;
        int fraction = bits & 0x3ff;
        float magnitude;
        if (exponent == 0) {
            magnitude = fraction * SMALLEST_SUBNORMAL;
        } else if (exponent == 0x1f) {
            magnitude = Float.intBitsToFloat(0x7f800000 | fraction << 13);
        } else {
            magnitude = Float.intBitsToFloat(exponent + 112 << 23 | fraction << 13);
        }
        return bits < 0 ? -magnitude : magnitude;
    }

    /** Rounds to nearest, ties to even, as hardware does. */
    public static short fromFloat(float value) {
        int bits = Float.floatToRawIntBits(value);
        int sign = bits >>> 16 & 0x8000;
        float magnitude = Math.abs(value);
        if (Float.isNaN(value)) {
            return (short) (sign | 0x7e00);
        }
        if (magnitude >= 65520f) {
            return (short) (sign | 0x7c00);
        }
        if (magnitude < 0x1p-14f) {
            return (short) (sign | (int) Math.rint(magnitude / SMALLEST_SUBNORMAL));
        }
        int rounded = (bits & 0x7fffffff) + 0xfff + (bits >>> 13 & 1);
        return (short) (sign | (rounded >>> 13) - (112 << 10));
    }
}
