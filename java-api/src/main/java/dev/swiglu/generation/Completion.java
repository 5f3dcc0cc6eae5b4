package dev.swiglu.generation;

import java.util.List;

/**
 * What a model wrote behind one prompt.
 *
 * @param promptTokens how many tokens the prompt has
 * @param tokens all that the model chose, with an end token or those of a stop word
 * @param text without the stop word; empty for requests without text, as {@link Piece#text} says
 */
public record Completion(int promptTokens, List<Integer> tokens, String text, FinishReason finish) {
    public Completion {
        tokens = List.copyOf(tokens);
    }
}
