package dev.swiglu.generation;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** What to write. Immutable, so that one can be used again. */
public final class GenerationRequest {
    private final List<Prompt> prompts;
    private final int maxTokens;
    private final Sampling sampling;
    private final long seed;
    private final List<String> stopWords;
    private final Optional<Set<Integer>> endTokens;

    private GenerationRequest(Builder builder) {
        this.prompts = List.copyOf(builder.prompts);
        this.maxTokens = builder.maxTokens;
        this.sampling = builder.sampling;
        this.seed = builder.seed;
        this.stopWords = List.copyOf(builder.stopWords);
        this.endTokens = builder.endTokens;
    }

    /** One prompt as a person or a program gives it: exactly one of the two is there. */
    record Prompt(String text, int[] tokens) {}

    public static Builder builder() {
        return new Builder();
    }

    /** ONNX counts negative numbers from the end, which no caller means. */
    static void requireNumbers(int[] tokens) {
        for (int token : tokens) {
            if (token < 0) {
                throw new IllegalArgumentException("Tokens are numbered from 0, so there is none with number " + token + ".");
            }
        }
    }

    List<Prompt> prompts() {
        return prompts;
    }

    public int maxTokens() {
        return maxTokens;
    }

    public Sampling sampling() {
        return sampling;
    }

    public long seed() {
        return seed;
    }

    public List<String> stopWords() {
        return stopWords;
    }

    /** Empty: those of the model. */
    Optional<Set<Integer>> endTokens() {
        return endTokens;
    }

    /** Whether text goes in or stops it, so that text comes out. */
    boolean isText() {
        return !stopWords.isEmpty() || prompts.stream().anyMatch(prompt -> prompt.text() != null);
    }

    /** Several prompts are one batch; each is answered as if it were alone. */
    public static final class Builder {
        private final List<Prompt> prompts = new ArrayList<>();
        private int maxTokens = 128;
        private Sampling sampling = Sampling.greedy();
        private long seed;
        private final List<String> stopWords = new ArrayList<>();
        private Optional<Set<Integer>> endTokens = Optional.empty();

        private Builder() {}

        public Builder prompt(String text) {
            prompts.add(new Prompt(text, null));
            return this;
        }

        /** A prompt in token ids. A request that has no other prompts and no stop words needs no tokenizer. */
        public Builder tokens(int... tokens) {
            requireNumbers(tokens);
            prompts.add(new Prompt(null, tokens.clone()));
            return this;
        }

        /** The most tokens of a completion. Default: 128. */
        public Builder maxTokens(int count) {
            if (count < 1) {
                throw new IllegalArgumentException("A completion has at least 1 token, not " + count + ".");
            }
            maxTokens = count;
            return this;
        }

        /** Default: greedy. */
        public Builder sampling(Sampling sampling) {
            this.sampling = sampling;
            return this;
        }

        /** Where the random numbers begin, for each prompt anew, so that equal prompts have equal answers. Default: 0. */
        public Builder seed(long seed) {
            this.seed = seed;
            return this;
        }

        /** Words before which a completion ends. */
        public Builder stop(String... words) {
            for (String word : words) {
                if (word.isEmpty()) {
                    throw new IllegalArgumentException("A stop word cannot be empty.");
                }
                stopWords.add(word);
            }
            return this;
        }

        /** Tokens with which a completion ends, instead of those that the model's configuration names; none: only the length. */
        public Builder endTokens(int... tokens) {
            Set<Integer> ends = new TreeSet<>();
            for (int token : tokens) {
                ends.add(token);
            }
            endTokens = Optional.of(ends);
            return this;
        }

        public GenerationRequest build() {
            if (prompts.isEmpty()) {
                throw new IllegalArgumentException("A request needs a prompt.");
            }
            return new GenerationRequest(this);
        }
    }
}
