package dev.swiglu.generation;

import dev.swiglu.ModelException;
import dev.swiglu.ValueInfo;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/**
 * What a model's inputs and outputs mean for generation, decided here and nowhere else: from the names in its configuration, from
 * those that exporters use, and from the graph's own types and shapes.
 */
public final class ModelLayout {
    static final String TOKENS = "input_ids";
    static final String ATTENTION_MASK = "attention_mask";
    static final String POSITIONS = "position_ids";
    static final String LOGITS = "logits";

    /** Of a cache, [rows, heads, length, head size]. */
    private static final int LENGTH_AXIS = 2;

    /** What an input that is not part of the cache is given. */
    enum Role {
        /** The new tokens, [rows, columns]. */
        TOKENS(ModelLayout.TOKENS, 2),
        /** 1 for each column that counts, 0 for padding, [rows, all columns]. */
        ATTENTION_MASK(ModelLayout.ATTENTION_MASK, 2),
        /** The number of each new token in its row, [rows, columns]. */
        POSITIONS(ModelLayout.POSITIONS, 2),
        /** The number of each new column, [columns]. */
        CACHE_POSITION("cache_position", 1),
        /** Whether there is a past, for two graphs in one, as optimum merges them. */
        USE_CACHE("use_cache_branch", 1);

        private final String usualName;
        private final int rank;

        Role(String usualName, int rank) {
            this.usualName = usualName;
            this.rank = rank;
        }
    }

    /** How the attention finds what it needs of earlier tokens. */
    public enum Cache {
        /** Not at all: the model reads the whole text again for each token, which is right, and slow. */
        NONE,
        /** Each step makes a longer cache, which is handed to the next. */
        GROWING,
        /** Each step writes into one cache that has room for the longest text, as onnxruntime-genai does. */
        SHARED
    }

    /** A part of the cache: what one step makes of it is what the next one reads. */
    record CachePart(ValueInfo past, ValueInfo present) {}

    private final Map<Role, ValueInfo> inputs;
    private final List<CachePart> cacheParts;
    private final Cache cache;
    private final ValueInfo logits;
    private final boolean grouped;
    private final ModelConfiguration configuration;

    private ModelLayout(Map<Role, ValueInfo> inputs, List<CachePart> cacheParts, ValueInfo logits, boolean grouped,
            ModelConfiguration configuration) {
        this.inputs = inputs;
        this.cacheParts = cacheParts;
        this.logits = logits;
        this.grouped = grouped;
        this.configuration = configuration;
        this.cache = cacheParts.isEmpty() ? Cache.NONE : grouped && configuration.sharedCache() ? Cache.SHARED : Cache.GROWING;
        requireOpenSizes();
    }

    /**
     * @param grouped whether its attention is onnxruntime's GroupQueryAttention
     * @throws ModelException when an input is not known here, or something is missing
     */
    static ModelLayout of(List<ValueInfo> inputs, List<ValueInfo> outputs, ModelConfiguration configuration, boolean grouped) {
        Map<Role, ValueInfo> known = new EnumMap<>(Role.class);
        List<ValueInfo> pasts = new ArrayList<>();
        for (ValueInfo input : inputs) {
            Optional<Role> role = role(input, configuration);
            if (role.isPresent()) {
                known.put(role.get(), input);
            } else if (CacheSlot.isCache(input) && CacheSlot.of(input.name()).isPresent()) {
                pasts.add(input);
            } else {
                throw new ModelException("The model has the input " + input + ", which generation does not know how to feed. It"
                        + " knows " + usualNames() + ", and key-value caches of four dimensions.");
            }
        }
        if (!known.containsKey(Role.TOKENS)) {
            throw new ModelException("The model has no input '" + name(Role.TOKENS, configuration)
                    + "' for token ids, so it is no language model that generation could use.");
        }
        ValueInfo logits = logits(outputs, configuration);
        List<ValueInfo> presents = outputs.stream().filter(output -> output != logits && CacheSlot.isCache(output)).toList();
        return new ModelLayout(known, CacheSlot.pairs(pasts, presents), logits, grouped, configuration);
    }

