package dev.swiglu.tools.generate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.swiglu.Device;
import dev.swiglu.generation.Completion;
import dev.swiglu.generation.Generation;
import dev.swiglu.generation.GenerationRequest;
import dev.swiglu.generation.LanguageModel;
import dev.swiglu.generation.Sampling;
import dev.swiglu.tools.CommandRun;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.cli.Main;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GenerateCommandTest {
    @TempDir
    private Path temporary;
    private Path folder;

    @BeforeEach
    void makeFolder() throws IOException {
        folder = LanguageModels.folder(temporary, "/exports/llama-fp32-ts-op17-past-eager.onnx");
    }

    @Test
    void printsTheTextAndSaysHowFastItWas() {
        CommandRun run = CommandRun.of("generate", folder, "--prompt", "Grüße", "--max-tokens", 12, "--echo").succeeded();
        assertEquals("Grüße" + written("Grüße", 12, Sampling.greedy(), 0).text() + System.lineSeparator(), run.out());
        assertTrue(run.err().contains("12 tokens; the first after"), run.err());
        assertTrue(run.err().contains("tokens per second"), run.err());
    }

    @Test
    void optionsReachTheSampler() {
        CommandRun run = CommandRun.of("generate", folder, "--prompt", "Hello", "--max-tokens", 30, "--temperature", 0.9,
                "--top-k", 40, "--top-p", 0.9, "--seed", 5).succeeded();
        Completion expected = written("Hello", 30, Sampling.of(0.9).topK(40).topP(0.9), 5);
        assertEquals(expected.text() + System.lineSeparator(), run.out());
        String stop = expected.text().substring(3, 6);
        assertEquals(expected.text().substring(0, expected.text().indexOf(stop)) + System.lineSeparator(),
                CommandRun.of("generate", folder, "--prompt", "Hello", "--max-tokens", 30, "--temperature", 0.9, "--top-k", 40,
                        "--top-p", 0.9, "--seed", 5, "--stop", stop).succeeded().out());
    }

    @Test
    void aRewrittenModelWritesTheSame() {
        String original = CommandRun.of("generate", folder, "--prompt", "Hello").succeeded().out();
        Path rewritten = LanguageModels.rewrite(folder);
        assertEquals(original, CommandRun.of("generate", rewritten, "--prompt", "Hello").succeeded().out());
        assertEquals(original, CommandRun.of("generate", folder, "--model", rewritten.getFileName(), "--prompt", "Hello")
                .succeeded().out());
    }

    @Test
    void severalPromptsAreOneBatchAndTheReportHasThemAll() throws IOException {
        Path first = Files.writeString(temporary.resolve("first.txt"), "one");
        Path file = temporary.resolve("report.json");
        InputStream before = System.in;
        System.setIn(new ByteArrayInputStream("zwölf\n".getBytes(StandardCharsets.UTF_8)));
        try {
            CommandRun run = CommandRun.of("generate", folder, "--prompt-file", first, "--prompt", "two", "--prompt-file", "-",
                    "--max-tokens", 7, "--json", "--report", file).succeeded();
            assertEquals(run.out(), Files.readString(file));
            JsonNode report = new ObjectMapper().readTree(run.out());
            assertEquals(1, report.get("schema").asInt());
            assertEquals("cpu", report.get("device").asText());
            assertEquals("growing", report.get("cache").asText());
            assertEquals(3, report.get("texts").size());
            for (JsonNode text : report.get("texts")) {
                assertEquals(written(text.get("prompt").asText(), 7, Sampling.greedy(), 0).text(), text.get("text").asText());
                assertEquals("length", text.get("finish").asText());
                assertEquals(7, text.get("tokens").size());
            }
            assertEquals("zwölf", report.get("texts").get(2).get("prompt").asText());
        } finally {
            System.setIn(before);
        }
    }

    @Test
    void aModelWithoutACacheWritesAndSaysThatItIsSlow() throws IOException {
        Path plain = LanguageModels.folder(temporary, "/exports/llama-fp32-ts-op17-eager.onnx");
        CommandRun run = CommandRun.of("generate", plain, "--prompt", "Hello", "--max-tokens", 5).succeeded();
        assertTrue(run.err().contains("no key-value cache"), run.err());
        assertFalse(run.out().isBlank());
    }

    @Test
    void everyFailureHasItsExitCodeAndSentence() throws IOException {
        assertRefused(ExitCode.USAGE, "--prompt", folder);
        assertRefused(ExitCode.USAGE, "top-p must be", folder, "--prompt", "x", "--top-p", 3);
        assertRefused(ExitCode.USAGE, "at least 1 token", folder, "--prompt", "x", "--max-tokens", 0);
        assertRefused(ExitCode.USAGE, "has no tokens", folder, "--prompt", "");
        assertRefused(ExitCode.USAGE, "would replace", folder, "--prompt", "x", "--report", folder.resolve("model.onnx"));
        assertRefused(ExitCode.UNAVAILABLE, "CUDA", folder, "--prompt", "x", "--device", "cuda");
        assertRefused(ExitCode.USAGE, "cuda-graphs", folder, "--prompt", "x", "--cuda-graphs");
        assertRefused(ExitCode.IO, "There is no folder", temporary.resolve("nowhere"), "--prompt", "x");
        assertRefused(ExitCode.IO, "has model.onnx", folder, "--prompt", "x", "--model", "other.onnx");
        assertRefused(ExitCode.USAGE, "--threads must be at least 1", folder, "--prompt", "x", "--threads", 0);
        assertRefused(ExitCode.IO, "cannot be read", folder, "--prompt-file", temporary.resolve("missing.txt"));
        assertRefused(ExitCode.IO, "is no text in UTF-8", folder, "--prompt-file",
                Files.write(temporary.resolve("latin1.txt"), new byte[] {'G', 'r', (byte) 0xFC}));
        assertRefused(ExitCode.REFUSED, "pixel_values",
                LanguageModels.folder(temporary, "/exports/families/dinov2-swiglu-fp32-ts-op17-eager.onnx"), "--prompt", "x");
        Files.writeString(folder.resolve("tokenizer.json"), "{}");
        assertRefused(ExitCode.REFUSED, "no tokenizer", folder, "--prompt", "x");
        Files.delete(folder.resolve("tokenizer.json"));
        assertRefused(ExitCode.IO, "tokenizer.json", folder, "--prompt", "x");
        Files.writeString(folder.resolve("config.json"), "no JSON");
        assertRefused(ExitCode.REFUSED, "config.json is no JSON object", folder, "--prompt", "x");
    }

    @Test
    void aReportReplacesNothingThatIsReadHere() throws IOException {
        Path data = Files.createFile(folder.resolve("model.onnx.data"));
        for (Path file : List.of(folder.resolve("tokenizer.json"), data)) {
            byte[] before = Files.readAllBytes(file);
            assertRefused(ExitCode.USAGE, "would replace", folder, "--prompt", "x", "--report", file);
            assertRefused(ExitCode.USAGE, "would replace", folder.resolve("model.onnx"), "--prompt", "x", "--report", file);
            assertArrayEquals(before, Files.readAllBytes(file));
        }
    }

    private static void assertRefused(ExitCode code, String part, Object... arguments) {
        CommandRun run = CommandRun.of(Stream.of("generate"), arguments);
        assertEquals(code.number(), run.exit(), run.err());
        assertTrue(run.err().contains(part), run.err());
        assertEquals("", run.out());
    }

    private Completion written(String prompt, int tokens, Sampling sampling, long seed) {
        try (LanguageModel model = LanguageModel.open(folder, Device.cpu());
                Generation generation = model.generate(GenerationRequest.builder().prompt(prompt).maxTokens(tokens)
                        .sampling(sampling).seed(seed).build())) {
            return generation.result().completions().get(0);
        }
    }
}
