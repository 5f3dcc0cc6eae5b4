package dev.swiglu.generation;

/** Text to token ids and back. Threads may share one. */
public interface Tokenizer extends AutoCloseable {

    /** The tokens of a text, with those that the model expects at its beginning. */
    int[] encode(String text);

    /** The text of tokens, without those that are not text. Parts of characters read as U+FFFD. */
    String decode(int[] tokens);

    /** May be called again. */
    @Override
    void close();
}
