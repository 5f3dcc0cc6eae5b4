package dev.swiglu.tools.generate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.swiglu.Device;
import dev.swiglu.Tensor;
import dev.swiglu.generation.Generation;
import dev.swiglu.generation.GenerationRequest;
import dev.swiglu.generation.LanguageModel;
import dev.swiglu.generation.LanguageModelBuilder;
import dev.swiglu.generation.ModelLayout.Cache;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The GPU writes what the CPU would. Random weights make near ties, which roundings decide, so each token must be the CPU's best
 * for the text before it, or as good up to what float16 and TF32 round.
 */
@Tag("gpu")
class CudaGenerationTest {
    private static final Device GPU = Device.cuda(0);
    private static final String GENAI = "/exports/genai-llama-fp16-cuda.onnx";
    private static final int LENGTH = 100;
    /** Of the range of one position's scores. */
    private static final double TOLERANCE = 0.01;

    @TempDir
    private Path temporary;

    @ParameterizedTest
    @ValueSource(strings = {"/exports/llama-fp32-ts-op17-past-eager.onnx", "/exports/mistral-fp16-ts-op17-past-sdpa.onnx",
        "/generation/llama-positions.onnx", GENAI})
    void theGpuWritesWhatTheCpuWould(String export) throws IOException {
        assumeTrue(Device.best().equals(GPU), "ONNX Runtime can use no GPU here.");
        Path folder = LanguageModels.folder(temporary, export);
        Path rewritten = LanguageModels.rewrite(folder);
        try (LanguageModel cpu = LanguageModel.open(folder, Device.cpu())) {
            for (Path model : List.of(folder, rewritten)) {
                for (boolean resident : new boolean[] {true, false}) {
                    try (LanguageModel opened = LanguageModel.builder(model).device(GPU).resident(resident).open()) {
                        for (int[] prompt : new int[][] {{1, 2, 3, 4, 5}, {200}}) {
                            assertBest(cpu, prompt, write(opened, prompt));
                        }
                    }
                }
            }
        }
    }

    @Test
    void replayedGraphsWriteWhatRunsWrite() throws IOException {
        assumeTrue(Device.best().equals(GPU), "ONNX Runtime can use no GPU here.");
        Path folder = LanguageModels.rewrite(LanguageModels.folder(temporary, GENAI));
        try (LanguageModel cpu = LanguageModel.open(folder, Device.cpu());
                LanguageModel replaying = LanguageModel.builder(folder).device(GPU).cudaGraphs(true).open()) {
            assertEquals(Cache.SHARED, replaying.layout().cache());
            List<Integer> first = write(replaying, 1, 2, 3, 4, 5);
            assertBest(cpu, new int[] {1, 2, 3, 4, 5}, first);
            assertBest(cpu, new int[] {7, 6}, write(replaying, 7, 6));
            assertEquals(first, write(replaying, 1, 2, 3, 4, 5), "in memory that another text was in");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void sixteenThreadsWriteWhatOneDoes(boolean cudaGraphs) throws Exception {
        assumeTrue(Device.best().equals(GPU), "ONNX Runtime can use no GPU here.");
        LanguageModelBuilder builder = LanguageModel.builder(LanguageModels.rewrite(LanguageModels.folder(temporary, GENAI)))
                .device(GPU).cudaGraphs(cudaGraphs);
        try (LanguageModel model = builder.open()) {
            List<List<Integer>> expected = IntStream.range(0, 16).mapToObj(i -> write(model, i, i + 1, 7)).toList();
            ExecutorService threads = Executors.newFixedThreadPool(16);
            List<Callable<List<Integer>>> requests = IntStream.range(0, 64)
                    .mapToObj(i -> (Callable<List<Integer>>) () -> write(model, i % 16, i % 16 + 1, 7)).toList();
            List<Future<List<Integer>>> answers = threads.invokeAll(requests);
            threads.shutdown();
            for (int i = 0; i < answers.size(); i++) {
                assertEquals(expected.get(i % 16), answers.get(i).get(), "request " + i);
            }
        }
    }

    private static List<Integer> write(LanguageModel model, int... prompt) {
        try (Generation generation = model.generate(GenerationRequest.builder().tokens(prompt).maxTokens(LENGTH).build())) {
            return generation.result().completions().get(0).tokens();
        }
    }

    private static void assertBest(LanguageModel cpu, int[] prompt, List<Integer> written) {
        assertEquals(LENGTH, written.size());
        List<Integer> text = new ArrayList<>(Stream.concat(Arrays.stream(prompt).boxed(), written.stream()).toList());
        Tensor all = cpu.scores(text.stream().mapToInt(Integer::intValue).toArray());
        float[] scores = all.floats();
        int vocabulary = (int) all.shape()[1];
        for (int i = prompt.length; i < text.size(); i++) {
            float[] row = Arrays.copyOfRange(scores, (i - 1) * vocabulary, i * vocabulary);
            double chosen = row[text.get(i)];
            Arrays.sort(row);
            double best = row[vocabulary - 1];
            assertTrue(best - chosen <= TOLERANCE * (best - row[0]), "token " + (i - prompt.length) + " has the score " + chosen
                    + " on the CPU, whose best is " + best);
        }
    }
}
