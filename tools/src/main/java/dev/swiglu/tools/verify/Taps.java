package dev.swiglu.tools.verify;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.CodedOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * A model that also gives away some of its inner values. Only the few values that a site reads and writes are asked for:
 * asking for all of them would hold every intermediate result in memory and take ONNX Runtime's own fusions apart.
 */
public final class Taps {

    private Taps() {}

    /** The model with {@code values} as further outputs; the type of each is left for ONNX Runtime to infer. */
    public static ModelProto in(ModelProto model, Collection<String> values) {
        Set<String> added = new LinkedHashSet<>(values);
        model.getGraph().getOutputList().forEach(output -> added.remove(output.getName()));
        GraphProto.Builder graph = model.getGraph().toBuilder();
        added.forEach(value -> graph.addOutput(ValueInfoProto.newBuilder().setName(value)));
        return model.toBuilder().setGraph(graph).build();
    }

    /** The values that some node of the main graph makes, and that can therefore be tapped. */
    public static Set<String> available(ModelProto model) {
        Set<String> made = new HashSet<>();
        model.getGraph().getNodeList().forEach(node -> made.addAll(node.getOutputList()));
        return made;
    }

    /** Direct memory, which ONNX Runtime reads in place; inline weights are written once and never live on the heap. */
    public static ByteBuffer serialized(ModelProto model) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(model.getSerializedSize());
        CodedOutputStream output = CodedOutputStream.newInstance(buffer);
        try {
            model.writeTo(output);
            output.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return buffer.flip();
    }
}
