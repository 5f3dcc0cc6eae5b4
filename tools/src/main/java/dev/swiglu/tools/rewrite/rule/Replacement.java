package dev.swiglu.tools.rewrite.rule;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import dev.swiglu.tools.onnx.NodeRef;
import java.util.List;

/** The nodes of the domain dev.swiglu that rules put into graphs. */
public final class Replacement {
    public static final String DOMAIN = "dev.swiglu";
    public static final long DOMAIN_VERSION = 1;

    private Replacement() {
    }

    /** A node that takes the name, the output and the annotations of {@code product}. */
    static NodeProto node(NodeRef product, String operator, List<String> inputs, List<AttributeProto> attributes) {
        return NodeProto.newBuilder().setDomain(DOMAIN).setOpType(operator).setName(product.node().getName())
                .addAllInput(inputs).addOutput(product.output(0)).addAllAttribute(attributes)
                .addAllMetadataProps(product.node().getMetadataPropsList()).build();
    }
}
