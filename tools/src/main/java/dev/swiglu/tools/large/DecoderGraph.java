package dev.swiglu.tools.large;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.onnx.ElementType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * A decoder, node by node as onnxruntime-genai's builder writes it for float16 on CUDA: queries, keys and values in one
 * product, GroupQueryAttention that rotates and keeps the cache, residual additions inside the normalizations.
 */
final class DecoderGraph {
    private static final String MICROSOFT = "com.microsoft";
    private static final String MASK = "/model/attn_mask_reformat/attn_mask_subgraph/";
    private static final String LENGTHS = MASK + "Sub/Cast/output_0";
    private static final String TOTAL = MASK + "Gather/Cast/output_0";
    private static final String CONSTANTS = "/model/constants/";
    private static final String ONE_IN_A_VECTOR = CONSTANTS + "INT64/[1]";
    private static final AttributeProto TO_INT32 = Attributes.of("to", ElementType.INT32.onnxNumber());
    private static final String[] TOKENS = {"batch_size", "sequence_length"};

    private final GraphProto.Builder graph = GraphProto.newBuilder().setName("main_graph");
    private final DecoderShape shape;
    private final WeightFile file;
    private final LayerWeights weights;

    private DecoderGraph(DecoderShape shape, WeightFile file) {
        this.shape = shape;
        this.file = file;
        this.weights = LayerWeights.in(file, shape);
    }

    /** Adds the weights that the graph refers to to {@code file}. */
    static GraphProto of(DecoderShape shape, WeightFile file) {
        DecoderGraph decoder = new DecoderGraph(shape, file);
        decoder.write();
        return decoder.graph.build();
    }

    private void write() {
        declareInputsAndOutputs();
        reformatMask();
        weight("model.embed_tokens.weight", weights.vocabulary(), shape.vocabulary(), shape.hidden());
        weight("cos_cache", weights.cosines(), shape.context(), shape.headSize() / 2);
        weight("sin_cache", weights.sines(), shape.context(), shape.headSize() / 2);
        String residual = node("Gather", "", "/model/embed_tokens/Gather",
                List.of("model.embed_tokens.weight", "input_ids"), "/model/embed_tokens/Gather/output_0", shape.hidden());
        String added = null;
        for (int layer = 0; layer < shape.layers(); layer++) {
            String place = "model.layers." + layer;
            Normed first = normalized(place + ".input_layernorm", residual, added, false);
            String attended = attention(layer, first.value());
            Normed second = normalized(place + ".post_attention_layernorm", first.sum(), attended, false);
            added = mlp(place, second.value());
            residual = second.sum();
        }
        String last = normalized("model.layers." + shape.layers() + ".final_norm_layernorm", residual, added, true).value();
        weight("lm_head.MatMul.weight", weights.vocabulary(), shape.hidden(), shape.vocabulary());
        graph.addNode(NodeProto.newBuilder().setOpType("MatMul").setName("/lm_head/MatMul").addInput(last)
                .addInput("lm_head.MatMul.weight").addOutput("logits"));
    }

    private void declareInputsAndOutputs() {
        graph.addInput(value("input_ids", ElementType.INT64, TOKENS));
        graph.addInput(value("attention_mask", ElementType.INT64, "batch_size", "total_sequence_length"));
        graph.addOutput(value("logits", file.type(), "batch_size", "sequence_length", String.valueOf(shape.vocabulary())));
        String heads = String.valueOf(shape.keyHeads());
        for (String kind : List.of("key", "value")) {
            for (int layer = 0; layer < shape.layers(); layer++) {
                graph.addInput(value("past_key_values." + layer + "." + kind, file.type(), "batch_size", heads,
                        "past_sequence_length", "kv_cache_dim"));
                graph.addOutput(value("present." + layer + "." + kind, file.type(), "batch_size", heads,
                        "total_sequence_length", "kv_cache_dim"));
            }
        }
    }

    /** How long each text is, less one, and how many columns the mask has: what the attention reads. */
    private void reformatMask() {
        constant("INT64/[1]", TensorProto.newBuilder().addDims(1));
        maskNode("ReduceSum", MASK + "ReduceSum", List.of("attention_mask", ONE_IN_A_VECTOR), Attributes.of("keepdims", 0));
        maskNode("Sub", MASK + "Sub", List.of(MASK + "ReduceSum/output_0", ONE_IN_A_VECTOR));
        maskNode("Cast", MASK + "Sub/Cast", List.of(MASK + "Sub/output_0"), TO_INT32);
        maskNode("Shape", MASK + "Shape", List.of("attention_mask"));
        constant("INT64/1", TensorProto.newBuilder());
        maskNode("Gather", MASK + "Gather", List.of(MASK + "Shape/output_0", CONSTANTS + "INT64/1"), Attributes.of("axis", 0));
        maskNode("Cast", MASK + "Gather/Cast", List.of(MASK + "Gather/output_0"), TO_INT32);
    }

    private void constant(String name, TensorProto.Builder one) {
        ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(0, 1);
        one.setDataType(ElementType.INT64.onnxNumber()).setName(CONSTANTS + name)
                .setRawData(ByteString.copyFrom(bytes));
        graph.addNode(NodeProto.newBuilder().setOpType("Constant").setName("/model/constant_nodes/" + name)
                .addOutput(CONSTANTS + name).addAttribute(Attributes.of("value", one.build())));
    }

