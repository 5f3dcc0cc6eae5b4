package dev.swiglu.tools.fuzz;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Random;

/** Flipped bits, bytes with extreme values, a piece cut off, left out, repeated or moved. */
final class ByteMutation implements Mutation {
    private static final byte[] EXTREMES = {0, 1, -1, 127, -128, 8, 10, 18};

    @Override
    public byte[] apply(byte[] model, Random random) {
        if (model.length == 0) {
            return model;
        }
        int from = random.nextInt(model.length);
        int to = Math.min(model.length, from + 1 + random.nextInt(64));
        switch (random.nextInt(5)) {
            case 0 -> {
                return Arrays.copyOf(model, from);
            }
            case 1 -> {
                return joined(model, 0, from, to, model.length);
            }
            case 2 -> {
                return joined(model, 0, to, from, model.length);
            }
            default -> {
                byte[] result = model.clone();
                for (int i = random.nextInt(4); i >= 0; i--) {
                    int at = random.nextInt(model.length);
                    result[at] = random.nextBoolean() ? EXTREMES[random.nextInt(EXTREMES.length)]
                            : (byte) (result[at] ^ 1 << random.nextInt(8));
                }
                return result;
            }
        }
    }

    private static byte[] joined(byte[] model, int from, int to, int from2, int to2) {
        ByteArrayOutputStream result = new ByteArrayOutputStream();
        result.write(model, from, to - from);
        result.write(model, from2, to2 - from2);
        return result.toByteArray();
    }
}
