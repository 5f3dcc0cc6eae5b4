package dev.swiglu.tools.verify.language;

import dev.swiglu.ModelSession;
import dev.swiglu.Tensor;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.Progress;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.verify.Precision;
import dev.swiglu.tools.verify.Runner;
import dev.swiglu.tools.verify.inputs.Sample;
import dev.swiglu.tools.verify.inputs.SampleInputs;
import dev.swiglu.tools.verify.inputs.Vocabulary;
import dev.swiglu.tools.verify.inputs.Workload;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Lets two models read one text in windows, each from its beginning with an empty cache, and compares what they predict at
 * every token. Both are in memory together: the predictions for a whole text would not be.
 */
public final class LanguageComparison {
    private static final String LOGITS = "logits";
    private static final int LEAST_TOKENS = 2;

    private final Runner original;
    private final Runner rewritten;
    private final SampleInputs inputs;
    private final long[] tokens;
    private final int window;

    /** @param window how many tokens are read at once, where the model leaves that open */
    public LanguageComparison(Runner original, Runner rewritten, long[] tokens, int window) {
        this.original = original;
        this.rewritten = rewritten;
        this.inputs = new SampleInputs(original.model(), 0);
        this.tokens = tokens;
        this.window = inputs.fitted(new Workload(1, Math.min(window, Math.max(LEAST_TOKENS, tokens.length)), 0)).tokens();
        requireUsable();
    }

    private void requireUsable() {
        for (Runner runner : List.of(original, rewritten)) {
            if (runner.model().proto().getGraph().getOutputList().stream().noneMatch(output -> output.getName().equals(LOGITS))) {
                throw new ToolException(ExitCode.USAGE, runner.model().path() + " has no output '" + LOGITS
                        + "', so it is no language model that could be judged by a text.");
            }
        }
        if (tokens.length < Math.max(window, LEAST_TOKENS)) {
            throw new ToolException(ExitCode.USAGE, "The token file holds " + tokens.length + " tokens; "
                    + Math.max(window, LEAST_TOKENS) + " are the least that can be read.");
        }
        OptionalLong known = Vocabulary.known(original.model().proto().getGraph(), SampleInputs.TOKENS);
        long size = known.orElse(Integer.MAX_VALUE);
        for (int i = 0; i < tokens.length; i++) {
            if (tokens[i] < 0 || tokens[i] >= size) {
                throw new ToolException(ExitCode.USAGE, "Token " + tokens[i] + ", number " + (i + 1)
                        + " of the file, is not in the model's vocabulary of " + size + ".");
            }
        }
    }

    /** @param name what people call the text */
    public LanguageAccuracy run(String name, Progress progress) {
        Scores all = new Scores();
        List<LanguageAccuracy.Window> windows = new ArrayList<>();
        Precision precision = null;
        try (ModelSession before = original.open(); ModelSession after = rewritten.open()) {
            for (int start = 0; start + (open() ? 1 : window) <= tokens.length; start += window) {
                Sample sample = inputs.reading(Arrays.copyOfRange(tokens, start, Math.min(start + window, tokens.length)));
                Tensor expected = before.run(sample.inputs(), Set.of(LOGITS)).get(LOGITS);
                Tensor actual = after.run(sample.inputs(), Set.of(LOGITS)).get(LOGITS);
                precision = Precision.of(expected.type(), original.device());
                Scores scores = compare(expected, actual, Math.min(start + window, tokens.length));
                windows.add(new LanguageAccuracy.Window(start, scores.meanDivergence(), scores.largestDivergence()));
                all.add(scores);
                progress.at(windows.size(), "windows of " + window + " tokens");
            }
        }
        return LanguageAccuracy.of(name, window, all, windows, precision.tolerance());
    }

    /** How many windows the text has. */
    public long windows() {
        return open() ? (tokens.length + window - 1) / window : tokens.length / window;
    }

    /** Whether the model reads windows of any length, so that the last one may be shorter. */
    private boolean open() {
        return inputs.fitted(new Workload(1, window - 1, 0)).tokens() != window;
    }

    /** Models that answer for the last tokens of a window only are compared there. */
    private Scores compare(Tensor original, Tensor rewritten, int end) {
        long[] shape = original.shape();
        if (shape.length != 3 || !Arrays.equals(shape, rewritten.shape())) {
            throw new ToolException(ExitCode.USAGE, "'" + LOGITS + "' must be [batch, tokens, vocabulary] in both models;"
                    + " the original gives " + original + ", the other " + rewritten + ".");
        }
        float[] before = original.floats();
        float[] after = rewritten.floats();
        int rows = Math.toIntExact(shape[1]);
        int vocabulary = Math.toIntExact(shape[2]);
        Scores scores = new Scores();
        for (int row = 0; row < rows; row++) {
            int next = end - rows + row + 1;
            scores.add(before, after, row * vocabulary, vocabulary, next < tokens.length ? tokens[next] : -1);
        }
        return scores;
    }
}
