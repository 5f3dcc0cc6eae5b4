package dev.swiglu.tools.verify.language;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.swiglu.Device;
import dev.swiglu.SessionBuilder;
import dev.swiglu.generation.Completion;
import dev.swiglu.generation.Generation;
import dev.swiglu.generation.GenerationRequest;
import dev.swiglu.generation.LanguageModel;
import dev.swiglu.tools.CommandRun;
import dev.swiglu.tools.Progress;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.verify.Runner;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The trained models as those judge them who use them, original against rewritten: by a text that no training saw. */
class TrainedModelsTest {
    private static final Path MODELS = Path.of("..", "models");
    private static final int WINDOW = 512;
    private static final int BEGIN = 0;
    private static final int PROMPT = 48;
    private static final int WRITTEN = 256;

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
        Path rewritten = folder.resolve("rewritten.onnx");
        CommandRun.of("rewrite", original, rewritten).succeeded();
        LanguageAccuracy accuracy = accuracy(original, rewritten);
        assertEquals(1, accuracy.perplexityRewritten() / accuracy.perplexityOriginal(), 5e-4, accuracy.toString());
        assertTrue(accuracy.top1Agreement() > 0.997, accuracy.toString());
        assertTrue(accuracy.klMean() < 1e-5, "one layer with an alpha of 1.02 makes more: " + accuracy);
        assertTrue(accuracy.perplexityOriginal() < 20, "of 1536 tokens it knows which may follow: " + accuracy);
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama-kjv", "mistral-kjv"})
    void inSinglePrecisionTheyWriteTheSame(String name) {
        Path rewritten = folder.resolve(name);
        CommandRun.of("rewrite", MODELS.resolve(name), rewritten).succeeded();
        List<Completion> expected = written(MODELS.resolve(name));
        assertEquals(expected, written(rewritten));
        assertTrue(expected.stream().allMatch(completion -> completion.tokens().size() == WRITTEN), expected.toString());
    }

    private LanguageAccuracy accuracy(Path original, Path rewritten) {
        long[] text = Arrays.copyOf(heldOut(), windows() * WINDOW);
        return new LanguageComparison(runner(original), runner(rewritten), text, WINDOW).run("heldout", Progress.NONE);
    }

    private Runner runner(Path model) {
        return new Runner(ModelFile.read(model), device(), true);
    }

    /** The most probable tokens behind the beginnings of four chapters, with our kernel, also where the model asks for none. */
    private List<Completion> written(Path model) {
        GenerationRequest.Builder request = GenerationRequest.builder().maxTokens(WRITTEN).endTokens();
        long[] text = heldOut();
        int[] chapters = IntStream.range(0, text.length).filter(i -> text[i] == BEGIN).limit(4).toArray();
        for (int first : chapters) {
            request.tokens(Arrays.stream(text, first, first + PROMPT).mapToInt(Math::toIntExact).toArray());
        }
        try (LanguageModel opened = LanguageModel.builder(model).model("model.onnx").device(device())
                .session(builder -> builder.config(SessionBuilder.CPU_FUSION, "kernel")).open();
                Generation generation = opened.generate(request.build())) {
            return generation.result().completions();
        }
    }

    private static long[] heldOut() {
        return TokenFile.read(MODELS.resolve("trained").resolve("heldout.npy"));
    }
}
