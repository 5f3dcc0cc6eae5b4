package dev.swiglu.tools.fuzz;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** A graph that parses well and means something else: rewired, reordered, nested, with other operators, shapes or data. */
final class GraphMutation implements Mutation {
    private static final String[] OPERATORS = {"MatMul", "Gemm", "Mul", "Add", "Sigmoid", "Swish", "Gelu", "Relu", "Tanh", "Clip",
        "Split", "Slice", "Concat", "Reshape", "Transpose", "Unsqueeze", "Squeeze", "Expand", "Shape", "ConstantOfShape", "Gather",
        "Range", "Cast", "Identity", "Constant", "ReduceMean", "Where", "If", "Loop", "SwiGLU", "FusedMatMul", "MatMulNBits"};
    private static final String[] ATTRIBUTES = {"axis", "axes", "perm", "transA", "transB", "to", "num_outputs", "split", "keepdims",
        "alpha", "activation", "layout", "N", "K", "bits"};
    private static final String[] LOCATIONS = {"data", "./data", "../data", "/dev/zero", "", ".", "missing", "data/", "DATA"};
    private static final long[] NUMBERS = {-1, 0, 1, 2, -2, 5, 1000, Integer.MAX_VALUE, 1L << 33, Long.MAX_VALUE, Long.MIN_VALUE};

    @Override
    public byte[] apply(byte[] model, Random random) {
        ModelProto.Builder builder = Mutation.parsed(model);
        if (builder == null || builder.getGraph().getNodeCount() == 0) {
            return model;
        }
        mutate(builder, builder.getGraphBuilder(), random);
        return builder.buildPartial().toByteArray();
    }

    private static void mutate(ModelProto.Builder model, GraphProto.Builder graph, Random random) {
        NodeProto.Builder node = graph.getNodeBuilder(random.nextInt(graph.getNodeCount()));
        NodeProto.Builder other = graph.getNodeBuilder(random.nextInt(graph.getNodeCount()));
        switch (random.nextInt(13)) {
            case 0 -> rewire(graph, node, random);
            case 1 -> {
                NodeProto moved = node.build();
                node.clear().mergeFrom(other.build());
                other.clear().mergeFrom(moved);
            }
            case 2 -> node.setOpType(OPERATORS[random.nextInt(OPERATORS.length)]);
            case 3 -> node.addAttribute(attribute(random));
            case 4 -> node.clearAttribute();
            case 5 -> graph.addNode(node.clone().clearOutput().addOutput("fresh" + random.nextInt(3)));
            case 6 -> resize(graph, random);
            case 7 -> moveOutside(graph, random);
            case 8 -> nest(graph, node, random.nextInt(40) == 0 ? 60 : 1 + random.nextInt(3));
            case 9 -> enclose(model, node, random);
            case 10 -> declare(graph, node, random);
            case 11 -> graph.addOutputBuilder().setName(name(graph, random));
            default -> chain(graph, node.getOutputCount() == 0 ? "X" : node.getOutput(0), random);
        }
    }

    private static void rewire(GraphProto.Builder graph, NodeProto.Builder node, Random random) {
        if (node.getInputCount() > 0) {
            node.setInput(random.nextInt(node.getInputCount()), name(graph, random));
        }
    }

    private static String name(GraphProto.Builder graph, Random random) {
        List<String> names = Stream.concat(graph.getInitializerList().stream().map(TensorProto::getName),
                graph.getNodeList().stream().flatMap(node -> node.getOutputList().stream())).toList();
        return names.isEmpty() ? "" : names.get(random.nextInt(names.size()));
    }

    private static AttributeProto attribute(Random random) {
        AttributeProto.Builder attribute = AttributeProto.newBuilder().setName(ATTRIBUTES[random.nextInt(ATTRIBUTES.length)]);
        return random.nextBoolean()
                ? attribute.setType(AttributeProto.AttributeType.INT).setI(number(random)).build()
                : attribute.setType(AttributeProto.AttributeType.INTS).addAllInts(
                        LongStream.generate(() -> number(random)).limit(random.nextInt(5)).boxed().toList()).build();
    }

    private static long number(Random random) {
        return NUMBERS[random.nextInt(NUMBERS.length)];
    }

