package dev.swiglu.generation;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

/**
 * What the files beside a model say of it. Everything is optional: a model alone can write from token ids.
 *
 * @param modelFile the model's file name
 * @param endTokens tokens with which a text ends
 * @param contextLength the most tokens that the model can attend to
 * @param keyHeads heads of the key-value cache
 * @param headSize elements of one head
 * @param sharedCache whether the model writes its cache in place, into memory for the longest text
 * @param window how far back attention looks; 0 for to the beginning
 * @param names the graph's names where they are not the usual ones, by the usual ones
 */
public record ModelConfiguration(Optional<String> modelFile, Set<Integer> endTokens, OptionalInt contextLength,
        OptionalInt keyHeads, OptionalInt headSize, boolean sharedCache, int window, Map<String, String> names) {
    static final ModelConfiguration NONE = new ModelConfiguration(Optional.empty(), Set.of(), OptionalInt.empty(),
            OptionalInt.empty(), OptionalInt.empty(), false, 0, Map.of());

    public ModelConfiguration {
        endTokens = Set.copyOf(endTokens);
        names = Map.copyOf(names);
    }

    /** @param config {@code genai_config.json}, as onnxruntime-genai writes it */
    static ModelConfiguration ofGenai(Settings config) {
        Settings model = config.child("model");
        Settings decoder = model.child("decoder");
        return new ModelConfiguration(decoder.text("filename"), model.tokens("eos_token_id"), model.number("context_length"),
                decoder.number("num_key_value_heads"), decoder.number("head_size"),
                config.child("search").flag("past_present_share_buffer"),
                decoder.child("sliding_window").number("window_size").orElse(0),
                names(decoder));
    }

    private static Map<String, String> names(Settings decoder) {
        Map<String, String> names = new HashMap<>();
        for (String usual : Set.of(ModelLayout.TOKENS, ModelLayout.ATTENTION_MASK, ModelLayout.POSITIONS)) {
            decoder.child("inputs").text(usual).ifPresent(name -> names.put(usual, name));
        }
        decoder.child("outputs").text(ModelLayout.LOGITS).ifPresent(name -> names.put(ModelLayout.LOGITS, name));
        return names;
    }

    /**
     * @param config {@code config.json}, as transformers and optimum write it
     * @param generation {@code generation_config.json}, which has the last word on the tokens that end a text
     */
    static ModelConfiguration ofTransformers(Settings config, Settings generation) {
        Set<Integer> ends = new TreeSet<>(generation.tokens("eos_token_id"));
        if (ends.isEmpty()) {
            ends.addAll(config.tokens("eos_token_id"));
        }
        OptionalInt heads = config.number("num_attention_heads");
        OptionalInt width = config.number("hidden_size");
        OptionalInt headSize = config.number("head_dim");
        if (headSize.isEmpty() && heads.isPresent() && heads.getAsInt() > 0 && width.isPresent()) {
            headSize = OptionalInt.of(width.getAsInt() / heads.getAsInt());
        }
        OptionalInt keyHeads = config.number("num_key_value_heads");
        return new ModelConfiguration(Optional.empty(), ends, config.number("max_position_embeddings"),
                keyHeads.isPresent() ? keyHeads : heads, headSize, false,
                config.number("sliding_window").orElse(0), Map.of());
    }
}
