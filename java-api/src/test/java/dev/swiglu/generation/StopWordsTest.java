package dev.swiglu.generation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class StopWordsTest {

    @Test
    void aWordIsFoundAcrossPiecesAndItsBeginningIsNotGivenOut() {
        StopWords words = new StopWords(List.of("</s>"));
        assertEquals("The end", words.accept("The end<"));
        assertEquals("", words.accept("/"));
        assertEquals("", words.accept("s> and more"));
        assertTrue(words.found());
        assertEquals("", words.rest());
    }

    @Test
    void whatOnlyLookedLikeAWordIsGivenOut() {
        StopWords words = new StopWords(List.of("</s>", "aab"));
        assertEquals("", words.accept("</"));
        assertEquals("</p>", words.accept("p>"));
        assertEquals("a", words.accept("aaa"));
        assertEquals("", words.accept(""));
        assertFalse(words.found());
        assertEquals("aa", words.rest());
    }

    @Test
    void theFirstWordInTheTextEndsItWhicheverItIs() {
        StopWords words = new StopWords(List.of("late", "early"));
        assertEquals("so ", words.accept("so early or late"));
        assertTrue(words.found());
    }

    @Test
    void withoutWordsEverythingPasses() {
        StopWords words = new StopWords(List.of());
        assertEquals("anything", words.accept("anything"));
        assertEquals("", words.rest());
    }
}
