package dev.swiglu.tools.generate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.swiglu.Device;
import dev.swiglu.Tensor;
import dev.swiglu.generation.Generation;
import dev.swiglu.generation.GenerationRequest;
import dev.swiglu.generation.LanguageModel;
import dev.swiglu.tools.CommandRun;
import dev.swiglu.tools.verify.language.TokenFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** What the models in models/ must show on a device: rewritten, they write the same and predict as well. */
final class TrainedModels {
    static final List<String> NAMES = List.of("llama-kjv", "mistral-kjv");

    private static final Path MODELS = Path.of("..", "models");
    private static final int LENGTH = 256;
    private static final int WINDOW = 256;
    private static final int WINDOWS = 16;

    private TrainedModels() {}

    static void assertSameGreedyText(String name, Device device, Path temporary) throws IOException {
        Path folder = copy(name, temporary);
        Path rewritten = rewrite(folder, "model.onnx");
        try (LanguageModel before = LanguageModel.open(folder.resolve("model.onnx"), device);
                LanguageModel after = LanguageModel.open(rewritten, device)) {
            for (String prompt : List.of("And God said", "The children of Israel", "Now")) {
                String text = text(before, prompt);
                assertEquals(text, text(after, prompt));
                assertTrue(text.contains(" the "), "'" + text + "' is no English");
            }
        }
    }

    static void assertSamePerplexity(String name, Device device, Path temporary) throws IOException {
        Path folder = copy(name, temporary);
        Path rewritten = rewrite(folder, "model_fp16.onnx");
        long[] text = TokenFile.read(MODELS.resolve("trained/heldout.npy"));
        try (LanguageModel before = LanguageModel.open(folder.resolve("model_fp16.onnx"), device);
                LanguageModel after = LanguageModel.open(rewritten, device)) {
            double expected = perplexity(before, text);
            double actual = perplexity(after, text);
            assertTrue(Math.abs(actual / expected - 1) <= 0.0005, "perplexity " + expected + " became " + actual);
        }
    }

    private static Path copy(String name, Path temporary) throws IOException {
        Path source = MODELS.resolve(name);
        assumeTrue(Files.isDirectory(source), source + " is not there.");
        Path folder = Files.createDirectory(temporary.resolve(name));
        try (Stream<Path> files = Files.list(source)) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(file.getFileName()));
            }
        }
        return folder;
    }

    private static Path rewrite(Path folder, String file) {
        Path rewritten = folder.resolve("fused-" + file);
        CommandRun.of("rewrite", folder.resolve(file), rewritten).succeeded();
        return rewritten;
    }

    private static String text(LanguageModel model, String prompt) {
        GenerationRequest request = GenerationRequest.builder().prompt(prompt).maxTokens(LENGTH).endTokens().build();
        try (Generation generation = model.generate(request)) {
            return generation.result().completions().get(0).text();
        }
    }

    private static double perplexity(LanguageModel model, long[] text) {
        double surprise = 0;
        for (int window = 0; window < WINDOWS; window++) {
            int[] tokens = Arrays.stream(text, window * WINDOW, (window + 1) * WINDOW).mapToInt(Math::toIntExact).toArray();
            Tensor scores = model.scores(tokens);
            int vocabulary = (int) scores.shape()[1];
            for (int i = 0; i + 1 < WINDOW; i++) {
                surprise += surprise(scores.floats(i * vocabulary, vocabulary), tokens[i + 1]);
            }
        }
        return Math.exp(surprise / (WINDOWS * (WINDOW - 1)));
    }

    private static double surprise(float[] scores, int token) {
        double sum = 0;
        for (float score : scores) {
            sum += Math.exp(score - scores[token]);
        }
        return Math.log(sum);
    }
}
