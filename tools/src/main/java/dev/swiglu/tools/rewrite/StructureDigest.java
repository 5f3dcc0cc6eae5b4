package dev.swiglu.tools.rewrite;

import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.ModelProtoOrBuilder;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.swiglu.tools.rewrite.rule.Replacement;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * A checksum of a model's nodes and declarations, which tells whether anybody changed the graph since. Weights do not count,
 * nor do Constant nodes, whose data may move to another place.
 */
final class StructureDigest {
    private StructureDigest() {
    }

    static String of(ModelProtoOrBuilder model) {
        MessageDigest digest = sha256();
        OutputStream digested = new DigestOutputStream(OutputStream.nullOutputStream(), digest);
        add(digested, model.getGraph().getNodeList(), model.getGraph().getValueInfoList());
        for (FunctionProto function : model.getFunctionsList()) {
            if (!function.getDomain().equals(Replacement.DOMAIN)) {
                add(digested, function.getNodeList(), function.getValueInfoList());
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** Node by node as a stream: a body may hold weights, which need no second place in the memory. */
    private static void add(OutputStream digested, List<NodeProto> nodes, List<ValueInfoProto> declarations) {
        try {
            for (NodeProto node : nodes) {
                if (node.getOpType().equals("Constant")) {
                    digested.write(node.getOutput(0).getBytes(StandardCharsets.UTF_8));
                } else {
                    node.writeTo(digested);
                }
            }
            for (ValueInfoProto declaration : declarations) {
                declaration.writeTo(digested);
            }
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
