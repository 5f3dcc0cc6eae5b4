package dev.swiglu.generation;

import dev.swiglu.Device;
import dev.swiglu.Tensor;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * An open language model. Threads may share one and generate at once. What is being generated when it is closed fails with
 * {@link IllegalStateException}.
 */
public final class LanguageModel implements AutoCloseable {
    private final ModelFolder folder;
    private final Inference inference;
    private Tokenizer tokenizer;
    private boolean closed;

    LanguageModel(ModelFolder folder, Inference inference) {
        this.folder = folder;
        this.inference = inference;
    }

    /**
     * @param folder with {@code config.json} or {@code genai_config.json}, {@code tokenizer.json} and the model; or the model's
     *               file in such a folder
     */
    public static LanguageModel open(Path folder, Device device) {
        return builder(folder).device(device).open();
    }

    public static LanguageModelBuilder builder(Path folder) {
        return new LanguageModelBuilder(folder);
    }

    /**
     * The tokenizer of the model's folder, read at the first call.
     *
     * @throws java.io.UncheckedIOException when there is none
     * @throws IllegalStateException when the library for it is not on the class path, or this model is closed
     */
    public synchronized Tokenizer tokenizer() {
        if (closed) {
            throw new IllegalStateException("The language model is closed; open it again to use it.");
        }
        if (tokenizer == null) {
            tokenizer = JsonTokenizer.read(folder.tokenizer());
        }
        return tokenizer;
    }

    public ModelLayout layout() {
        return inference.layout();
    }

    public ModelConfiguration configuration() {
        return folder.configuration();
    }

    /** The model's file. */
    public Path file() {
        return folder.model();
    }

    /**
     * Begins to write behind the prompts; the model works while the pieces are asked for.
     *
     * @throws IllegalArgumentException when a prompt has no tokens or leaves no room for one in the model's context
     */
    public Generation generate(GenerationRequest request) {
        long start = System.nanoTime();
        Tokenizer text = request.isText() ? tokenizer() : null;
        Set<Integer> ends = request.endTokens().orElse(folder.configuration().endTokens());
        List<TextRow> rows = new ArrayList<>();
        for (GenerationRequest.Prompt prompt : request.prompts()) {
            int[] tokens = prompt.text() == null ? prompt.tokens() : text.encode(prompt.text());
            rows.add(new TextRow(rows.size(), tokens, room(prompt, tokens.length, request.maxTokens()), ends, request, text));
        }
        return new Generation(this, rows, batches(rows), start);
    }

    /**
     * What the model makes of a text: its scores for each next token, [tokens, vocabulary], in the model's type.
     *
     * @throws IllegalArgumentException when there are no tokens or more than the model's context holds, or one is negative
     */
    public Tensor scores(int... tokens) {
        GenerationRequest.requireNumbers(tokens);
        if (tokens.length == 0 || tokens.length > layout().contextLength()) {
            throw new IllegalArgumentException("The text has " + tokens.length + " tokens, and the model reads from 1 to "
                    + layout().contextLength() + ".");
        }
        TokenRows rows = new TokenRows(List.of(tokens));
        List<Tensor> parts = new ArrayList<>();
        try (Decoder decoder = decoder(1, tokens.length)) {
            for (int from = 0; from < tokens.length; ) {
                int to = layout().endOfRun(from, tokens.length);
                parts.add(decoder.read(rows, from, to, to - from));
                from = to;
            }
        }
        Tensor first = parts.get(0);
        int bytes = parts.stream().mapToInt(part -> part.data().remaining()).reduce(0, Math::addExact);
        ByteBuffer joined = ByteBuffer.allocate(bytes);
        parts.forEach(part -> joined.put(part.data()));
        return Tensor.of(first.type(), joined.flip(), tokens.length, first.shape()[2]);
    }

    private int room(GenerationRequest.Prompt prompt, int length, int wanted) {
        String name = prompt.text() == null ? "A prompt" : "The prompt '" + beginning(prompt.text()) + "'";
        if (length == 0) {
            throw new IllegalArgumentException(name + " has no tokens, and the model needs one to begin with.");
        }
        int context = layout().contextLength();
        if (length >= context) {
            throw new IllegalArgumentException(name + " has " + length + " tokens, and the model's context has room for "
                    + context + ", the answer included.");
        }
        return Math.min(wanted, context - length);
    }

    private static String beginning(String text) {
        return text.length() <= 40 ? text : text.substring(0, 40) + "…";
    }

    /** All together where shorter ones can be filled up, else those of equal length. */
    private List<List<TextRow>> batches(List<TextRow> rows) {
        long longest = rows.stream().mapToInt(row -> row.prompt().length).max().orElseThrow();
        int most = rows.stream().mapToInt(TextRow::most).max().orElseThrow();
        boolean fits = longest + most <= layout().contextLength();
        boolean together = layout().canPad() && fits;
        Map<Long, List<TextRow>> byLength = new LinkedHashMap<>();
        for (TextRow row : rows) {
            byLength.computeIfAbsent(together ? longest : (long) row.prompt().length, none -> new ArrayList<>()).add(row);
        }
        return byLength.values().stream().map(this::ofAllowedSize).flatMap(Collection::stream).toList();
    }

    private List<List<TextRow>> ofAllowedSize(List<TextRow> rows) {
        return layout().mostRows() > 1 ? List.of(rows) : rows.stream().map(List::of).toList();
    }

    Decoder decoder(int rows, int longest) {
        return inference.decoder(rows, longest);
    }

    /** Ends the profile that {@link dev.swiglu.SessionBuilder#profileTo} asked for; also done by {@link #close}. */
    public Optional<Path> endProfiling() {
        return inference.endProfiling();
    }

    /** May be called again. */
    @Override
    public synchronized void close() {
        closed = true;
        inference.close();
        if (tokenizer != null) {
            tokenizer.close();
        }
    }
}
