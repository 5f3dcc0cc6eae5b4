package dev.swiglu.tools.fuzz;

import ai.onnx.proto.OnnxMl.ModelProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A field somewhere in the message is cleared, set to an extreme value, repeated, or loses an element. */
final class FieldMutation implements Mutation {
    private static final long[] NUMBERS = {-1, 0, 1, 2, 3, 64, 255, 65536, Integer.MAX_VALUE, 1L << 31, 1L << 40, 1L << 62,
        Long.MAX_VALUE, Long.MIN_VALUE};
    private static final String[] TEXTS = {"", "X", "Y", "g", "u", "a", "Wg", "ai.onnx", "dev.swiglu", "com.microsoft", "axis",
        "../x", "/etc/passwd", "\u0000", "\u001b[2J", "%s%n", "ü", "x".repeat(5000)};
    private static final double[] REALS = {0, -0.0, 1, Double.NaN, Double.POSITIVE_INFINITY, 1e308, Float.MIN_VALUE};

    @Override
    public byte[] apply(byte[] model, Random random) {
        ModelProto.Builder builder = Mutation.parsed(model);
        if (builder == null) {
            return model;
        }
        mutate(builder, random);
        return builder.buildPartial().toByteArray();
    }

    private static void mutate(Message.Builder message, Random random) {
        List<FieldDescriptor> held = List.copyOf(message.getAllFields().keySet());
        if (!held.isEmpty() && random.nextInt(5) > 0) {
            FieldDescriptor field = held.get(random.nextInt(held.size()));
            if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE && random.nextInt(8) > 0) {
                mutate(field.isRepeated()
                        ? message.getRepeatedFieldBuilder(field, random.nextInt(message.getRepeatedFieldCount(field)))
                        : message.getFieldBuilder(field), random);
            } else {
                change(message, field, random);
            }
            return;
        }
        List<FieldDescriptor> all = message.getDescriptorForType().getFields();
        change(message, all.get(random.nextInt(all.size())), random);
    }

    private static void change(Message.Builder message, FieldDescriptor field, Random random) {
        if (random.nextInt(6) == 0) {
            message.clearField(field);
        } else if (!field.isRepeated()) {
            message.setField(field, value(message, field, random));
        } else {
            int count = message.getRepeatedFieldCount(field);
            int at = count == 0 ? 0 : random.nextInt(count);
            switch (count == 0 ? 0 : random.nextInt(5)) {
                case 0 -> {
                    for (int i = random.nextInt(30) == 0 ? 3000 : random.nextInt(3); i >= 0; i--) {
                        message.addRepeatedField(field, value(message, field, random));
                    }
                }
                case 1 -> message.addRepeatedField(field, message.getRepeatedField(field, at));
                case 2 -> message.setRepeatedField(field, at, value(message, field, random));
                case 3 -> message.setRepeatedField(field, at, message.getRepeatedField(field, random.nextInt(count)));
                default -> {
                    List<?> rest = (List<?>) message.getField(field);
                    List<?> kept = new ArrayList<>(rest);
                    kept.remove(at);
                    message.setField(field, kept);
                }
            }
        }
    }

    private static Object value(Message.Builder message, FieldDescriptor field, Random random) {
        long number = NUMBERS[random.nextInt(NUMBERS.length)];
        double real = REALS[random.nextInt(REALS.length)];
        return switch (field.getJavaType()) {
            case INT -> (int) number;
            case LONG -> number;
            case FLOAT -> (float) real;
            case DOUBLE -> real;
            case BOOLEAN -> random.nextBoolean();
            case STRING -> TEXTS[random.nextInt(TEXTS.length)];
            case BYTE_STRING -> ByteString.copyFrom(new byte[random.nextInt(64)]);
            case ENUM -> field.getEnumType().getValues().get(random.nextInt(field.getEnumType().getValues().size()));
            case MESSAGE -> message.newBuilderForField(field).buildPartial();
        };
    }
}
