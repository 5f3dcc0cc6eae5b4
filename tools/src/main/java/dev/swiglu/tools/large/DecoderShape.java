package dev.swiglu.tools.large;

import java.util.List;
import java.util.Optional;

/**
 * The sizes of a decoder.
 *
 * @param family what genai_config.json calls it
 * @param keyHeads of the keys and values; fewer than {@code heads} where several queries share one
 * @param context positions that the rotary tables hold; more than LLaMA-2 and Llama-3 were trained for, so that all three
 *                can read 8192 tokens and go on
 */
public record DecoderShape(String name, String family, int layers, int hidden, int heads, int keyHeads, int intermediate,
        int vocabulary, double ropeTheta, float epsilon, int context) {

    /** Those that can be asked for by name; {@code toy} is for trying things out. */
    public static final List<DecoderShape> KNOWN = List.of(
            new DecoderShape("llama-2-7b", "llama", 32, 4096, 32, 32, 11008, 32000, 1e4, 1e-5f, 16384),
            new DecoderShape("llama-3-8b", "llama", 32, 4096, 32, 8, 14336, 128256, 5e5, 1e-5f, 16384),
            new DecoderShape("mistral-7b", "mistral", 32, 4096, 32, 8, 14336, 32000, 1e6, 1e-5f, 16384),
            new DecoderShape("toy", "llama", 2, 64, 4, 2, 192, 256, 1e4, 1e-6f, 128));

    public static Optional<DecoderShape> named(String name) {
        return KNOWN.stream().filter(shape -> shape.name.equals(name)).findFirst();
    }

    public DecoderShape withLayers(int count) {
        return new DecoderShape(name, family, count, hidden, heads, keyHeads, intermediate, vocabulary, ropeTheta, epsilon,
                context);
    }

    int headSize() {
        return hidden / heads;
    }

    /** Columns of the projection that makes queries, keys and values side by side. */
    int packedColumns() {
        return (heads + 2 * keyHeads) * headSize();
    }
}
