package dev.swiglu.tools;

import ai.onnx.proto.OnnxMl.AttributeProto;
import dev.swiglu.tools.onnx.Attributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Nodes written as formulas: {@code s = Sigmoid(g); Y = Mul(Mul(g, s), u)}. Numbers are scalars, {@code [axis=-1]} behind an
 * operator are its attributes (integers, with a point floats, with colons between lists of integers, else strings), names
 * on the left are separated by blanks where a node has several outputs. {@code ms.} stands for com.microsoft,
 * and {@code own.} for the domain of the model's own functions, whose attributes are read as {@code @name}.
 */
final class GraphText {
    private final ModelBuilder model;
    private final String text;
    private int at;
    private int made;

    private GraphText(ModelBuilder model, String text, int made) {
        this.model = model;
        this.text = text;
        this.made = made;
    }

    static void write(ModelBuilder model, String statements) {
        int made = 0;
        for (String statement : statements.split(";")) {
            String[] sides = statement.split("=", 2);
            GraphText line = new GraphText(model, sides[1].replace(" ", ""), made);
            line.expression(List.of(sides[0].trim().split(" +")));
            made = line.made;
        }
    }

    /** Writes what stands here, and answers its name. */
    private String expression(List<String> outputs) {
        String head = until("[(,)");
        if (at == text.length() || ",)".indexOf(text.charAt(at)) >= 0) {
            return outputs.isEmpty() ? operand(head) : node("Identity", outputs, List.of(operand(head)), List.of());
        }
        List<AttributeProto> attributes = new ArrayList<>();
        if (text.charAt(at) == '[') {
            at++;
            Arrays.stream(until("]").split(",")).forEach(attribute -> attributes.add(attribute(attribute.split("="))));
            at++;
        }
        List<String> inputs = new ArrayList<>();
        do {
            at++;
            if (text.charAt(at) != ')') {
                inputs.add(expression(List.of()));
            }
        } while (text.charAt(at) == ',');
        at++;
        return node(head.replace("ms.", "com.microsoft::").replace("own.", "own::"), outputs.isEmpty() ? List.of("v" + ++made) : outputs, inputs, attributes);
    }

    private String node(String op, List<String> outputs, List<String> inputs, List<AttributeProto> attributes) {
        model.node(op, outputs, inputs, attributes.toArray(AttributeProto[]::new));
        return outputs.get(0);
    }

    private String operand(String word) {
        if (!word.matches("-?[0-9.]+")) {
            return word;
        }
        String name = "number " + ++made;
        model.scalar(name, Float.parseFloat(word));
        return name;
    }

    private String until(String ends) {
        int start = at;
        while (at < text.length() && ends.indexOf(text.charAt(at)) < 0) {
            at++;
        }
        return text.substring(start, at);
    }

    private static AttributeProto attribute(String[] sides) {
        String value = sides[1];
        if (value.startsWith("@")) {
            return AttributeProto.newBuilder().setName(sides[0]).setType(AttributeProto.AttributeType.FLOAT)
                    .setRefAttrName(value.substring(1)).build();
        }
        if (value.contains(":")) {
            return Attributes.of(sides[0], Arrays.stream(value.split(":")).map(Long::parseLong).toList());
        }
        return value.matches("-?[0-9]+") ? Attributes.of(sides[0], Long.parseLong(value))
                : value.matches("-?[0-9.]+") ? Attributes.of(sides[0], Float.parseFloat(value)) : Attributes.of(sides[0], value);
    }
}
