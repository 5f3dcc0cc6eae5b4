package dev.swiglu.generation;

import java.util.List;

/** Lets text through up to a stop word. What may be the beginning of one is held back until that is decided. */
final class StopWords {
    private final List<String> words;
    private final StringBuilder held = new StringBuilder();
    private boolean found;

    StopWords(List<String> words) {
        this.words = List.copyOf(words);
    }

    /** The text that is now certain to stand before any stop word. */
    String accept(String text) {
        held.append(text);
        int start = words.stream().mapToInt(held::indexOf).filter(position -> position >= 0).min().orElse(-1);
        found = start >= 0;
        return release(found ? start : held.length() - longestBeginning());
    }

    /** Whether a stop word was written; nothing may be accepted after it. */
    boolean found() {
        return found;
    }

    /** What was held back, when no more text comes. */
    String rest() {
        return found ? "" : release(held.length());
    }

    private String release(int length) {
        String released = held.substring(0, length);
        held.delete(0, length);
        return released;
    }

    /** Length of the longest end of the held text with which a stop word begins. */
    private int longestBeginning() {
        int longest = 0;
        for (String word : words) {
            for (int length = Math.min(word.length() - 1, held.length()); length > longest; length--) {
                if (held.indexOf(word.substring(0, length), held.length() - length) >= 0) {
                    longest = length;
                }
            }
        }
        return longest;
    }
}
