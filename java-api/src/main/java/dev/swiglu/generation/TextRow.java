package dev.swiglu.generation;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** One prompt and what is being written behind it. */
final class TextRow {
    private final int number;
    private final int[] prompt;
    private final int most;
    private final Set<Integer> endTokens;
    private final Sampler sampler;
    private final TokenText decoding;
    private final StopWords stopWords;
    private final List<Integer> tokens = new ArrayList<>();
    private final StringBuilder text = new StringBuilder();
    private FinishReason finish;

    /**
     * @param most how many tokens it can have
     * @param tokenizer null for an answer in tokens
     */
    TextRow(int number, int[] prompt, int most, Set<Integer> endTokens, GenerationRequest request, Tokenizer tokenizer) {
        this.number = number;
        this.prompt = prompt;
        this.most = most;
        this.endTokens = endTokens;
        this.sampler = new Sampler(request.sampling(), request.seed());
        this.decoding = tokenizer == null ? null : new TokenText(tokenizer, prompt);
        this.stopWords = new StopWords(request.stopWords());
    }

    int[] prompt() {
        return prompt;
    }

    int most() {
        return most;
    }

    boolean isFinished() {
        return finish != null;
    }

    /** Chooses a token by its scores and adds it. */
    Piece choose(float[] scores) {
        int token = sampler.choose(scores);
        tokens.add(token);
        String added = decoding == null ? "" : stopWords.accept(decoding.accept(token));
        if (endTokens.contains(token)) {
            finish = FinishReason.END_TOKEN;
        } else if (tokens.size() == most) {
            finish = FinishReason.LENGTH;
        }
        if (finish != null && decoding != null && !stopWords.found()) {
            added += stopWords.accept(decoding.rest());
            added += stopWords.rest();
        }
        if (stopWords.found()) {
            finish = FinishReason.STOP_WORD;
        }
        text.append(added);
        return new Piece(number, token, added);
    }

    int lastToken() {
        return tokens.get(tokens.size() - 1);
    }

    /** Where it is not finished, it ends here; text that was held back is not given out any more. */
    Completion end() {
        return new Completion(prompt.length, tokens, text.toString(), finish == null ? FinishReason.CANCELLED : finish);
    }
}
