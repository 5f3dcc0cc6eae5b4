package dev.swiglu;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;

/** The types of the operators in a serialized ONNX model, those of subgraphs included; weights are skipped. */
final class ModelOperators {
    private static final int MODEL_GRAPH = 7;
    private static final int GRAPH_NODE = 1;
    private static final int NODE_TYPE = 4;
    private static final int NODE_ATTRIBUTE = 5;
    private static final int ATTRIBUTE_GRAPH = 6;

    private final Set<String> types = new HashSet<>();

    private ModelOperators() {}

    /** Empty for bytes that are no protobuf: what is wrong with a model is ONNX Runtime's to say. */
    static Set<String> of(ByteBuffer model) {
        ModelOperators operators = new ModelOperators();
        try {
            Protobuf.eachField(model, field -> {
                if (field.number() == MODEL_GRAPH) {
                    operators.graph(field.content());
                }
            });
        } catch (IllegalArgumentException malformed) {
            return Set.of();
        }
        return operators.types;
    }

    private void graph(ByteBuffer graph) {
        Protobuf.eachField(graph, field -> {
            if (field.number() == GRAPH_NODE) {
                node(field.content());
            }
        });
    }

    private void node(ByteBuffer node) {
        Protobuf.eachField(node, field -> {
            if (field.number() == NODE_TYPE) {
                types.add(StandardCharsets.UTF_8.decode(field.content()).toString());
            } else if (field.number() == NODE_ATTRIBUTE) {
                attribute(field.content());
            }
        });
    }

    private void attribute(ByteBuffer attribute) {
        Protobuf.eachField(attribute, field -> {
            if (field.number() == ATTRIBUTE_GRAPH) {
                graph(field.content());
            }
        });
    }
}
