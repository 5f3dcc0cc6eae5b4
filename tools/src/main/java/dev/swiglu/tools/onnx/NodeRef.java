package dev.swiglu.tools.onnx;

import ai.onnx.proto.OnnxMl.NodeProto;

/** A node and the place where it stands. Two references are equal when the place is the same. */
public record NodeRef(Scope scope, int position, NodeProto node) {

    /** Whether this is {@code opType} of the ONNX standard domain. */
    public boolean is(String opType) {
        return is("", opType);
    }

    public boolean is(String domain, String opType) {
        String own = node.getDomain().equals("ai.onnx") ? "" : node.getDomain();
        return node.getOpType().equals(opType) && own.equals(domain);
    }

    /** The input at {@code index}, or the empty string that ONNX uses for an input left out. */
    public String input(int index) {
        return index < node.getInputCount() ? node.getInput(index) : "";
    }

    public String output(int index) {
        return index < node.getOutputCount() ? node.getOutput(index) : "";
    }

    /** What a report calls this node: its name, or its output where it has none. */
    public String name() {
        return node.getName().isEmpty() ? output(0) : node.getName();
    }

    /** How a message refers to this node; exporters may leave nodes without a name, outputs always have one. */
    public String describe() {
        return describe(node);
    }

    /** How a message refers to {@code node}. */
    public static String describe(NodeProto node) {
        return node.getName().isEmpty()
                ? node.getOpType() + " node that makes '" + (node.getOutputCount() == 0 ? "" : node.getOutput(0)) + "'"
                : node.getOpType() + " node '" + node.getName() + "'";
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof NodeRef that && scope == that.scope && position == that.position;
    }

    @Override
    public int hashCode() {
        return 31 * System.identityHashCode(scope) + position;
    }
}