    private static Optional<Role> role(ValueInfo input, ModelConfiguration configuration) {
        for (Role role : Role.values()) {
            if (input.name().equals(name(role, configuration)) && !input.type().isFloatingPoint()
                    && (input.shape().isEmpty() || input.shape().size() == role.rank)) {
                return Optional.of(role);
            }
        }
        return Optional.empty();
    }

    private static String name(Role role, ModelConfiguration configuration) {
        return configuration.names().getOrDefault(role.usualName, role.usualName);
    }

    private static String usualNames() {
        return Arrays.stream(Role.values()).map(role -> role.usualName).collect(Collectors.joining(", "));
    }

    private static ValueInfo logits(List<ValueInfo> outputs, ModelConfiguration configuration) {
        String name = configuration.names().getOrDefault(LOGITS, LOGITS);
        return outputs.stream().filter(output -> output.name().equals(name)).findFirst()
                .or(() -> outputs.stream().filter(ModelLayout::looksLikeScores).findFirst())
                .orElseThrow(() -> new ModelException("The model has no output '" + name + "', and no other with the shape"
                        + " [rows, tokens, vocabulary], so generation cannot read its scores."));
    }

    private static boolean looksLikeScores(ValueInfo output) {
        return output.type().isFloatingPoint() && output.shape().size() == 3;
    }

    /** How the attention finds what it needs of earlier tokens. */
    public Cache cache() {
        return cache;
    }

    /**
     * Whether texts of different lengths can be one batch: shorter ones are filled up on the left, which needs a mask and
     * positions that say so, and an attention that follows them. GroupQueryAttention does not: it counts the mask only. Where
     * this is false, only prompts of equal length run together, and the others after them.
     */
    public boolean canPad() {
        return inputs.containsKey(Role.ATTENTION_MASK) && inputs.containsKey(Role.POSITIONS) && !grouped;
    }

    Map<Role, ValueInfo> inputs() {
        return inputs;
    }

    List<CachePart> cacheParts() {
        return cacheParts;
    }

    ValueInfo logits() {
        return logits;
    }

    /** The most texts of one batch. */
    int mostRows() {
        return fixed(0).orElse(Integer.MAX_VALUE);
    }

    /** Where a run ends that begins at column {@code from} of {@code length}: there are models that take one column at once. */
    int endOfRun(int from, int length) {
        return fixed(1).isPresent() ? from + fixed(1).getAsInt() : length;
    }

    /** The most tokens of a text. */
    int contextLength() {
        return configuration.contextLength().orElse(Integer.MAX_VALUE);
    }

    private OptionalInt fixed(int axis) {
        List<Long> shape = inputs.get(Role.TOKENS).shape();
        return shape.isEmpty() || shape.get(axis) < 0 ? OptionalInt.empty() : OptionalInt.of(Math.toIntExact(shape.get(axis)));
    }

    /** Sizes that the graph fixes can be 1: one text at once, or one token at once where there is a cache. */
    private void requireOpenSizes() {
        if (fixed(0).orElse(1) != 1 || fixed(1).orElse(1) != 1 || cache == Cache.NONE && fixed(1).isPresent()) {
            throw new ModelException("The model takes its tokens as " + inputs.get(Role.TOKENS)
                    + " only, and texts grow. Export it with open dimensions for batch and length.");
        }
        for (CachePart part : cacheParts) {
            if (part.past().shape().get(LENGTH_AXIS) >= 0) {
                throw new ModelException("The model's cache " + part.past() + " has a fixed length, and texts grow. Export it with an"
                        + " open dimension for the past.");
            }
        }
    }

    /** The shape of this part of the cache for texts of {@code length} tokens. */
    long[] shape(CachePart part, int rows, int length) {
        List<Long> declared = part.past().shape();
        return new long[] {rows, known(declared.get(1), configuration.keyHeads(), part), cacheLength(length),
            known(declared.get(3), configuration.headSize(), part)};
    }

    private static long known(long declared, OptionalInt configured, CachePart part) {
        if (declared >= 0) {
            return declared;
        }
        return configured.orElseThrow(() -> new ModelException("The model leaves the size of its cache " + part.past() + " open,"
                + " and no genai_config.json or config.json in its folder says the number of key-value heads and their size."));
    }

    /** How long a cache must be for texts of this length: GroupQueryAttention wants room for its window from the beginning. */
    private int cacheLength(int length) {
        return grouped ? Math.max(length, configuration.window()) : length;
    }
}
