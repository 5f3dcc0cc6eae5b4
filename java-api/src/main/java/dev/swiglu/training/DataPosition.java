package dev.swiglu.training;

import java.util.Random;

/**
 * Where a training stands in its data. The order of an epoch follows from seed and epoch alone, so that these three numbers
 * in a checkpoint are enough to go on with the very sample that comes next.
 *
 * @param epoch from 0
 * @param batch of the epoch, from 0: the next one to train on
 */
public record DataPosition(long seed, long epoch, long batch) {
    /** Spreads neighbouring epochs over all bits: the golden ratio of 2^64. */
    private static final long SPREAD = 0x9E3779B97F4A7C15L;

    public DataPosition {
        if (epoch < 0 || batch < 0) {
            throw new IllegalArgumentException("There is no batch " + batch + " of epoch " + epoch + "; both count from 0.");
        }
    }

    public static DataPosition start(long seed) {
        return new DataPosition(seed, 0, 0);
    }

    public DataPosition next(long batchesInEpoch) {
        return batch + 1 < batchesInEpoch ? new DataPosition(seed, epoch, batch + 1) : new DataPosition(seed, epoch + 1, 0);
    }

    /** The samples of this epoch in the order in which they are trained on: the same on every machine and Java release. */
    public int[] order(int samples) {
        Random random = new Random(seed + SPREAD * (epoch + 1));
        int[] order = new int[samples];
        for (int i = 0; i < samples; i++) {
            int other = random.nextInt(i + 1);
            order[i] = order[other];
            order[other] = i;
        }
        return order;
    }
}
