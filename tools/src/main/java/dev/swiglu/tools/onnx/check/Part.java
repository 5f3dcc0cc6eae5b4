package dev.swiglu.tools.onnx.check;

import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.swiglu.tools.onnx.Attributes;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Nodes with the names around them: the main graph, a body of a control-flow node, or one of the model's functions.
 *
 * @param place how a message refers to it, empty for the main graph
 */
record Part(String place, List<String> inputs, List<String> initializers, List<NodeProto> nodes, List<String> outputs) {

    /** The main graph and the functions; {@link #bodies} leads to the rest. */
    static List<Part> roots(ModelProto model) {
        List<Part> roots = new ArrayList<>();
        roots.add(of("", model.getGraph()));
        for (FunctionProto function : model.getFunctionsList()) {
            roots.add(new Part(" in function '" + function.getName() + "'", function.getInputList(), List.of(),
                    function.getNodeList(), function.getOutputList()));
        }
        return roots;
    }

    /** Every part of the model, an outer one before the ones in it. */
    static List<Part> all(ModelProto model) {
        List<Part> parts = new ArrayList<>(roots(model));
        for (int i = 0; i < parts.size(); i++) {
            Part part = parts.get(i);
            part.nodes.forEach(node -> parts.addAll(part.bodies(node)));
        }
        return parts;
    }

    /** The graphs that {@code node} carries. */
    List<Part> bodies(NodeProto node) {
        boolean none = node.getAttributeList().stream().noneMatch(attribute -> attribute.hasG() || attribute.getGraphsCount() > 0);
        return none ? List.of() : node.getAttributeList().stream().flatMap(attribute -> Attributes.bodies(attribute).stream()
                .map(graph -> of(" in " + attribute.getName() + " of '" + node.getName() + "'" + place, graph))).toList();
    }

    private static Part of(String place, GraphProto graph) {
        List<String> initializers = Stream.concat(graph.getInitializerList().stream().map(TensorProto::getName),
                graph.getSparseInitializerList().stream().map(sparse -> sparse.getValues().getName())).toList();
        return new Part(place, names(graph.getInputList()), initializers, graph.getNodeList(), names(graph.getOutputList()));
    }

    private static List<String> names(List<ValueInfoProto> declarations) {
        return declarations.stream().map(ValueInfoProto::getName).toList();
    }
}
