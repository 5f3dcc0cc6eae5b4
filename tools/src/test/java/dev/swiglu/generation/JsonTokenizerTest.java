package dev.swiglu.generation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.swiglu.SwiGlu;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Hugging Face's library, with a tokenizer that has a token for each byte. */
class JsonTokenizerTest {
    private static final String TEXT = "Grüße, 世界 🎉\n";

    @Test
    void textIsWholeInBothDirectionsHoweverLongItIs() throws Exception {
        try (Tokenizer tokenizer = JsonTokenizer.read(file())) {
            String text = TEXT.repeat(1000);
            int[] tokens = tokenizer.encode(text);
            assertEquals(text.getBytes(StandardCharsets.UTF_8).length, tokens.length);
            assertEquals(text, tokenizer.decode(tokens));
            assertArrayEquals(new int[0], tokenizer.encode(""));
            assertEquals("", tokenizer.decode(new int[0]));
        }
    }

    @Test
    void tokensBecomeTextOneByOne() throws Exception {
        try (Tokenizer tokenizer = JsonTokenizer.read(file())) {
            TokenText text = new TokenText(tokenizer, tokenizer.encode("before"));
            StringBuilder joined = new StringBuilder();
            for (int token : tokenizer.encode(TEXT)) {
                String added = text.accept(token);
                assertTrue(added.indexOf('\uFFFD') < 0, "half a character was given out");
                joined.append(added);
            }
            assertEquals(TEXT, joined.toString());
        }
    }

    @Test
    void theLibraryIsUnpackedInOurCacheAndItsPropertiesAreLeftAsTheyWere() throws Exception {
        JsonTokenizer.read(file()).close();
        assertTrue(Files.isDirectory(Path.of(System.getProperty(SwiGlu.CACHE_DIR), "tokenizers")));
        assertNull(System.getProperty("ai.djl.offline"));
        assertNull(System.getProperty("ENGINE_CACHE_DIR"));
    }

    @Test
    void whatIsClosedIsNotUsed() throws Exception {
        Tokenizer tokenizer = JsonTokenizer.read(file());
        tokenizer.close();
        tokenizer.close();
        assertThrows(IllegalStateException.class, () -> tokenizer.encode("text"));
    }

    private static Path file() throws Exception {
        return Path.of(JsonTokenizerTest.class.getResource("/generation/tokenizer.json").toURI());
    }
}
