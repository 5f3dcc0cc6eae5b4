package dev.swiglu.tools.generate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.swiglu.Device;
import dev.swiglu.ModelSession;
import dev.swiglu.Outputs;
import dev.swiglu.Tensor;
import dev.swiglu.generation.Completion;
import dev.swiglu.generation.FinishReason;
import dev.swiglu.generation.Generation;
import dev.swiglu.generation.GenerationRequest;
import dev.swiglu.generation.GenerationResult;
import dev.swiglu.generation.LanguageModel;
import dev.swiglu.generation.ModelLayout.Cache;
import dev.swiglu.generation.Piece;
import dev.swiglu.generation.Sampling;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.verify.inputs.SampleInputs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** On graphs that exporters really wrote, on the CPU. */
class GenerationTest {
    private static final String WITH_CACHE = "/exports/llama-fp32-ts-op17-past-eager.onnx";
    private static final String WITH_POSITIONS = "/generation/llama-positions.onnx";
    private static final String GENAI = "/exports/genai-llama-fp16-cuda.onnx";
    private static final int[] PROMPT = {1, 2, 3, 4, 5};
    private static final int LENGTH = 24;

    @TempDir
    private Path temporary;

    /** The reference reads the whole text with an empty cache for each token, and shares nothing with generation. */
    @ParameterizedTest
    @CsvSource({
        "/exports/llama-fp32-ts-op17-past-eager.onnx, GROWING",
        "/exports/mistral-fp16-ts-op17-past-sdpa.onnx, GROWING",
        "/exports/families/merged-llama.onnx, GROWING",
        "/exports/families/phi3-fp16-dynamo-op18-past-eager.onnx, GROWING",
        "/generation/llama-positions.onnx, GROWING",
        "/exports/genai-llama-fp16-cuda.onnx, SHARED",
        "/exports/genai-mistral-fp32-cpu.onnx, SHARED",
        "/exports/families/genai-granite-fp32-cpu.onnx, SHARED",
        "/exports/llama-fp32-dynamo-op18-sdpa.onnx, NONE",
        "/exports/mistral-fp32-ts-op14-eager.onnx, NONE"})
    void writesWhatReadingEverythingAgainWouldWrite(String export, Cache cache) throws IOException {
        Path folder = LanguageModels.folder(temporary, export);
        List<Integer> expected = rereading(folder.resolve("model.onnx"));
        Path rewritten = LanguageModels.rewrite(folder);
        for (Path model : List.of(folder, rewritten)) {
            for (boolean resident : new boolean[] {true, false}) {
                try (LanguageModel opened = LanguageModel.builder(model).resident(resident).open()) {
                    assertEquals(cache, opened.layout().cache());
                    assertEquals(expected, write(opened, PROMPT).tokens(), model + (resident ? " resident" : " on the host"));
                }
            }
        }
    }

    private static List<Integer> rereading(Path model) {
        SampleInputs inputs = new SampleInputs(ModelFile.read(model), 0);
        List<Integer> text = new ArrayList<>(Arrays.stream(PROMPT).boxed().toList());
        try (ModelSession session = ModelSession.builder(model).open()) {
            while (text.size() < PROMPT.length + LENGTH) {
                Outputs outputs = session.run(inputs.reading(text.stream().mapToLong(Integer::longValue).toArray()).inputs(),
                        Set.of("logits"));
                float[] scores = outputs.get("logits").floats();
                int vocabulary = scores.length / text.size();
                int last = scores.length - vocabulary;
                text.add(IntStream.range(0, vocabulary).reduce(0, (a, b) -> scores[last + b] > scores[last + a] ? b : a));
            }
        }
        return text.subList(PROMPT.length, text.size());
    }

    @ParameterizedTest
    @ValueSource(strings = {WITH_CACHE, WITH_POSITIONS, GENAI, "/exports/llama-fp32-dynamo-op18-sdpa.onnx"})
    void aBatchWritesWhatEachPromptAloneDoes(String export) throws IOException {
        int[][] prompts = {PROMPT, {200}, {9, 8, 7, 6, 5}, {10, 20, 30, 40, 50, 60, 70}};
        try (LanguageModel model = LanguageModel.open(LanguageModels.folder(temporary, export), Device.cpu())) {
            assertEquals(export.equals(WITH_POSITIONS), model.layout().canPad());
            GenerationRequest.Builder all = GenerationRequest.builder().maxTokens(LENGTH);
            Arrays.stream(prompts).forEach(all::tokens);
            try (Generation generation = model.generate(all.build())) {
                List<Completion> together = generation.result().completions();
                for (int i = 0; i < prompts.length; i++) {
                    assertEquals(write(model, prompts[i]), together.get(i), "prompt " + i);
                }
            }
        }
    }

