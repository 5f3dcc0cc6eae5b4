package dev.swiglu.tools.rewrite;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What a rewrite leaves in the model's metadata: for readers, who did what; for {@code restore}, on each node the nodes and
 * value_infos that it replaced, serialized, with their positions in the original graph.
 */
final class Provenance {
    /** On the model: name and version of the tool, number of sites, checksum of the source file. */
    static final String TOOL = "dev.swiglu.tool";
    static final String SITES = "dev.swiglu.sites";
    static final String SOURCE_SHA256 = "dev.swiglu.source_sha256";
    /** On the model: the {@link StructureDigest} of the rewritten graph; only that graph can be taken back. */
    static final String RESULT_DIGEST = "dev.swiglu.result_structure";
    /** On the model: what the rewrite added besides nodes, to be taken away again: functions, and the operator set. */
    static final String ADDED = "dev.swiglu.added";
    /** On a node: the form that was recognized. */
    static final String FORM = "dev.swiglu.form";

    private static final String REMOVED = "dev.swiglu.removed";
    private static final String NODE_POSITIONS = "dev.swiglu.removed.nodes";
    private static final String VALUE_INFO_POSITIONS = "dev.swiglu.removed.value_info";

    private Provenance() {
    }

    /** Parts of one original graph, by their positions in it. */
    record Removed(SortedMap<Integer, NodeProto> nodes, SortedMap<Integer, ValueInfoProto> valueInfos) {
    }

    static NodeProto annotate(NodeProto replacement, String form, Removed removed) {
        GraphProto parts = GraphProto.newBuilder().addAllNode(removed.nodes().values())
                .addAllValueInfo(removed.valueInfos().values()).build();
        return replacement.toBuilder()
                .addMetadataProps(entry(FORM, form))
                .addMetadataProps(entry(NODE_POSITIONS, join(removed.nodes().keySet())))
                .addMetadataProps(entry(VALUE_INFO_POSITIONS, join(removed.valueInfos().keySet())))
                .addMetadataProps(entry(REMOVED, Base64.getEncoder().encodeToString(parts.toByteArray())))
                .build();
    }

    /** What {@code node} replaced; empty for nodes that no rewrite made. */
    static Optional<Removed> removedBy(NodeProto node) {
        return find(node.getMetadataPropsList(), REMOVED).map(encoded -> {
            try {
                GraphProto parts = GraphProto.parseFrom(Base64.getDecoder().decode(encoded));
                return new Removed(
                        byPosition(positions(node, NODE_POSITIONS), parts.getNodeList()),
                        byPosition(positions(node, VALUE_INFO_POSITIONS), parts.getValueInfoList()));
            } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
                throw new ToolException(ExitCode.REFUSED, "The metadata of node '" + node.getName()
                        + "', which say what it replaced, are damaged.", e);
            }
        });
    }

    static StringStringEntryProto entry(String key, String value) {
        return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
    }

    static Optional<String> find(List<StringStringEntryProto> entries, String key) {
        return entries.stream().filter(entry -> entry.getKey().equals(key)).map(StringStringEntryProto::getValue).findFirst();
    }

    static boolean isOurs(StringStringEntryProto entry) {
        return entry.getKey().startsWith("dev.swiglu.");
    }

    private static int[] positions(NodeProto node, String key) {
        String list = find(node.getMetadataPropsList(), key).orElse("");
        return list.isEmpty() ? new int[0] : Arrays.stream(list.split(",")).mapToInt(Integer::parseInt).toArray();
    }

    private static <T> SortedMap<Integer, T> byPosition(int[] positions, List<T> parts) {
        if (positions.length != parts.size()) {
            throw new IllegalArgumentException(positions.length + " positions for " + parts.size() + " parts");
        }
        SortedMap<Integer, T> result = new TreeMap<>();
        for (int i = 0; i < positions.length; i++) {
            result.put(positions[i], parts.get(i));
        }
        return result;
    }

    private static String join(Collection<Integer> positions) {
        return positions.stream().map(String::valueOf).collect(Collectors.joining(","));
    }
}
