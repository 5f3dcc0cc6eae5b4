package dev.swiglu.tools.rewrite;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A checksum of a graph's nodes and declarations, which tells whether anybody changed the graph since. Weights do not count,
 * nor do Constant nodes, whose data may move to another place.
 */
final class StructureDigest {
    private StructureDigest() {
    }

    static String of(GraphProto graph) {
        MessageDigest digest = sha256();
        for (NodeProto node : graph.getNodeList()) {
            digest.update(node.getOpType().equals("Constant") ? node.getOutput(0).getBytes(StandardCharsets.UTF_8) : node.toByteArray());
        }
        for (ValueInfoProto declaration : graph.getValueInfoList()) {
            digest.update(declaration.toByteArray());
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
