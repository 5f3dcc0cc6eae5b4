package dev.swiglu;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/** Walks the outermost fields of a protobuf message, for the little that must be known of a model before ONNX Runtime sees it. */
final class Protobuf {
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int LENGTH_DELIMITED = 2;
    private static final int FIXED32 = 5;

    private Protobuf() {}

    /**
     * @param whole the field as it stands in its message, tag included
     * @param content what a length-delimited field holds, empty for a number
     */
    record Field(int number, ByteBuffer whole, ByteBuffer content) {}

    /** @throws IllegalArgumentException for bytes that are no protobuf */
    static void eachField(ByteBuffer message, Consumer<Field> visitor) {
        ByteBuffer rest = message.duplicate();
        try {
            while (rest.hasRemaining()) {
                visitor.accept(next(rest));
            }
        } catch (BufferUnderflowException | ArithmeticException malformed) {
            throw new IllegalArgumentException("The message is cut off.", malformed);
        }
    }

    private static Field next(ByteBuffer rest) {
        int start = rest.position();
        long tag = varint(rest);
        ByteBuffer content = ByteBuffer.allocate(0);
        switch ((int) (tag & 7)) {
            case VARINT -> varint(rest);
            case FIXED64 -> rest.getLong();
            case FIXED32 -> rest.getInt();
            case LENGTH_DELIMITED -> {
                int end = Math.toIntExact(Math.addExact(varint(rest), rest.position()));
                content = rest.duplicate().limit(end);
                rest.position(end);
            }
            default -> throw new IllegalArgumentException("The message has a field of the unknown kind " + (tag & 7) + ".");
        }
        return new Field((int) (tag >>> 3), rest.duplicate().position(start).limit(rest.position()), content);
    }

    /** The start of a length-delimited field whose content has this length. */
    static ByteBuffer header(int number, int length) {
        ByteBuffer header = ByteBuffer.allocate(2 * 10);
        putVarint(header, (long) number << 3 | LENGTH_DELIMITED);
        putVarint(header, length);
        return header.flip();
    }

    private static void putVarint(ByteBuffer target, long value) {
        long rest = value;
        for (; rest > 0x7F; rest >>>= 7) {
            target.put((byte) (rest | 0x80));
        }
        target.put((byte) rest);
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
        throw new IllegalArgumentException("A number has more than ten bytes.");
    }
}
