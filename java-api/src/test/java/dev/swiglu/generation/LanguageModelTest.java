package dev.swiglu.generation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.swiglu.Tensor;
import dev.swiglu.TensorType;
import dev.swiglu.ValueInfo;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** With a decoder that counts: after token 1 it wants 2, then 3, then 0. Tests of the tools generate with real models. */
class LanguageModelTest {
    private static final int VOCABULARY = 4;
    private static final ModelConfiguration CONTEXT_OF_EIGHT = new ModelConfiguration(Optional.empty(), Set.of(), OptionalInt.of(8),
            OptionalInt.empty(), OptionalInt.empty(), false, 0, Map.of());

    private final AtomicInteger openDecoders = new AtomicInteger();
    /** Rows x columns of each run. */
    private final List<String> runs = new ArrayList<>();
    private final LanguageModel model = model(-1, -1);

    /** @param length columns that the graph takes at once; -1 for any number, as with {@code rows} */
    private LanguageModel model(long rows, long length) {
        return new LanguageModel(new ModelFolder(Path.of("model.onnx"), CONTEXT_OF_EIGHT, Path.of("tokenizer.json")),
                new Counting(rows, length));
    }

    @Test
    void aBatchGoesOnUntilTheLastOfItsTextsEnds() {
        GenerationRequest request = GenerationRequest.builder().tokens(1).tokens(0).endTokens(3).build();
        List<Integer> prompts = new ArrayList<>();
        List<Completion> written = model.generate(request).run(piece -> prompts.add(piece.prompt())).completions();
        assertEquals(List.of(new Completion(1, List.of(2, 3), "", FinishReason.END_TOKEN),
                new Completion(1, List.of(1, 2, 3), "", FinishReason.END_TOKEN)), written);
        assertEquals(List.of(0, 1, 0, 1, 1), prompts, "nothing is added to what has ended");
    }

    @Test
    void equalPromptsHaveEqualAnswers() {
        GenerationRequest request = GenerationRequest.builder().tokens(1).tokens(1).sampling(Sampling.of(2)).seed(3).build();
        List<Completion> written = model.generate(request).result().completions();
        assertEquals(written.get(0), written.get(1));
    }

    @Test
    void aListenerThatThrowsLeavesNothingOpen() {
        Generation generation = model.generate(GenerationRequest.builder().tokens(1, 2).build());
        assertThrows(ArithmeticException.class, () -> generation.run(piece -> {
            assertEquals(1, openDecoders.get());
            throw new ArithmeticException();
        }));
        assertEquals(0, openDecoders.get());
        assertEquals(FinishReason.CANCELLED, generation.result().completions().get(0).finish());
    }

    @Test
    void shortPromptsAreFilledUpWhereTheContextHasRoomForThat() {
        model.generate(GenerationRequest.builder().tokens(1, 2, 3).tokens(1).maxTokens(2).build()).result();
        assertEquals(List.of("2x3", "2x1"), runs);
        runs.clear();
        model.generate(GenerationRequest.builder().tokens(1, 2, 3, 0, 1, 2).tokens(1).maxTokens(3).build()).result();
        assertEquals(List.of("1x6", "1x1", "1x1", "1x1", "1x1"), runs, "the long one leaves room for 2 tokens, and the short one wants 3");
    }

    @Test
    void oneTokenAtOnceIsReadWhereTheGraphTakesNoMore() {
        GenerationRequest request = GenerationRequest.builder().tokens(1, 2, 3).tokens(3, 2, 1).maxTokens(2).build();
        model(-1, 1).generate(request).result();
        assertEquals(List.of("2x1", "2x1", "2x1", "2x1"), runs);
    }

    @Test
    void oneTextAtOnceIsWrittenWhereTheGraphTakesNoMore() {
        GenerationRequest request = GenerationRequest.builder().tokens(1, 2, 3).tokens(3, 2, 1).maxTokens(2).build();
        assertEquals(2, model(1, -1).generate(request).result().completions().size());
        assertEquals(List.of("1x3", "1x1", "1x3", "1x1"), runs);
    }

    @Test
    void negativeTokensAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> GenerationRequest.builder().tokens(1, -1));
        assertThrows(IllegalArgumentException.class, () -> model.scores(-1));
    }

    @Test
    void cudaGraphsNeedAResidentCache() {
        LanguageModelBuilder both = LanguageModel.builder(Path.of("anywhere")).resident(false).cudaGraphs(true);
        assertThrows(IllegalStateException.class, both::open);
    }

    private final class Counting implements Inference {
        private final long mostRows;
        private final long mostColumns;

        private Counting(long mostRows, long mostColumns) {
            this.mostRows = mostRows;
            this.mostColumns = mostColumns;
        }

        private static ValueInfo value(String name, TensorType type, Long... shape) {
            return new ValueInfo(name, type, List.of(shape), List.of(shape).stream().map(unnamed -> "").toList());
        }

        @Override
        public ModelLayout layout() {
            return ModelLayout.of(
                    List.of(value("input_ids", TensorType.INT64, mostRows, mostColumns),
                            value("attention_mask", TensorType.INT64, -1L, -1L), value("position_ids", TensorType.INT64, -1L, -1L),
                            value("past.0.key", TensorType.FLOAT32, -1L, 1L, -1L, 1L)),
                    List.of(value("logits", TensorType.FLOAT32, -1L, -1L, (long) VOCABULARY),
                            value("present.0.key", TensorType.FLOAT32, -1L, 1L, -1L, 1L)),
                    CONTEXT_OF_EIGHT, false);
        }

        @Override
        public Decoder decoder(int rows, int longest) {
            openDecoders.incrementAndGet();
            return new Decoder() {
                @Override
                public Tensor read(TokenRows read, int from, int to, int wanted) {
                    runs.add(rows + "x" + (to - from));
                    long[] tokens = read.inputs(layout(), from, to, to).get("input_ids").longs();
                    float[] scores = new float[rows * VOCABULARY];
                    for (int row = 0; row < rows; row++) {
                        int last = (int) tokens[(row + 1) * (to - from) - 1];
                        scores[row * VOCABULARY + (last + 1) % VOCABULARY] = 1;
                    }
                    return Tensor.float32(scores, rows, wanted, VOCABULARY);
                }

                @Override
                public void close() {
                    openDecoders.decrementAndGet();
                }
            };
        }

        @Override
        public Optional<Path> endProfiling() {
            return Optional.empty();
        }

        @Override
        public void close() {}
    }
}
