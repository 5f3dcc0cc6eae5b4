package dev.swiglu.generation;

import java.util.Locale;

/** Why a completion ended. */
public enum FinishReason {
    /** One of the request's stop words was written; the text ends before it. */
    STOP_WORD,
    /** The model chose a token that ends a text. */
    END_TOKEN,
    /** As many tokens as were asked for, or as the model's context holds. */
    LENGTH,
    CANCELLED;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
