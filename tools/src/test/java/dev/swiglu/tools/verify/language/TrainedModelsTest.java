package dev.swiglu.tools.verify.language;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.swiglu.Device;
import dev.swiglu.ModelSession;
import dev.swiglu.Tensor;
import dev.swiglu.tools.CommandRun;
import dev.swiglu.tools.Progress;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.verify.Runner;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The trained models as those judge them who use them, original against rewritten: by a text that no training saw. */
class TrainedModelsTest {
    private static final Path MODELS = Path.of("..", "models");
    private static final int WINDOW = 512;

    @TempDir
    private Path folder;

    Device device() {
        return Device.cpu();
    }

    /** How much of the text is read. */
    int windows() {
        return 6;
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama-kjv", "mistral-kjv"})
    void inHalfPrecisionTheTextSurprisesThemAlike(String name) {
        Path original = MODELS.resolve(name).resolve("model_fp16.onnx");
        long[] text = Arrays.copyOf(heldOut(), windows() * WINDOW);
        LanguageAccuracy accuracy =
                new LanguageComparison(runner(original), runner(rewritten(original)), text, WINDOW).run(name, Progress.NONE);
        assertEquals(1, accuracy.perplexityRewritten() / accuracy.perplexityOriginal(), 5e-4, accuracy.toString());
        assertTrue(accuracy.top1Agreement() > 0.995, accuracy.toString());
        assertTrue(accuracy.perplexityOriginal() < 20, "of 1536 tokens it knows which may follow: " + accuracy);
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama-kjv", "mistral-kjv"})
    void inSinglePrecisionTheyWriteTheSame(String name) {
        Path original = MODELS.resolve(name).resolve("model.onnx");
        long[] prompt = Arrays.copyOf(heldOut(), 64);
        long[] expected = mostProbable(original, prompt, 256);
        assertArrayEquals(expected, mostProbable(rewritten(original), prompt, 256));
        assertTrue(Arrays.stream(expected).distinct().count() > 32, Arrays.toString(expected));
    }

    private Runner runner(Path model) {
        return new Runner(ModelFile.read(model), device(), true);
    }

    private Path rewritten(Path original) {
        Path rewritten = folder.resolve("rewritten.onnx");
        CommandRun.of("rewrite", original, rewritten).succeeded();
        return rewritten;
    }

    private static long[] heldOut() {
        return TokenFile.read(MODELS.resolve("trained").resolve("heldout.npy"));
    }

    /** The tokens that follow the prompt when each is the most probable one, with what was computed before in the cache. */
    private long[] mostProbable(Path model, long[] prompt, int count) {
        long[] written = new long[count];
        try (ModelSession session = runner(model).open()) {
            Map<String, Tensor> cache = emptyCache(session);
            long[] read = prompt;
            int past = 0;
            for (int i = 0; i < count; i++) {
                int total = past + read.length;
                Map<String, Tensor> inputs = new LinkedHashMap<>(cache);
                inputs.put("input_ids", Tensor.int64(read, 1, read.length));
                inputs.put("attention_mask", Tensor.int64(ones(total), 1, total));
                inputs.put("position_ids", Tensor.int64(range(past, total), 1, read.length));
                Map<String, Tensor> outputs = session.run(inputs).asMap();
                cache.replaceAll((name, before) -> outputs.get(name.replace("past_key_values", "present")));
                past = total;
                written[i] = best(outputs.get("logits"));
                read = new long[] {written[i]};
            }
        }
        return written;
    }

    private static Map<String, Tensor> emptyCache(ModelSession session) {
        Map<String, Tensor> cache = new LinkedHashMap<>();
        session.inputs().stream().filter(input -> input.name().startsWith("past_key_values.")).forEach(input ->
                cache.put(input.name(), Tensor.float32(new float[0], 1, input.shape().get(1), 0, input.shape().get(3))));
        return cache;
    }

    /** In the last row. */
    private static int best(Tensor logits) {
        float[] values = logits.floats();
        int vocabulary = (int) logits.shape()[2];
        int first = values.length - vocabulary;
        int best = 0;
        for (int i = 1; i < vocabulary; i++) {
            best = values[first + i] > values[first + best] ? i : best;
        }
        return best;
    }

    private static long[] ones(int count) {
        long[] ones = new long[count];
        Arrays.fill(ones, 1);
        return ones;
    }

    private static long[] range(int first, int end) {
        long[] numbers = new long[end - first];
        Arrays.setAll(numbers, i -> first + i);
        return numbers;
    }
}
