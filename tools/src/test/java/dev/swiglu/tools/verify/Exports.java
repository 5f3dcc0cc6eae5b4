package dev.swiglu.tools.verify;

import dev.swiglu.tools.onnx.ModelFile;
import java.net.URISyntaxException;
import java.nio.file.Path;

/** The real graphs among the test resources: two layers each, with random weights. */
public final class Exports {

    public static final String LLAMA = "llama-fp32-ts-op17-eager.onnx";
    public static final String LLAMA_BF16 = "llama-bf16-ts-op17-eager.onnx";
    public static final String LLAMA_WITH_CACHE = "llama-fp32-ts-op17-past-eager.onnx";
    public static final String GENAI_LLAMA = "genai-llama-fp16-cuda.onnx";
    public static final String GENAI_INT4 = "genai-llama-int4-cuda.onnx";
    public static final String GENAI_ROLLING_CACHE = "genai-mistral-fp32-cpu.onnx";

    private Exports() {}

    public static Path path(String name) {
        try {
            return Path.of(Exports.class.getResource("/exports/" + name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    public static ModelFile model(String name) {
        return ModelFile.read(path(name));
    }
}
