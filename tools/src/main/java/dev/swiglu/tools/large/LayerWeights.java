package dev.swiglu.tools.large;

/**
 * The regions that a decoder's weights refer to, the same ones in every layer. Weights are normal with the deviation that
 * LLaMA starts its training with, in proportion to the width, and what each block adds to the residual stream is made
 * smaller with the depth: activations stay far from the limits of float16.
 */
record LayerWeights(WeightFile.Region packedQueries, WeightFile.Region output, WeightFile.Region gate, WeightFile.Region up,
        WeightFile.Region down, WeightFile.Region norm, WeightFile.Region vocabulary, WeightFile.Region cosines,
        WeightFile.Region sines) {
    private static final double DEVIATION_AT_4096 = 0.02;

    static LayerWeights in(WeightFile file, DecoderShape shape) {
        double deviation = DEVIATION_AT_4096 * Math.sqrt(4096.0 / shape.hidden());
        double added = deviation / Math.sqrt(2.0 * shape.layers());
        long hidden = shape.hidden();
        int half = shape.headSize() / 2;
        return new LayerWeights(
                file.noise(hidden * shape.packedColumns(), deviation),
                file.noise(hidden * hidden, added),
                file.noise(hidden * shape.intermediate(), deviation),
                file.noise(hidden * shape.intermediate(), deviation),
                file.noise(hidden * shape.intermediate(), added),
                file.values(shape.hidden(), i -> 1),
                file.noise(hidden * shape.vocabulary(), deviation),
                file.values(shape.context() * half, i -> Math.cos(angle(shape, i / half, i % half))),
                file.values(shape.context() * half, i -> Math.sin(angle(shape, i / half, i % half))));
    }

    private static double angle(DecoderShape shape, int position, int pair) {
        return position * Math.pow(shape.ropeTheta(), -2.0 * pair / shape.headSize());
    }
}
