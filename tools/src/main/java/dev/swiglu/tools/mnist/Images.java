package dev.swiglu.tools.mnist;

import dev.swiglu.Tensor;
import dev.swiglu.TensorType;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/**
 * Pictures of 28 × 28 grey levels, one after the other, and which digit each one shows.
 */
record Images(byte[] pixels, byte[] digits) {
    static final int PIXELS = 28 * 28;
    static final int CLASSES = 10;

    int count() {
        return digits.length;
    }

    /** Pictures {@code order[from]} to {@code order[from + size - 1]} as the model takes them. */
    Map<String, Tensor> batch(int[] order, int from, int size) {
        ByteBuffer chosen = ByteBuffer.allocateDirect(size * PIXELS);
        long[] labels = new long[size];
        for (int i = 0; i < size; i++) {
            int picture = order[from + i];
            chosen.put(i * PIXELS, pixels, picture * PIXELS, PIXELS);
            labels[i] = digits[picture];
        }
        Map<String, Tensor> batch = new LinkedHashMap<>();
        batch.put(DigitModel.IMAGES, Tensor.of(TensorType.UINT8, chosen, size, PIXELS));
        batch.put(DigitModel.LABELS, Tensor.int64(labels, size));
        return batch;
    }

    /** Ten blurred patterns with noise, for trying things out where the data are not at hand. */
    static Images synthetic(int count, long seed) {
        byte[] patterns = new byte[CLASSES * PIXELS];
        new Random(0).nextBytes(patterns);
        Random random = new Random(seed);
        byte[] pixels = new byte[count * PIXELS];
        byte[] digits = new byte[count];
        for (int i = 0; i < count; i++) {
            digits[i] = (byte) random.nextInt(CLASSES);
            for (int j = 0; j < PIXELS; j++) {
                int noise = random.nextInt(256);
                pixels[i * PIXELS + j] = (byte) ((Byte.toUnsignedInt(patterns[digits[i] * PIXELS + j]) + 3 * noise) / 4);
            }
        }
        return new Images(pixels, digits);
    }
}
