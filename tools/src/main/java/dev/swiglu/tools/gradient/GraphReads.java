package dev.swiglu.tools.gradient;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import dev.swiglu.tools.onnx.Attributes;
import java.util.HashSet;
import java.util.Set;

/** Every name that the nodes of a body, and of bodies in it, read. */
final class GraphReads {
    private GraphReads() {
    }

    static Set<String> of(GraphProto body) {
        Set<String> names = new HashSet<>();
        for (NodeProto node : body.getNodeList()) {
            names.addAll(node.getInputList());
            for (AttributeProto attribute : node.getAttributeList()) {
                Attributes.bodies(attribute).forEach(inner -> names.addAll(of(inner)));
            }
        }
        body.getOutputList().forEach(output -> names.add(output.getName()));
        names.remove("");
        return names;
    }
}
