package dev.swiglu.tools.onnx.check;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import dev.swiglu.tools.onnx.NodeRef;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Each value of a graph is defined once, under a name; attributes of a node and imported operator sets are unique, too. A
 * reader that takes the first of two and a runtime that takes the last would see different models.
 */
final class NameCheck implements ModelCheck {

    @Override
    public void check(ModelProto model, Path file) {
        Map<String, Long> imports = new HashMap<>();
        for (OperatorSetIdProto opset : model.getOpsetImportList()) {
            String domain = opset.getDomain().equals("ai.onnx") ? "" : opset.getDomain();
            Long other = imports.put(domain, opset.getVersion());
            if (other != null && other != opset.getVersion()) {
                throw Refusal.of(file, "it imports operator set '" + domain + "' in versions " + other + " and " + opset.getVersion());
            }
        }
        Part.all(model).forEach(part -> check(part, file));
    }

    private static void check(Part part, Path file) {
        Set<String> inputs = new HashSet<>();
        for (String input : part.inputs()) {
            requireName(input, "an input", part, file);
            if (!inputs.add(input)) {
                throw Refusal.of(file, "input '" + input + "' is declared twice" + part.place());
            }
        }
        Set<String> defined = new HashSet<>();
        for (String initializer : part.initializers()) {
            requireName(initializer, "an initializer", part, file);
            if (!defined.add(initializer)) {
                throw Refusal.of(file, "initializer '" + initializer + "' is there twice" + part.place());
            }
        }
        defined.addAll(inputs);
        for (NodeProto node : part.nodes()) {
            check(node, part, file);
            for (String output : node.getOutputList()) {
                if (!output.isEmpty() && !defined.add(output)) {
                    throw Refusal.of(file, "value '" + output + "' is made twice, the second time by " + NodeRef.describe(node)
                            + part.place());
                }
            }
        }
        part.outputs().forEach(output -> requireName(output, "an output", part, file));
    }

    private static void check(NodeProto node, Part part, Path file) {
        if (node.getOpType().isEmpty()) {
            throw Refusal.of(file, "the " + NodeRef.describe(node) + part.place() + " names no operator");
        }
        requireText(node.getOpType(), part, file);
        requireText(node.getName(), part, file);
        requireText(node.getDomain(), part, file);
        node.getInputList().forEach(value -> requireText(value, part, file));
        node.getOutputList().forEach(value -> requireText(value, part, file));
        Set<String> attributes = new HashSet<>();
        for (AttributeProto attribute : node.getAttributeList()) {
            if (attribute.getName().isEmpty()) {
                throw Refusal.of(file, "an attribute of the " + NodeRef.describe(node) + part.place() + " has no name");
            }
            if (!attributes.add(attribute.getName())) {
                throw Refusal.of(file, "the " + NodeRef.describe(node) + part.place() + " has attribute '" + attribute.getName() + "' twice");
            }
        }
    }

    private static void requireName(String name, String owner, Part part, Path file) {
        if (name.isEmpty()) {
            throw Refusal.of(file, owner + part.place() + " has no name");
        }
        requireText(name, part, file);
    }

    /** Bytes that are no UTF-8 arrive as replacement characters, and two different names could arrive as one. */
    private static void requireText(String name, Part part, Path file) {
        for (int i = 0; i < name.length(); i++) {
            if (name.charAt(i) == '\uFFFD' || Character.isISOControl(name.charAt(i))) {
                throw Refusal.of(file, "the name '" + name + "'" + part.place() + " is not plain text");
            }
        }
    }
}
