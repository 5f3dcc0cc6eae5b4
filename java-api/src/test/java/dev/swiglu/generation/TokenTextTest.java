package dev.swiglu.generation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TokenTextTest {
    private static final int[] NO_PROMPT = {};

    @Test
    void aCharacterIsGivenOutWhenItsLastByteIsThere() {
        TokenText text = new TokenText(new Bytes(), NO_PROMPT);
        assertEquals(List.of("a", "", "é", "", "", "", "🎉", "b"), added(text, "aé🎉b".getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void bytesThatAreNoCharacterDoNotHoldTheTextBackForEver() {
        TokenText text = new TokenText(new Bytes(), NO_PROMPT);
        List<String> added = added(text, new byte[] {(byte) 0x80, (byte) 0x80, (byte) 0x80, (byte) 0x80, (byte) 0x80, 'x'});
        assertEquals("\uFFFD".repeat(5) + "x", String.join("", added));
        assertEquals("\uFFFD".repeat(4), added.get(3));
    }

    @Test
    void whatIsUnfinishedAtTheEndIsGivenOutAsItIs() {
        TokenText text = new TokenText(new Bytes(), NO_PROMPT);
        assertEquals("", text.accept(0xC3));
        assertEquals("\uFFFD", text.rest());
        assertEquals("", text.rest());
    }

    /** SentencePiece writes a word with its space and drops the space of the first one, so that each needs its predecessor. */
    @Test
    void spacesBetweenWordsAreKept() {
        TokenText text = new TokenText(new Words(), new int[] {5, 6});
        assertEquals(" w7 w8 w9", text.accept(7) + text.accept(8) + text.accept(9));
    }

    /** Eight bytes: the last six begin within the first character, and SentencePiece reads none of them as text then. */
    @Test
    void aPromptOfLongCharactersDoesNotHideTheNextOne() {
        byte[] prompt = "🎉🎉".getBytes(StandardCharsets.UTF_8);
        int[] tokens = IntStream.range(0, prompt.length).map(i -> prompt[i] & 0xFF).toArray();
        TokenText text = new TokenText(new BytesAllOrNone(), tokens);
        assertEquals(List.of("", "é", "", "", "", "🎉"), added(text, "é🎉".getBytes(StandardCharsets.UTF_8)));
    }

    private static List<String> added(TokenText text, byte[] tokens) {
        return IntStream.range(0, tokens.length).mapToObj(i -> text.accept(tokens[i] & 0xFF)).toList();
    }

    private record Bytes() implements Tokenizer {
        @Override
        public int[] encode(String text) {
            throw new UnsupportedOperationException();
        }

        @Override
        public String decode(int[] tokens) {
            byte[] bytes = new byte[tokens.length];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) tokens[i];
            }
            return new String(bytes, StandardCharsets.UTF_8);
        }

        @Override
        public void close() {}
    }

    /** As SentencePiece falls back to bytes. */
    private record BytesAllOrNone() implements Tokenizer {
        @Override
        public int[] encode(String text) {
            throw new UnsupportedOperationException();
        }

        @Override
        public String decode(int[] tokens) {
            String text = new Bytes().decode(tokens);
            return text.contains("\uFFFD") ? "\uFFFD".repeat(tokens.length) : text;
        }

        @Override
        public void close() {}
    }

    private record Words() implements Tokenizer {
        @Override
        public int[] encode(String text) {
            throw new UnsupportedOperationException();
        }

        @Override
        public String decode(int[] tokens) {
            return Arrays.stream(tokens).mapToObj(token -> "w" + token).collect(Collectors.joining(" "));
        }

        @Override
        public void close() {}
    }
}
