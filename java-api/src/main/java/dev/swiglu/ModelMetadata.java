package dev.swiglu;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * The {@code metadata_props} of a serialized ONNX model, read before ONNX Runtime sees it. Only the outermost fields of the
 * protobuf are walked; the graph with its weights is one of them and is skipped as a whole.
 */
final class ModelMetadata {
    private static final int METADATA_PROPS = 14;
    private static final int KEY = 1;
    private static final int VALUE = 2;

    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int LENGTH_DELIMITED = 2;
    private static final int FIXED32 = 5;

    private ModelMetadata() {}

    /** Empty for bytes that are no protobuf: what is wrong with a model is ONNX Runtime's to say. */
    static Map<String, String> of(ByteBuffer model) {
        Map<String, String> entries = new HashMap<>();
        try {
            eachField(model.duplicate(), (field, bytes) -> {
                if (field == METADATA_PROPS) {
                    Map<Integer, String> entry = new HashMap<>();
                    eachField(bytes, (part, text) -> entry.put(part, StandardCharsets.UTF_8.decode(text).toString()));
                    entries.put(entry.get(KEY), entry.get(VALUE));
                }
            });
        } catch (BufferUnderflowException | ArithmeticException | IllegalArgumentException malformed) {
            return Map.of();
        }
        return entries;
    }

    private interface Visitor {
        void visit(int field, ByteBuffer bytes);
    }

    /** Visits the length-delimited fields of one message. */
    private static void eachField(ByteBuffer message, Visitor visitor) {
        while (message.hasRemaining()) {
            long tag = varint(message);
            switch ((int) (tag & 7)) {
                case VARINT -> varint(message);
                case FIXED64 -> message.getLong();
                case FIXED32 -> message.getInt();
                case LENGTH_DELIMITED -> {
                    int end = Math.toIntExact(Math.addExact(varint(message), message.position()));
                    visitor.visit((int) (tag >>> 3), message.duplicate().limit(end));
                    message.position(end);
                }
                default -> throw new IllegalArgumentException("wire type " + (tag & 7));
            }
        }
    }

    private static long varint(ByteBuffer message) {
        long value = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            byte part = message.get();
            value |= (part & 0x7FL) << shift;
            if (part >= 0) {
                return value;
            }
        }
        throw new IllegalArgumentException("varint of more than ten bytes");
    }
}