    /** A tensor with other dimensions, of integers so that it may be a shape; its data follow where they can. */
    private static void resize(GraphProto.Builder graph, Random random) {
        if (graph.getInitializerCount() == 0) {
            return;
        }
        TensorProto.Builder tensor = graph.getInitializerBuilder(random.nextInt(graph.getInitializerCount()));
        int count = random.nextInt(4);
        if (random.nextBoolean()) {
            tensor.clearDims().clearFloatData().clearRawData().setDataType(7).addDims(count).clearInt64Data();
            for (int i = 0; i < count; i++) {
                tensor.addInt64Data(number(random));
            }
        } else if (random.nextBoolean()) {
            tensor.clearFloatData().clearRawData().addDims(0);
        } else {
            tensor.addDims(number(random));
        }
    }

    private static void moveOutside(GraphProto.Builder graph, Random random) {
        if (graph.getInitializerCount() == 0) {
            return;
        }
        TensorProto.Builder tensor = graph.getInitializerBuilder(random.nextInt(graph.getInitializerCount()));
        tensor.clearFloatData().clearRawData().setDataLocation(TensorProto.DataLocation.EXTERNAL)
                .addExternalData(entry("location", LOCATIONS[random.nextInt(LOCATIONS.length)]))
                .addExternalData(entry("offset", String.valueOf(random.nextBoolean() ? 0 : number(random))));
    }

    private static StringStringEntryProto entry(String key, String value) {
        return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
    }

    /** The node in the branches of an If, which stand in the branches of another one. */
    private static void nest(GraphProto.Builder graph, NodeProto.Builder node, int levels) {
        NodeProto inner = node.build();
        for (int i = 0; i < levels; i++) {
            GraphProto.Builder body = GraphProto.newBuilder().setName("body").addNode(inner);
            inner.getOutputList().forEach(output -> body.addOutputBuilder().setName(output));
            inner = NodeProto.newBuilder().setOpType("If").setName("nest" + i).addInput(name(graph, new Random(i)))
                    .addAllOutput(inner.getOutputList())
                    .addAttribute(AttributeProto.newBuilder().setName("then_branch").setType(AttributeProto.AttributeType.GRAPH)
                            .setG(body)).build();
        }
        node.clear().mergeFrom(inner);
    }

    /** The node as a function of the model, which may call itself. */
    private static void enclose(ModelProto.Builder model, NodeProto.Builder node, Random random) {
        String name = "f" + random.nextInt(3);
        NodeProto.Builder body = node.clone();
        if (random.nextInt(3) == 0) {
            body.setDomain("own").setOpType("f" + random.nextInt(3));
        }
        model.addFunctions(FunctionProto.newBuilder().setDomain(random.nextInt(9) == 0 ? "dev.swiglu" : "own").setName(name)
                .addAllInput(new ArrayList<>(node.getInputList())).addAllOutput(node.getOutputList()).addNode(body)
                .addAllOpsetImport(model.getOpsetImportList()));
        model.addOpsetImportBuilder().setDomain("own").setVersion(1);
        node.setDomain("own").setOpType(name).clearAttribute();
    }

    private static void declare(GraphProto.Builder graph, NodeProto.Builder node, Random random) {
        var shape = graph.addValueInfoBuilder().setName(node.getOutputCount() == 0 ? "X" : node.getOutput(0)).getTypeBuilder()
                .getTensorTypeBuilder().setElemType(random.nextInt(24)).getShapeBuilder();
        for (int i = random.nextInt(5); i > 0; i--) {
            shape.addDimBuilder().setDimValue(number(random));
        }
    }

    /** Many nodes, each of the result of the one before. */
    private static void chain(GraphProto.Builder graph, String value, Random random) {
        String operator = OPERATORS[random.nextInt(OPERATORS.length)];
        AttributeProto attribute = attribute(random);
        String before = value;
        for (int i = random.nextInt(20) == 0 ? 2000 : random.nextInt(10); i >= 0; i--) {
            String next = value + "_" + i;
            graph.addNode(NodeProto.newBuilder().setOpType(operator).addInput(before).addInput(before).addOutput(next)
                    .addAttribute(attribute));
            before = next;
        }
    }
}
