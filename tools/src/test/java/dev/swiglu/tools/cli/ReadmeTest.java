package dev.swiglu.tools.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The README's first command, on every model that comes along. */
class ReadmeTest {

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({"llama-kjv/model.onnx, 6", "llama-kjv/model_fp16.onnx, 6",
        "mistral-kjv/model.onnx, 5", "mistral-kjv/model_fp16.onnx, 5"})
    void theMainCommandFusesEveryLayer(String model, int layers) {
        Path patched = folder.resolve("patched.onnx");
        StringWriter err = new StringWriter();
        int exit = Main.commandLine().setOut(new PrintWriter(new StringWriter())).setErr(new PrintWriter(err))
                .execute("rewrite", Path.of("..", "models", model).toString(), patched.toString(), "--verify");
        assertEquals(0, exit, err.toString());
        assertTrue(Files.exists(patched));
        assertTrue(err.toString().contains(layers + " fused, 0 at activation level, 0 left alone"), err.toString());
    }
}
