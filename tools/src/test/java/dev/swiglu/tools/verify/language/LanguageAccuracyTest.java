package dev.swiglu.tools.verify.language;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.ModelProto;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import dev.swiglu.tools.CommandRun;
import dev.swiglu.tools.rewrite.Mode;
import dev.swiglu.tools.rewrite.Rewriter;
import dev.swiglu.tools.verify.Exports;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LanguageAccuracyTest {
    private static final int TOKENS = 100;

    @TempDir
    private Path folder;

    @Test
    void theSumsAreThoseOfTheDefinitions() {
        Scores scores = new Scores();
        float[] even = {0, 0};
        float[] odd = {(float) Math.log(3), 0};
        scores.add(even, odd, 0, 2, 1);
        assertEquals(0.5 * Math.log(0.5 / 0.75) + 0.5 * Math.log(0.5 / 0.25), scores.meanDivergence(), 1e-7);
        assertEquals(Math.log(2), scores.meanSurpriseOfOriginal(), 1e-12);
        assertEquals(Math.log(4), scores.meanSurpriseOfRewritten(), 1e-7);
        assertEquals(1, scores.agreement());
        scores.add(odd, new float[] {0, Float.NaN}, 0, 2, -1);
        assertTrue(Double.isNaN(scores.meanDivergence()) && Double.isNaN(scores.largestDivergence()));
        assertEquals(Math.log(2), scores.meanSurpriseOfOriginal(), 1e-12, "nothing follows the second");
    }

    @ParameterizedTest
    @ValueSource(strings = {Exports.LLAMA, Exports.LLAMA_WITH_CACHE, Exports.GENAI_ROLLING_CACHE, Exports.GENAI_LLAMA})
    void aRewriteReadsAsItsOriginal(String export) throws IOException {
        JsonNode language = verify(export, rewritten(export), text(), 0).get("language");
        assertEquals(TOKENS, language.get("predictions").asInt());
        assertEquals(4, language.get("windows").size());
        assertEquals(1, language.get("top1_agreement").asDouble());
        assertTrue(language.get("kl_max").asDouble() < (export.contains("fp16") ? 1e-6 : 1e-12), language.toString());
        assertEquals(256, language.get("perplexity_original").asDouble(), 10, "random weights know nothing of 256 tokens");
        assertEquals(language.get("perplexity_original").asDouble(), language.get("perplexity_rewritten").asDouble(), 0.01);
    }

    @Test
    void aModelThatReadsOtherwiseFails() throws IOException {
        ModelProto.Builder model = rewritten(Exports.LLAMA).toBuilder();
        var head = model.getGraphBuilder().getInitializerBuilderList().stream()
                .filter(weight -> weight.getName().equals("model.model.embed_tokens.weight")).findFirst().orElseThrow();
        ByteBuffer weights = ByteBuffer.wrap(head.getRawData().toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
        weights.asFloatBuffer().put(0, new float[64 * 128]);
        head.setRawData(ByteString.copyFrom(weights));
        JsonNode language = verify(Exports.LLAMA, model.build(), text(), 4).get("language");
        assertTrue(language.get("top1_agreement").asDouble() < 1, language.toString());
        assertTrue(language.get("kl_mean").asDouble() > 1e-6, language.toString());
    }

    @Test
    void numpyAndTextAreTheSameTokens() throws IOException {
        long[] ids = {3, 1, 255};
        Path text = Files.writeString(folder.resolve("ids.txt"), "[3, 1,\n 255]\n");
        String header = "{'descr': '<i8', 'fortran_order': False, 'shape': (3,), }\n";
        ByteBuffer array = ByteBuffer.allocate(10 + header.length() + 24).order(ByteOrder.LITTLE_ENDIAN);
        array.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0}).putShort((short) header.length())
                .put(header.getBytes(StandardCharsets.US_ASCII)).putLong(3).putLong(1).putLong(255);
        Path numpy = Files.write(folder.resolve("ids.npy"), array.array());
        assertEquals(List.of(3L, 1L, 255L), Arrays.stream(TokenFile.read(text)).boxed().toList());
        assertEquals(ids.length, TokenFile.read(numpy).length);
        assertEquals(255, TokenFile.read(numpy)[2]);
    }

    @Test
    void wrongTokensAreUsageErrors() throws IOException {
        Path model = Exports.path(Exports.LLAMA);
        Path word = Files.writeString(folder.resolve("word"), "1 2\n3 four");
        Path large = Files.writeString(folder.resolve("large"), "1 2 256");
        Path one = Files.writeString(folder.resolve("one"), "1");
        assertRefused(2, "line 2: 'four' is no token id", model, word);
        assertRefused(2, "Token 256, number 3 of the file, is not in the model's vocabulary of 256", model, large);
        assertRefused(2, "holds 1 tokens", model, one);
        assertRefused(7, "cannot be read", model, folder.resolve("none"));
    }

    private static void assertRefused(int exit, String part, Path model, Path tokens) {
        CommandRun run = CommandRun.of("verify", model, model, "--tokens", tokens);
        assertEquals(exit, run.exit(), run.err());
        assertTrue(run.err().contains(part), run.err());
        assertFalse(run.err().contains("\tat "), run.err());
    }

    private JsonNode verify(String original, ModelProto rewritten, Path tokens, int exit) throws IOException {
        Path file = Files.write(folder.resolve("rewritten.onnx"), rewritten.toByteArray());
        CommandRun run = CommandRun.of("verify", Exports.path(original), file, "--portable", "--json", "--tokens", tokens,
                "--window", "32");
        assertEquals(exit, run.exit(), run.out() + run.err());
        return new ObjectMapper().readTree(run.out());
    }

    private Path text() throws IOException {
        return Files.writeString(folder.resolve("tokens.txt"),
                new Random(3).ints(TOKENS, 0, 256).mapToObj(String::valueOf).collect(Collectors.joining(" ")));
    }

    private static ModelProto rewritten(String export) {
        return Rewriter.of(Exports.model(export), Mode.AUTO).result("test").orElseThrow();
    }
}
