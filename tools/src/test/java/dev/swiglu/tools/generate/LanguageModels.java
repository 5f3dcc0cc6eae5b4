package dev.swiglu.tools.generate;

import dev.swiglu.tools.CommandRun;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Folders as exporters write them, around the exports among the test resources, which have random weights. The one in
 * {@code generation/} was exported as models/exports/pytorch.py does, with position ids as optimum has them. The tokenizer has a
 * token for each byte.
 */
public final class LanguageModels {
    private static final String GENAI = """
            {"model": {"context_length": %d, "eos_token_id": -1, "decoder": {"filename": "model.onnx", "head_size": 16,
              "num_key_value_heads": %d, "sliding_window": {"window_size": %d}}},
             "search": {"past_present_share_buffer": true}}""";

    private LanguageModels() {}

    /** A folder with this export as {@code model.onnx}, made below {@code parent}. */
    public static Path folder(Path parent, String export) throws IOException {
        Path folder = Files.createDirectories(parent.resolve(export.replaceAll("\\W", "-")));
        Files.copy(resource(export), folder.resolve("model.onnx"));
        Files.copy(resource("/generation/tokenizer.json"), folder.resolve("tokenizer.json"));
        if (export.contains("genai-")) {
            boolean windowed = export.contains("mistral");
            Files.writeString(folder.resolve("genai_config.json"),
                    GENAI.formatted(windowed ? 4200 : 128, export.contains("families") ? 1 : 2, windowed ? 4096 : 0));
        }
        return folder;
    }

    /** The same with its gated units fused, beside the original. */
    public static Path rewrite(Path folder) {
        CommandRun.of("rewrite", folder.resolve("model.onnx"), folder.resolve("model.fused.onnx")).succeeded();
        return folder.resolve("model.fused.onnx");
    }

    private static Path resource(String name) {
        try {
            return Path.of(LanguageModels.class.getResource(name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
