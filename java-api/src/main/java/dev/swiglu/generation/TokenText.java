package dev.swiglu.generation;

import java.util.Arrays;

/**
 * The text of a growing row of tokens. A token may be a part of a character, and what a token reads as may depend on those
 * before it, so each is decoded together with a few of them.
 */
final class TokenText {
    private static final int CONTEXT = 6;
    /** A character of UTF-8 has at most this many bytes, so that more tokens than this without one are no character at all. */
    private static final int LONGEST_CHARACTER = 4;
    private static final String UNFINISHED = "\uFFFD";

    private final Tokenizer tokenizer;
    /** The tokens from {@code read} on have not been given out; those before it are their context. */
    private int[] window;
    private int read;

    /** @param prompt the tokens before the first one */
    TokenText(Tokenizer tokenizer, int[] prompt) {
        this.tokenizer = tokenizer;
        this.window = context(tokenizer, prompt);
        this.read = window.length;
    }

    /** A few more tokens where these begin within a character: SentencePiece reads no character in bytes of which one is wrong. */
    private static int[] context(Tokenizer tokenizer, int[] prompt) {
        int start = Math.max(0, prompt.length - CONTEXT);
        int earliest = Math.max(0, start - (LONGEST_CHARACTER - 1));
        while (start > earliest && tokenizer.decode(Arrays.copyOfRange(prompt, start, prompt.length)).startsWith(UNFINISHED)) {
            start--;
        }
        return Arrays.copyOfRange(prompt, start, prompt.length);
    }

    /** The whole characters that this token finishes. */
    String accept(int token) {
        window = Arrays.copyOf(window, window.length + 1);
        window[window.length - 1] = token;
        String text = unread();
        return text.endsWith(UNFINISHED) && window.length - read < LONGEST_CHARACTER ? "" : giveOut(text);
    }

    /** What the last tokens read as when none follow. */
    String rest() {
        return giveOut(unread());
    }

    private String unread() {
        int context = tokenizer.decode(Arrays.copyOf(window, read)).length();
        String whole = tokenizer.decode(window);
        return whole.substring(Math.min(context, whole.length()));
    }

    private String giveOut(String text) {
        if (!text.isEmpty()) {
            window = Arrays.copyOfRange(window, read, window.length);
            read = window.length;
        }
        return text;
    }
}
