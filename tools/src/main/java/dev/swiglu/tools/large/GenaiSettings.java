package dev.swiglu.tools.large;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The {@code genai_config.json} that belongs to a decoder: names of inputs and outputs, sizes, and how to search. */
final class GenaiSettings {
    private GenaiSettings() {}

    static Map<String, Object> of(DecoderShape shape) {
        return ordered("model", ordered("bos_token_id", 1, "context_length", shape.context(), "decoder", decoder(shape),
                        "eos_token_id", 2, "pad_token_id", 2, "type", shape.family(), "vocab_size", shape.vocabulary()),
                "search", ordered("do_sample", false, "max_length", shape.context(), "min_length", 0, "num_beams", 1,
                        "num_return_sequences", 1, "past_present_share_buffer", true, "repetition_penalty", 1.0,
                        "temperature", 1.0, "top_k", 1, "top_p", 1.0));
    }

    private static Map<String, Object> decoder(DecoderShape shape) {
        return ordered(
                "session_options", ordered("log_id", "onnxruntime-genai",
                        "provider_options", List.of(ordered("cuda", ordered("enable_cuda_graph", "0")))),
                "filename", LargeModel.MODEL, "head_size", shape.headSize(), "hidden_size", shape.hidden(),
                "inputs", ordered("input_ids", "input_ids", "attention_mask", "attention_mask",
                        "past_key_names", "past_key_values.%d.key", "past_value_names", "past_key_values.%d.value"),
                "outputs", ordered("logits", "logits", "present_key_names", "present.%d.key",
                        "present_value_names", "present.%d.value"),
                "num_attention_heads", shape.heads(), "num_hidden_layers", shape.layers(),
                "num_key_value_heads", shape.keyHeads());
    }

    private static Map<String, Object> ordered(Object... namesAndValues) {
        Map<String, Object> settings = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            settings.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return settings;
    }
}
