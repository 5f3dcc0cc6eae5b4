package dev.swiglu.tools.folder;

import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Which model of a folder writes text: the one that genai_config.json names, or the one with the usual name. */
public final class DecoderFile {
    private static final List<String> USUAL = List.of("model.onnx", "decoder_model_merged.onnx",
            "decoder_with_past_model.onnx", "decoder_model.onnx");

    private DecoderFile() {}

    /** @param model a folder; a file is its own answer */
    public static Path of(Path model) {
        if (!Files.isDirectory(model)) {
            return model;
        }
        Path config = model.resolve(GenaiConfig.FILE);
        Optional<String> named = Files.exists(config) ? GenaiConfig.read(config).decoder() : Optional.empty();
        return Stream.concat(named.stream(), USUAL.stream()).map(model::resolve).filter(Files::isRegularFile).findFirst()
                .orElseThrow(() -> new ToolException(ExitCode.USAGE, model + " is a folder without a decoder that is known by its"
                        + " configuration or name; name the file itself."));
    }
}
