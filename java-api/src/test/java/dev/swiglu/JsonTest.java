package dev.swiglu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
    @Test
    void readsWhatJsonHas() {
        assertEquals(Map.of("a", List.of(1L, -2.5e3, "x\n\"\u00e9\\"), "b", Map.of(), "c", Arrays.asList(true, null)),
                Json.parse(" {\"a\": [1, -2.5e3, \"x\\n\\\"\\u00e9\\\\\"], \"b\": {} , \"c\":[true,null]}\n"));
        assertEquals("tab\t, \"quoted\", back\\slash, é", Json.parse(Json.quote("tab\t, \"quoted\", back\\slash, é")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "{\"a\" 1}", "{\"a\":1,}", "[1 2]", "01", "1.", "\"open", "\"\\x\"", "\"\\u12\"", "nul",
        "1 2", "[\"\n\"]"})
    void refusesWhatIsNoJson(String text) {
        assertThrows(IllegalArgumentException.class, () -> Json.parse(text));
    }

    @Test
    void refusesDepthsThatWouldOverflowTheStack() {
        assertThrows(IllegalArgumentException.class, () -> Json.parse("[".repeat(100_000)));
    }
}
