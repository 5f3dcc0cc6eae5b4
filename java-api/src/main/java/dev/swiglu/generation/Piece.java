package dev.swiglu.generation;

/**
 * What one step added to one completion.
 *
 * @param prompt number of the prompt in the request, from 0
 * @param text what is certain now to stand next; empty while a character or what may become a stop word is unfinished, and for
 *             requests without text: all prompts are tokens, and there are no stop words
 */
public record Piece(int prompt, int token, String text) {}
