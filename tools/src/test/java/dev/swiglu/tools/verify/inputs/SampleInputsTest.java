package dev.swiglu.tools.verify.inputs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.swiglu.Tensor;
import dev.swiglu.tools.verify.Exports;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SampleInputsTest {

    private static final int VOCABULARY = 256;

    @Test
    void tokensAreVariedAndWithinTheVocabulary() {
        long[] ids = samples(Exports.LLAMA, 1).get(0).inputs().get("input_ids").longs();
        assertEquals(14, ids.length);
        assertTrue(Arrays.stream(ids).allMatch(id -> id >= 0 && id < VOCABULARY), Arrays.toString(ids));
        assertTrue(Arrays.stream(ids).max().orElseThrow() > VOCABULARY / 2, "ids use the whole vocabulary");
    }

    @Test
    void decodingSeesAFilledCacheAndAMaskThatCoversIt() {
        Map<String, Tensor> decode = samples(Exports.LLAMA_WITH_CACHE, 1).get(1).inputs();
        assertArrayEquals(new long[] {1, 1}, decode.get("input_ids").shape());
        assertArrayEquals(new long[] {1, 2, 5, 16}, decode.get("past_key_values.0.key").shape());
        assertEquals(Tensor.int64(new long[] {1, 1, 1, 1, 1, 1}, 1, 6), decode.get("attention_mask"));
    }

    @Test
    void headSizeThatTheCacheLeavesOpenComesFromTheProjection() {
        for (String model : List.of(Exports.GENAI_LLAMA, Exports.GENAI_INT4)) {
            Map<String, Tensor> decode = samples(model, 1).get(1).inputs();
            assertArrayEquals(new long[] {1, 2, 5, 16}, decode.get("past_key_values.1.value").shape(), model);
        }
    }

    @Test
    void rollingCacheHasItsWholeWindow() {
        Map<String, Tensor> prefill = samples(Exports.GENAI_ROLLING_CACHE, 1).get(0).inputs();
        assertArrayEquals(new long[] {2, 2, 4096, 16}, prefill.get("past_key_values.0.key").shape());
        assertArrayEquals(new long[] {2, 7}, prefill.get("attention_mask").shape());
    }

    @Test
    void seedDecides() {
        assertEquals(samples(Exports.LLAMA_WITH_CACHE, 1), samples(Exports.LLAMA_WITH_CACHE, 1));
        assertNotEquals(samples(Exports.LLAMA_WITH_CACHE, 1), samples(Exports.LLAMA_WITH_CACHE, 2));
    }

    private static List<Sample> samples(String model, long seed) {
        return new SampleInputs(Exports.model(model), seed).all();
    }
}
