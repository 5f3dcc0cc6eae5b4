package dev.swiglu.tools.onnx.check;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Bounds what parsing a file may cost, before it is parsed: an empty node is two bytes in the file and a kilobyte in memory,
 * with what is remembered of it. Walks over the fields without making anything of them; weights are skipped.
 */
public final class MemoryCheck {
    private static final int DEEPEST = 96;
    private static final long MOST_BYTES = 768L << 20;
    private static final int NODE_BYTES = 2048;
    private static final int MESSAGE_BYTES = 256;
    private static final int FIELD_BYTES = 64;

    private final Path file;
    private final long limit;
    private long bytes;

    private MemoryCheck(Path file, long limit) {
        this.file = file;
        this.limit = limit;
    }

    /** @throws IOException when {@code model} is not a protobuf */
    public static void check(ByteString model, Path file) throws IOException {
        new MemoryCheck(file, Math.min(MOST_BYTES, Runtime.getRuntime().maxMemory() / 2))
                .message(model.newCodedInput(), ModelProto.getDescriptor(), 1);
    }

    private void message(CodedInputStream input, Descriptor type, int depth) throws IOException {
        if (depth > DEEPEST) {
            throw Refusal.of(file, "it nests graphs or types more than " + DEEPEST + " messages deep");
        }
        take(type == NodeProto.getDescriptor() ? NODE_BYTES : MESSAGE_BYTES);
        for (int tag = input.readTag(); tag != 0; tag = input.readTag()) {
            FieldDescriptor field = type.findFieldByNumber(WireFormat.getTagFieldNumber(tag));
            switch (WireFormat.getTagWireType(tag)) {
                case WireFormat.WIRETYPE_LENGTH_DELIMITED -> delimited(input, field, depth);
                case WireFormat.WIRETYPE_START_GROUP, WireFormat.WIRETYPE_END_GROUP ->
                    throw new InvalidProtocolBufferException("a group, which ONNX does not have");
                default -> {
                    take(field != null && field.isRepeated() ? Long.BYTES : field == null ? FIELD_BYTES : 0);
                    input.skipField(tag);
                }
            }
        }
    }

    private void delimited(CodedInputStream input, FieldDescriptor field, int depth) throws IOException {
        int size = input.readRawVarint32();
        if (field != null && field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
            int outer = input.pushLimit(size);
            message(input, field.getMessageType(), depth + 1);
            input.popLimit(outer);
            return;
        }
        take(field == null ? FIELD_BYTES : switch (field.getType()) {
            case BYTES -> FIELD_BYTES;
            case STRING -> FIELD_BYTES + 2L * size;
            case FLOAT, DOUBLE -> size;
            default -> (long) Long.BYTES * size;
        });
        input.skipRawBytes(size);
    }

    private void take(long more) {
        bytes += more;
        if (bytes > limit) {
            throw Refusal.of(file, "its structure would take more than " + (limit >> 20)
                    + " MB of memory; weights belong in raw_data or in external data, where they take none");
        }
    }
}
