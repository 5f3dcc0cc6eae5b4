package dev.swiglu.generation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.swiglu.ChildJvm;
import dev.swiglu.ModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizerLibraryTest {

    static final class Reading {
        public static void main(String[] arguments) {
            try {
                JsonTokenizer.read(Path.of(arguments[0]));
            } catch (ModelException | IllegalStateException refused) {
                System.out.println(refused.getMessage());
            }
        }
    }

    @Test
    void aTextBeginsWithTheTokenThatTheModelExpects() {
        try (Tokenizer tokenizer = JsonTokenizer.read(Path.of("..", "models", "llama-kjv", "tokenizer.json"))) {
            int[] tokens = tokenizer.encode("In the beginning");
            assertEquals(0, tokens[0], "<s>");
            assertEquals("In the beginning", tokenizer.decode(tokens));
        }
    }

    @Test
    void aLibraryThatDoesNotStartIsNotTheFilesFault(@TempDir Path folder) throws IOException, InterruptedException {
        Path file = Files.writeString(folder.resolve("tokenizer.json"), "{}");
        ChildJvm.Result result = new ChildJvm().property("ENGINE_CACHE_DIR", file).run(Reading.class, file);
        assertEquals("The library that reads " + file + " does not start: Failed to load Huggingface native library. It is unpacked"
                + " below the folder that ENGINE_CACHE_DIR or else dev.swiglu.cache.dir names, and runs there.", result.output());
    }

    @Test
    void aMissingLibraryIsNamed(@TempDir Path folder) throws IOException, InterruptedException {
        Path file = Files.writeString(folder.resolve("tokenizer.json"), "{}");
        ChildJvm.Result result = new ChildJvm().replaceOnClassPath("tokenizers-", folder).run(Reading.class, file);
        assertEquals("Text needs the library ai.djl.huggingface:tokenizers on the class path, and what it depends on"
                + " (ai/djl/huggingface/tokenizers/HuggingFaceTokenizer).", result.output());
    }
}