    /** As old exports are that were traced with one token, or for one text. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void whatTakesOneTextOrOneTokenAtOnceIsGivenThemOneByOne(int fixedAxis) throws IOException {
        Path folder = LanguageModels.folder(temporary, WITH_CACHE);
        ModelProto.Builder model = ModelFile.read(folder.resolve("model.onnx")).proto().toBuilder();
        model.getGraphBuilder().getInputBuilder(0).getTypeBuilder().getTensorTypeBuilder().getShapeBuilder().getDimBuilder(fixedAxis)
                .setDimValue(1);
        Path fixed = Files.write(folder.resolve("fixed.onnx"), model.build().toByteArray());
        GenerationRequest request = GenerationRequest.builder().tokens(PROMPT).tokens(5, 4, 3, 2, 1).maxTokens(LENGTH).build();
        try (LanguageModel open = LanguageModel.open(folder, Device.cpu());
                LanguageModel narrow = LanguageModel.open(fixed, Device.cpu());
                Generation expected = open.generate(request);
                Generation actual = narrow.generate(request)) {
            assertEquals(expected.result().completions(), actual.result().completions());
            assertArrayEquals(open.scores(PROMPT).floats(), narrow.scores(PROMPT).floats(), 1e-5f);
        }
    }

    @Test
    void scoresAreThoseThatTokensAreChosenBy() throws IOException {
        try (LanguageModel model = LanguageModel.open(LanguageModels.folder(temporary, GENAI), Device.cpu())) {
            List<Integer> written = write(model, PROMPT).tokens();
            Tensor scores = model.scores(IntStream.concat(Arrays.stream(PROMPT), written.stream().mapToInt(i -> i)).toArray());
            assertEquals(PROMPT.length + LENGTH, scores.shape()[0]);
            for (int i = 0; i < LENGTH; i++) {
                int row = PROMPT.length - 1 + i;
                int chosen = IntStream.range(0, (int) scores.shape()[1]).reduce(0,
                        (a, b) -> scores.get(row, b) > scores.get(row, a) ? b : a);
                assertEquals(written.get(i), chosen);
            }
        }
    }

    @Test
    void piecesAreTheTextAndAStopWordEndsItAcrossTokens() throws IOException {
        try (LanguageModel model = LanguageModel.open(LanguageModels.folder(temporary, WITH_CACHE), Device.cpu())) {
            GenerationRequest.Builder request = GenerationRequest.builder().prompt("bye").maxTokens(40);
            Completion whole = pieces(model, request.build());
            assertEquals(FinishReason.LENGTH, whole.finish());
            String stop = whole.text().substring(4, 7);
            Completion stopped = pieces(model, request.stop(stop).build());
            assertEquals(FinishReason.STOP_WORD, stopped.finish());
            assertEquals(whole.text().substring(0, whole.text().indexOf(stop)), stopped.text());
            assertTrue(stopped.tokens().size() < whole.tokens().size());
        }
    }

    private static Completion pieces(LanguageModel model, GenerationRequest request) {
        StringBuilder text = new StringBuilder();
        List<Integer> tokens = new ArrayList<>();
        try (Generation generation = model.generate(request)) {
            for (Piece piece : generation) {
                text.append(piece.text());
                tokens.add(piece.token());
            }
            Completion completion = generation.result().completions().get(0);
            assertEquals(completion.text(), text.toString());
            assertEquals(completion.tokens(), tokens);
            return completion;
        }
    }

    @Test
    void anEndTokenOfTheConfigurationEndsTheTextUnlessTheRequestSaysOtherwise() throws IOException {
        Path folder = LanguageModels.folder(temporary, WITH_CACHE);
        List<Integer> written;
        try (LanguageModel model = LanguageModel.open(folder, Device.cpu())) {
            written = write(model, PROMPT).tokens();
        }
        Files.writeString(folder.resolve("config.json"),
                "{\"eos_token_id\": [" + written.get(3) + "], \"max_position_embeddings\": 20}");
        try (LanguageModel model = LanguageModel.open(folder, Device.cpu())) {
            Completion ended = write(model, PROMPT);
            assertEquals(FinishReason.END_TOKEN, ended.finish());
            assertEquals(written.subList(0, 4), ended.tokens());
            GenerationRequest.Builder endless = GenerationRequest.builder().tokens(PROMPT).endTokens().maxTokens(99);
            try (Generation generation = model.generate(endless.build())) {
                Completion full = generation.result().completions().get(0);
                assertEquals(FinishReason.LENGTH, full.finish());
                assertEquals(20 - PROMPT.length, full.tokens().size(), "as many as the context holds");
            }
            assertThrows(IllegalArgumentException.class, () -> write(model, new int[20]));
            assertThrows(IllegalArgumentException.class, () -> write(model));
        }
    }

    @Test
    void theSeedDecidesWhatIsDrawn() throws IOException {
        try (LanguageModel model = LanguageModel.open(LanguageModels.folder(temporary, WITH_CACHE), Device.cpu())) {
            assertEquals(drawn(model, 1), drawn(model, 1));
            assertNotEquals(drawn(model, 1), drawn(model, 2));
        }
    }

    private static List<Integer> drawn(LanguageModel model, long seed) {
        try (Generation generation = model.generate(GenerationRequest.builder().tokens(PROMPT).maxTokens(LENGTH)
                .sampling(Sampling.of(1).topK(50).topP(0.95)).seed(seed).build())) {
            return generation.result().completions().get(0).tokens();
        }
    }

    @Test
    void cancellationEndsItAndWhatWasWrittenStays() throws Exception {
        try (LanguageModel model = LanguageModel.open(LanguageModels.folder(temporary, WITH_CACHE), Device.cpu());
                Generation generation = model.generate(GenerationRequest.builder().prompt("Hello").maxTokens(1 << 30).build())) {
            Iterator<Piece> pieces = generation.iterator();
            StringBuilder text = new StringBuilder(pieces.next().text()).append(pieces.next().text());
            Thread other = new Thread(generation::cancel);
            other.start();
            pieces.forEachRemaining(piece -> text.append(piece.text()));
            other.join();
            GenerationResult result = generation.result();
            assertEquals(FinishReason.CANCELLED, result.completions().get(0).finish());
            assertEquals(text.toString(), result.completions().get(0).text());
            assertTrue(result.tokens() >= 2);
        }
    }

    @Test
    void threadsGenerateAtOnceOnOneModel() throws Exception {
        try (LanguageModel model = LanguageModel.open(LanguageModels.folder(temporary, GENAI), Device.cpu())) {
            List<Completion> expected = IntStream.range(0, 8).mapToObj(i -> write(model, i, i + 1, 7)).toList();
            ExecutorService threads = Executors.newFixedThreadPool(8);
            List<Callable<Completion>> requests = IntStream.range(0, 64)
                    .mapToObj(i -> (Callable<Completion>) () -> write(model, i % 8, i % 8 + 1, 7)).toList();
            List<Future<Completion>> answers = threads.invokeAll(requests);
            threads.shutdown();
            for (int i = 0; i < answers.size(); i++) {
                assertEquals(expected.get(i % 8), answers.get(i).get());
            }
        }
    }

    @Test
    void whatIsClosedOrMissingIsSaid() throws IOException {
        Path folder = LanguageModels.folder(temporary, WITH_CACHE);
        Files.delete(folder.resolve("tokenizer.json"));
        LanguageModel model = LanguageModel.open(folder, Device.cpu());
        assertEquals(LENGTH, write(model, PROMPT).tokens().size(), "tokens need no tokenizer");
        assertThrows(UncheckedIOException.class, () -> model.generate(GenerationRequest.builder().prompt("Hello").build()));
        Generation begun = model.generate(GenerationRequest.builder().tokens(PROMPT).build());
        begun.iterator().next();
        model.close();
        model.close();
        assertThrows(IllegalStateException.class, begun::result);
        begun.close();
        assertThrows(IllegalStateException.class, () -> write(model, PROMPT));
        assertThrows(IllegalStateException.class, model::tokenizer);
    }

    private static Completion write(LanguageModel model, int... prompt) {
        try (Generation generation = model.generate(GenerationRequest.builder().tokens(prompt).maxTokens(LENGTH).build())) {
            return generation.result().completions().get(0);
        }
    }
}
