package dev.swiglu.tools.rewrite;

import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.ModelProtoOrBuilder;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.swiglu.tools.rewrite.rule.Replacement;
import java.nio.charset.StandardCharsets;
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
        add(digest, model.getGraph().getNodeList(), model.getGraph().getValueInfoList());
        for (FunctionProto function : model.getFunctionsList()) {
            if (!function.getDomain().equals(Replacement.DOMAIN)) {
                add(digest, function.getNodeList(), function.getValueInfoList());
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static void add(MessageDigest digest, List<NodeProto> nodes, List<ValueInfoProto> declarations) {
        for (NodeProto node : nodes) {
            digest.update(node.getOpType().equals("Constant") ? node.getOutput(0).getBytes(StandardCharsets.UTF_8) : node.toByteArray());
        }
        for (ValueInfoProto declaration : declarations) {
            digest.update(declaration.toByteArray());
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
