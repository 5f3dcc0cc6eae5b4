package dev.swiglu.tools.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One of a model's own functions.
 *
 * @param body its nodes as a graph of their own, in which the function's inputs have no declared type
 */
public record LocalFunction(FunctionProto function, Scope body) {

    /** A node of the body as it is for one call: attributes that refer to the function's have the values given there. */
    public NodeProto bound(NodeProto node, NodeProto call) {
        if (node.getAttributeList().stream().allMatch(attribute -> attribute.getRefAttrName().isEmpty())) {
            return node;
        }
        NodeProto.Builder bound = node.toBuilder().clearAttribute();
        for (AttributeProto attribute : node.getAttributeList()) {
            if (attribute.getRefAttrName().isEmpty()) {
                bound.addAttribute(attribute);
            } else {
                given(attribute.getRefAttrName(), call).ifPresent(value ->
                        bound.addAttribute(value.toBuilder().setName(attribute.getName())));
            }
        }
        return bound.build();
    }

    /** The function as a graph, so that everything that is said of graphs holds for it. */
    static GraphProto graph(FunctionProto function) {
        GraphProto.Builder graph = GraphProto.newBuilder().setName(function.getName())
                .addAllNode(function.getNodeList()).addAllValueInfo(function.getValueInfoList());
        function.getInputList().forEach(input -> graph.addInputBuilder().setName(input));
        function.getOutputList().forEach(output -> graph.addOutputBuilder().setName(output));
        return graph.build();
    }

    private Optional<AttributeProto> given(String name, NodeProto call) {
        List<AttributeProto> attributes = new ArrayList<>(call.getAttributeList());
        attributes.addAll(function.getAttributeProtoList());
        return attributes.stream().filter(attribute -> attribute.getName().equals(name)).findFirst();
    }
}
