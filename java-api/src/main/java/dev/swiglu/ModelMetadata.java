package dev.swiglu;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * The {@code metadata_props} of a serialized ONNX model, read before ONNX Runtime sees it. Only the outermost fields of the
 * protobuf are walked; the graph with its weights is one of them and is skipped as a whole.
 */
final class ModelMetadata {
    private static final int METADATA_PROPS = 14;
    private static final int KEY = 1;
    private static final int VALUE = 2;

    private ModelMetadata() {}

    /** Empty for bytes that are no protobuf: what is wrong with a model is ONNX Runtime's to say. */
    static Map<String, String> of(ByteBuffer model) {
        Map<String, String> entries = new HashMap<>();
        try {
            Protobuf.eachField(model, field -> {
                if (field.number() == METADATA_PROPS) {
                    Map<Integer, String> entry = new HashMap<>();
                    Protobuf.eachField(field.content(), part ->
                            entry.put(part.number(), StandardCharsets.UTF_8.decode(part.content()).toString()));
                    entries.put(entry.get(KEY), entry.get(VALUE));
                }
            });
        } catch (IllegalArgumentException malformed) {
            return Map.of();
        }
        return entries;
    }
}
