package dev.swiglu;

import static dev.swiglu.TensorType.FLOAT32;
import static dev.swiglu.TensorType.INT64;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.swiglu.generation.Generation;
import dev.swiglu.generation.GenerationRequest;
import dev.swiglu.generation.LanguageModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What generation leaves in the device's memory. */
class GenerationMemoryTest {
    @TempDir
    private Path folder;

    /** Its scores are the tokens, and its cache stays empty. */
    private LanguageModel open(Object sizeOfValues) throws IOException {
        OnnxModel.opset(17).input("input_ids", INT64, "batch", "length")
                .input("past.0.key", FLOAT32, "batch", 1, "past", 1).input("past.0.value", FLOAT32, "batch", 1, "past", sizeOfValues)
                .constant("last", Tensor.int64(new long[] {-1}, 1))
                .node("Cast", "input_ids -> numbers", Map.of("to", OnnxModel.elementType(FLOAT32)))
                .node("Unsqueeze", "numbers last -> logits")
                .node("Identity", "past.0.key -> present.0.key").node("Identity", "past.0.value -> present.0.value")
                .output("logits", FLOAT32, "batch", "length", 1)
                .output("present.0.key", FLOAT32, "batch", 1, "past", 1)
                .output("present.0.value", FLOAT32, "batch", 1, "past", sizeOfValues)
                .writeTo(folder.resolve("model.onnx"));
        return LanguageModel.open(folder, Device.cpu());
    }

    private static GenerationRequest request() {
        return GenerationRequest.builder().tokens(1, 2).maxTokens(5).build();
    }

    @Test
    void whatIsWrittenLeavesNothing() throws IOException {
        try (LanguageModel model = open(1)) {
            int open = ResidentBridge.openHandles();
            assertEquals(5, model.generate(request()).result().tokens());
            assertEquals(open, ResidentBridge.openHandles());
        }
    }

    @Test
    void aCacheThatCannotBeMadeLeavesNothing() throws IOException {
        try (LanguageModel model = open("unknown")) {
            int open = ResidentBridge.openHandles();
            Generation generation = model.generate(request());
            assertThrows(ModelException.class, generation::result, "the second part's size is not known");
            assertEquals(open, ResidentBridge.openHandles());
        }
    }
}
