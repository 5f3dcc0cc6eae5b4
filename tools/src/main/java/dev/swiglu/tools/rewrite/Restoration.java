package dev.swiglu.tools.rewrite;

import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.rewrite.rule.Replacement;
import java.io.IOException;
import java.io.OutputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The original of a rewritten model: replaced nodes and value_infos back in their places, everything that the rewrite
 * added gone.
 *
 * @param sourceSha256 checksum of the file that was rewritten, as the rewrite noted it
 */
public record Restoration(ModelProto model, String sourceSha256) {

    /** The original of {@code model}; empty when no rewrite left its mark on it. */
    public static Optional<Restoration> of(ModelProto model) {
        Optional<String> source = Provenance.find(model.getMetadataPropsList(), Provenance.SOURCE_SHA256);
        return source.map(sha256 -> {
            requireUnchanged(model);
            return new Restoration(restored(model), sha256);
        });
    }

    /** Nodes put back into a graph that was edited meanwhile would undo the edit, or read values that are gone. */
    private static void requireUnchanged(ModelProto model) {
        Optional<String> digest = Provenance.find(model.getMetadataPropsList(), Provenance.RESULT_DIGEST);
        if (!digest.equals(Optional.of(StructureDigest.of(model)))) {
            throw new ToolException(ExitCode.REFUSED, "The model was changed after swiglu-ort had rewritten it, so its original"
                    + " cannot be taken from it; start again from the original file.");
        }
    }

    /** Whether the restored model is, byte for byte, the file that was rewritten. */
    public boolean isIdenticalToSource() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            model.writeTo(new DigestOutputStream(OutputStream.nullOutputStream(), digest));
            return HexFormat.of().formatHex(digest.digest()).equals(sourceSha256);
        } catch (NoSuchAlgorithmException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static ModelProto restored(ModelProto model) {
        Set<String> added = new HashSet<>(Arrays.asList(
                Provenance.find(model.getMetadataPropsList(), Provenance.ADDED).orElse("").split(",")));
        List<FunctionProto> functions = model.getFunctionsList().stream()
                .filter(function -> !(function.getDomain().equals(Replacement.DOMAIN) && added.contains(function.getName())))
                .map(Restoration::restored).toList();
        List<OperatorSetIdProto> opsets = model.getOpsetImportList().stream()
                .filter(opset -> !(opset.getDomain().equals(Replacement.DOMAIN) && added.contains(Rewriter.OPSET))).toList();
        List<StringStringEntryProto> metadata = model.getMetadataPropsList().stream()
                .filter(entry -> !Provenance.isOurs(entry)).toList();
        return model.toBuilder().setGraph(restored(model.getGraph()))
                .clearFunctions().addAllFunctions(functions)
                .clearOpsetImport().addAllOpsetImport(opsets)
                .clearMetadataProps().addAllMetadataProps(metadata).build();
    }

    private static GraphProto restored(GraphProto graph) {
        Parts parts = Parts.of(graph.getNodeList(), graph.getValueInfoList());
        return graph.toBuilder().clearNode().addAllNode(parts.nodes())
                .clearValueInfo().addAllValueInfo(parts.valueInfos()).build();
    }

    private static FunctionProto restored(FunctionProto function) {
        Parts parts = Parts.of(function.getNodeList(), function.getValueInfoList());
        FunctionProto.Builder result = function.toBuilder().clearNode().addAllNode(parts.nodes())
                .clearValueInfo().addAllValueInfo(parts.valueInfos());
        if (Provenance.find(function.getMetadataPropsList(), Provenance.ADDED).isPresent()) {
            result.clearMetadataProps().addAllMetadataProps(
                    function.getMetadataPropsList().stream().filter(entry -> !Provenance.isOurs(entry)).toList());
            result.clearOpsetImport().addAllOpsetImport(function.getOpsetImportList().stream()
                    .filter(opset -> !opset.getDomain().equals(Replacement.DOMAIN)).toList());
        }
        return result.build();
    }

    /** The original nodes and value_infos of one graph. */
    private record Parts(List<NodeProto> nodes, List<ValueInfoProto> valueInfos) {
        static Parts of(List<NodeProto> rewritten, List<ValueInfoProto> declared) {
            List<NodeProto> kept = new ArrayList<>();
            SortedMap<Integer, NodeProto> nodes = new TreeMap<>();
            SortedMap<Integer, ValueInfoProto> valueInfos = new TreeMap<>();
            for (NodeProto node : rewritten) {
                Optional<Provenance.Removed> removed = Provenance.removedBy(node);
                if (removed.isPresent()) {
                    nodes.putAll(removed.get().nodes());
                    valueInfos.putAll(removed.get().valueInfos());
                } else {
                    kept.add(Attributes.mapBodies(node, Restoration::restored));
                }
            }
            return new Parts(merge(kept, nodes), merge(declared, valueInfos));
        }
    }

    /** {@code placed} at their positions, {@code others} in their order between them. */
    private static <T> List<T> merge(List<T> others, SortedMap<Integer, T> placed) {
        int size = others.size() + placed.size();
        if (!placed.isEmpty() && (placed.firstKey() < 0 || placed.lastKey() >= size)) {
            throw new ToolException(ExitCode.REFUSED,
                    "The model was changed after it was rewritten, so that the replaced nodes have no place to go back to.");
        }
        Iterator<T> rest = others.iterator();
        List<T> merged = new ArrayList<>(size);
        for (int position = 0; position < size; position++) {
            merged.add(placed.containsKey(position) ? placed.get(position) : rest.next());
        }
        return merged;
    }
}
