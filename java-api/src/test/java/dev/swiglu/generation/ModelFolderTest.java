package dev.swiglu.generation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.swiglu.ModelException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFolderTest {
    @TempDir
    private Path folder;

    @Test
    void readsWhatOptimumWrites() throws IOException {
        write("model.onnx", "");
        write("config.json", "{\"hidden_size\": 64, \"num_attention_heads\": 4, \"num_key_value_heads\": 2,"
                + " \"max_position_embeddings\": 128, \"eos_token_id\": 2, \"sliding_window\": null}");
        write("generation_config.json", "{\"eos_token_id\": [2, 7]}");
        ModelFolder found = ModelFolder.of(folder, Optional.empty());
        assertEquals(folder.resolve("model.onnx"), found.model());
        assertEquals(new ModelConfiguration(Optional.empty(), Set.of(2, 7), OptionalInt.of(128), OptionalInt.of(2),
                OptionalInt.of(16), false, 0, Map.of()), found.configuration());
    }

    @Test
    void readsWhatGenaiWrites() throws IOException {
        write("llama.onnx", "");
        write("genai_config.json", """
                {"model": {"context_length": 4096, "eos_token_id": [1], "decoder": {"filename": "llama.onnx", "head_size": 32,
                  "num_key_value_heads": 8, "sliding_window": {"window_size": 512, "layers": [0]},
                  "inputs": {"input_ids": "tokens", "past_key_names": "past.%d.key"}, "outputs": {"logits": "scores"}}},
                 "search": {"past_present_share_buffer": true}}""");
        ModelFolder found = ModelFolder.of(folder, Optional.empty());
        assertEquals(folder.resolve("llama.onnx"), found.model());
        assertEquals(new ModelConfiguration(Optional.of("llama.onnx"), Set.of(1), OptionalInt.of(4096), OptionalInt.of(8),
                OptionalInt.of(32), true, 512, Map.of("input_ids", "tokens", "logits", "scores")), found.configuration());
    }

    @Test
    void theNamedModelComesBeforeTheUsualOnes() throws IOException {
        write("model.onnx", "");
        write("decoder_model_merged.onnx", "");
        write("model_fp16.onnx", "");
        assertEquals(folder.resolve("model.onnx"), ModelFolder.of(folder, Optional.empty()).model());
        Path half = folder.resolve("model_fp16.onnx");
        assertEquals(half, ModelFolder.of(folder, Optional.of("model_fp16.onnx")).model());
        assertEquals(half, ModelFolder.of(half, Optional.empty()).model());
        Files.delete(folder.resolve("model.onnx"));
        assertEquals(folder.resolve("decoder_model_merged.onnx"), ModelFolder.of(folder, Optional.empty()).model());
    }

    @Test
    void saysWhatIsMissingOrMalformed() throws IOException {
        assertSentence(UncheckedIOException.class, "no folder", folder.resolve("nowhere"), Optional.empty());
        write("other.onnx", "");
        assertSentence(UncheckedIOException.class, "has other.onnx", folder, Optional.empty());
        assertSentence(UncheckedIOException.class, "has other.onnx", folder, Optional.of("fp16.onnx"));
        write("config.json", "{\"max_position_embeddings\": \"many\"}");
        assertSentence(ModelException.class, "max_position_embeddings", folder, Optional.of("other.onnx"));
        write("config.json", "{");
        assertSentence(ModelException.class, "config.json is no JSON object", folder, Optional.of("other.onnx"));
    }

    private static void assertSentence(Class<? extends RuntimeException> type, String part, Path folder, Optional<String> file) {
        String message = assertThrows(type, () -> ModelFolder.of(folder, file)).getMessage();
        assertTrue(message.contains(part), message);
    }

    private void write(String name, String content) throws IOException {
        Files.writeString(folder.resolve(name), content);
    }
}