    private void maskNode(String op, String name, List<String> inputs, AttributeProto... attributes) {
        graph.addNode(NodeProto.newBuilder().setOpType(op).setName(name).addAllInput(inputs).addOutput(name + "/output_0")
                .addAllAttribute(List.of(attributes)));
    }

    private record Normed(String value, String sum) {}

    /**
     * The normalized sum of {@code residual} and {@code added}, and the sum itself.
     *
     * @param added null where there is nothing to add yet
     * @param last whether nobody reads the sum any more
     */
    private Normed normalized(String place, String residual, String added, boolean last) {
        String path = path(place);
        String weight = weight(place + ".weight", weights.norm(), shape.hidden());
        AttributeProto epsilon = Attributes.of("epsilon", shape.epsilon());
        if (added == null) {
            String normed = node("SimplifiedLayerNormalization", "", path + "/LayerNorm", List.of(residual, weight),
                    path + "/output_0", shape.hidden(), epsilon, Attributes.of("axis", -1), Attributes.of("stash_type", 1));
            return new Normed(normed, residual);
        }
        String normed = node("SkipSimplifiedLayerNormalization", MICROSOFT, path + "/SkipLayerNorm",
                List.of(residual, added, weight), path + "/output_0", shape.hidden(), epsilon);
        if (!last) {
            graph.getNodeBuilder(graph.getNodeCount() - 1).addAllOutput(List.of("", "", path + "/output_3"));
            graph.addValueInfo(hiddenValue(path + "/output_3", shape.hidden()));
        }
        return new Normed(normed, path + "/output_3");
    }

    private String attention(int layer, String input) {
        String place = "model.layers." + layer + ".attn";
        String packed = product(place + ".qkv_proj", input, weights.packedQueries(), shape.hidden(), shape.packedColumns());
        String name = path(place) + "/GroupQueryAttention";
        String attended = node("GroupQueryAttention", MICROSOFT, name,
                List.of(packed, "", "", "past_key_values." + layer + ".key", "past_key_values." + layer + ".value", LENGTHS, TOTAL,
                        "cos_cache", "sin_cache", "", "", ""),
                name + "/output_0", shape.hidden(),
                Attributes.of("num_heads", shape.heads()), Attributes.of("kv_num_heads", shape.keyHeads()),
                Attributes.of("scale", (float) (1 / Math.sqrt(shape.headSize()))), Attributes.of("local_window_size", -1),
                Attributes.of("softcap", 0f), Attributes.of("do_rotary", 1), Attributes.of("rotary_interleaved", 0));
        graph.getNodeBuilder(graph.getNodeCount() - 1)
                .addOutput("present." + layer + ".key").addOutput("present." + layer + ".value");
        return product(place + ".o_proj", attended, weights.output(), shape.hidden(), shape.hidden());
    }

    private String mlp(String layer, String input) {
        String path = path(layer) + "/mlp";
        int columns = shape.intermediate();
        String gate = product(layer + ".mlp.gate_proj", input, weights.gate(), shape.hidden(), columns);
        String up = product(layer + ".mlp.up_proj", input, weights.up(), shape.hidden(), columns);
        String sigmoid = node("Sigmoid", "", path + "/act_fn/Sigmoid", List.of(gate), path + "/act_fn/Sigmoid/output_0", columns);
        String silu = node("Mul", "", path + "/act_fn/Mul", List.of(gate, sigmoid), path + "/act_fn/Mul/output_0", columns);
        String gated = node("Mul", "", path + "/Mul", List.of(silu, up), path + "/Mul/output_0", columns);
        return product(layer + ".mlp.down_proj", gated, weights.down(), columns, shape.hidden());
    }

    private String product(String place, String input, WeightFile.Region region, int rows, int columns) {
        String weight = weight(place + ".MatMul.weight", region, rows, columns);
        String name = path(place) + "/MatMul";
        return node("MatMul", "", name, List.of(input, weight), name + "/output_0", columns);
    }

    /** The path that genai makes of a weight's place: {@code /model/layers.0/attn} of {@code model.layers.0.attn}. */
    private static String path(String place) {
        return "/" + place.replaceAll("\\.(?!\\d)", "/");
    }

    private String node(String op, String domain, String name, List<String> inputs, String output, int columns,
            AttributeProto... attributes) {
        graph.addNode(NodeProto.newBuilder().setOpType(op).setDomain(domain).setName(name).addAllInput(inputs).addOutput(output)
                .addAllAttribute(List.of(attributes)));
        graph.addValueInfo(hiddenValue(output, columns));
        return output;
    }

    private String weight(String name, WeightFile.Region region, long... dimensions) {
        graph.addInitializer(file.tensor(name, region, dimensions));
        return name;
    }

    private ValueInfoProto hiddenValue(String name, int columns) {
        return value(name, file.type(), TOKENS[0], TOKENS[1], String.valueOf(columns));
    }

    /** @param dimensions numbers, or names of those that are open */
    private static ValueInfoProto value(String name, ElementType type, String... dimensions) {
        TypeProto.Builder described = TypeProto.newBuilder();
        described.getTensorTypeBuilder().setElemType(type.onnxNumber());
        for (String dimension : dimensions) {
            if (Character.isDigit(dimension.charAt(0))) {
                described.getTensorTypeBuilder().getShapeBuilder().addDimBuilder().setDimValue(Long.parseLong(dimension));
            } else {
                described.getTensorTypeBuilder().getShapeBuilder().addDimBuilder().setDimParam(dimension);
            }
        }
        return ValueInfoProto.newBuilder().setName(name).setType(described).build();
    }
}
