package dev.swiglu.generation;

import java.time.Duration;
import java.util.List;

/**
 * What came of a request.
 *
 * @param completions in the order of the prompts
 * @param timeToFirstToken from the call of {@link LanguageModel#generate}; zero when there was none
 * @param decodeTokens tokens that were written one step after another, so all but the first of each completion
 * @param decodeTime what those steps took, without what the caller did in between
 */
public record GenerationResult(List<Completion> completions, Duration timeToFirstToken, long decodeTokens, Duration decodeTime) {
    public GenerationResult {
        completions = List.copyOf(completions);
    }

    /** All tokens that the model chose. */
    public long tokens() {
        return completions.stream().mapToLong(completion -> completion.tokens().size()).sum();
    }

    /** How fast the model writes once it has read the prompt; 0 when it wrote no second token. */
    public double tokensPerSecond() {
        return decodeTokens == 0 ? 0 : decodeTokens * 1e9 / decodeTime.toNanos();
    }
}
