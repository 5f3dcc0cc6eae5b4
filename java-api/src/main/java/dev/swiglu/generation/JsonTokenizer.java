package dev.swiglu.generation;

import ai.djl.engine.EngineException;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.swiglu.IoReason;
import dev.swiglu.ModelException;
import dev.swiglu.SwiGlu;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;

/** A {@code tokenizer.json}, read by Hugging Face's own library. */
final class JsonTokenizer implements Tokenizer {
    /** Nothing is cut off and nothing filled up, whatever the file says: a prompt is what it is. */
    private static final Map<String, String> OPTIONS = Map.of("truncation", "do_not_truncate", "padding", "do_not_pad");

    private final HuggingFaceTokenizer tokenizer;
    private final ReadWriteLock lifetime = new ReentrantReadWriteLock();
    private boolean closed;

    private JsonTokenizer(HuggingFaceTokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    static Tokenizer read(Path file) {
        byte[] json;
        try {
            json = Files.readAllBytes(file);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(file + " cannot be read: " + IoReason.withoutFile(unreadable)
                    + ". Text needs it; prompts in token ids do not.", unreadable);
        }
        try {
            return new JsonTokenizer(TokenizerLibrary.withoutNetwork(() ->
                    HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json), OPTIONS)));
        } catch (NoClassDefFoundError missing) {
            throw new IllegalStateException("Text needs the library ai.djl.huggingface:tokenizers on the class path, and what it"
                    + " depends on (" + missing.getMessage() + ").", missing);
        } catch (Exception refused) {
            String reason = refused.getMessage().replaceFirst("\\.$", "");
            // in a clause of its own it would keep the JVM from loading this class where the library is missing
            throw new ModelException(refused instanceof EngineException
                    ? "The library that reads " + file + " does not start: " + reason + ". It is unpacked below the folder that"
                            + " ENGINE_CACHE_DIR or else " + SwiGlu.CACHE_DIR + " names, and runs there."
                    : file + " is no tokenizer that can be used: " + reason + ".", refused);
        }
    }

    @Override
    public int[] encode(String text) {
        return whileOpen(() -> Arrays.stream(tokenizer.encode(text, true, false).getIds()).mapToInt(Math::toIntExact).toArray());
    }

    @Override
    public String decode(int[] tokens) {
        return tokens.length == 0 ? "" : whileOpen(() -> tokenizer.decode(Arrays.stream(tokens).asLongStream().toArray(), true));
    }

    private <T> T whileOpen(Supplier<T> use) {
        lifetime.readLock().lock();
        try {
            if (closed) {
                throw new IllegalStateException("The tokenizer is closed, with its language model; open that again to use it.");
            }
            return use.get();
        } finally {
            lifetime.readLock().unlock();
        }
    }

    @Override
    public void close() {
        lifetime.writeLock().lock();
        try {
            if (!closed) {
                closed = true;
                tokenizer.close();
            }
        } finally {
            lifetime.writeLock().unlock();
        }
    }
}
