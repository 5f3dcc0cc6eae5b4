package dev.swiglu.tools.portable;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.onnx.ElementType;
import dev.swiglu.tools.rewrite.rule.Replacement;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * What one dev.swiglu node computes, in standard operators, as the model-local function of the operator's name. Its outputs are
 * those that any node of the operator wants, so that nodes which differ only in that share it.
 */
final class OperatorBody {
    private final NodeProto node;
    private final Set<Integer> wanted;
    private final GraphWriter write;
    private final GateFormula gate;
    private final Packing packing;
    private final boolean transB;

    private OperatorBody(NodeProto node, Set<Integer> wanted, ElementType element, long opset) {
        this.node = node;
        this.wanted = wanted;
        this.write = GraphWriter.ofFunction(opset);
        this.gate = new GateFormula(node, write, element);
        this.packing = new Packing(Attributes.text(node, "layout", "concat"), write);
        this.transB = Attributes.integer(node, "transB", 0) == 1;
    }

    /**
     * Empty where the element type, which constants need, is not known, or the node is none that its operator takes.
     *
     * @param wanted the places of the outputs that the function has to make
     */
    static Optional<FunctionProto> of(NodeProto node, Set<Integer> wanted, Function<String, ElementType> elements, long opset) {
        if (!isComplete(node)) {
            return Optional.empty();
        }
        boolean gradient = node.getOpType().endsWith("Grad");
        ElementType element = elements.apply(node.getInput(gradient ? 1 : 0));
        if (!element.isComputable()) {
            return Optional.empty();
        }
        OperatorBody body = new OperatorBody(node, wanted, element, opset);
        FunctionProto.Builder function = FunctionProto.newBuilder().setDomain(Replacement.DOMAIN).setName(node.getOpType())
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(opset))
                .addAllAttribute(node.getAttributeList().stream().map(AttributeProto::getName).sorted().toList());
        switch (node.getOpType()) {
            case "SwiGLU" -> body.swiGlu(function);
            case "SwiGLUGrad" -> body.swiGluGrad(function);
            case "FusedSwiGLU" -> body.fused(function);
            default -> body.fusedGrad(function);
        }
        return Optional.of(function.addAllNode(body.write.nodes()).build());
    }

    private static boolean isComplete(NodeProto node) {
        int inputs = node.getInputCount();
        return switch (node.getOpType()) {
            case "SwiGLU" -> inputs >= 1 && inputs <= 2;
            case "SwiGLUGrad" -> inputs >= 2 && inputs <= 3;
            case "FusedSwiGLU" -> inputs >= 3 && inputs <= 5;
            case "FusedSwiGLUGrad" -> inputs >= 4 && inputs <= 8;
            default -> false;
        };
    }

    private void swiGlu(FunctionProto.Builder function) {
        declare(function, List.of("A", "B"), List.of("Y"));
        if (has(1)) {
            write.name(gate.y("A", "B"), "Y");
        } else {
            Packing.Halves halves = packing.split("A");
            write.name(packing.halved(gate.y(halves.gate(), halves.up()), "A"), "Y");
        }
    }

    private void swiGluGrad(FunctionProto.Builder function) {
        declare(function, List.of("dY", "A", "B"), List.of("dA", "dB"));
        if (has(2)) {
            give(0, "dA", () -> gate.gateGradient("dY", "A", "B"));
            give(1, "dB", () -> gate.upGradient("dY", "A", "B"));
        } else {
            Packing.Halves halves = packing.split("A");
            String dy = packing.aligned("dY");
            write.name(packing.joined(gate.gateGradient(dy, halves.gate(), halves.up()),
                    gate.upGradient(dy, halves.gate(), halves.up()), "A"), "dA");
        }
    }

    private void fused(FunctionProto.Builder function) {
        declare(function, List.of("X", "W_gate", "W_up", "b_gate", "b_up"), List.of("Y", "gate", "up"));
        String gated = projected("W_gate", has(3) ? "b_gate" : null);
        String up = projected("W_up", has(4) ? "b_up" : null);
        write.name(gate.y(gated, up), "Y");
        give(1, "gate", () -> gated);
        give(2, "up", () -> up);
    }

    private void fusedGrad(FunctionProto.Builder function) {
        declare(function, List.of("dY", "X", "W_gate", "W_up", "b_gate", "b_up", "gate", "up"),
                List.of("dX", "dW_gate", "dW_up", "db_gate", "db_up"));
        boolean saved = has(6);
        String gated = saved ? "gate" : projected("W_gate", has(4) ? "b_gate" : null);
        String up = saved ? "up" : projected("W_up", has(5) ? "b_up" : null);
        String dGate = write.rows(gate.gateGradient("dY", gated, up));
        String dUp = write.rows(gate.upGradient("dY", gated, up));
        give(0, "dX", () -> write.reshapedLike(
                write.add("Add", product(dGate, false, "W_gate", !transB), product(dUp, false, "W_up", !transB)), "X"));
        give(1, "dW_gate", () -> weightGradient(dGate));
        give(2, "dW_up", () -> weightGradient(dUp));
        give(3, "db_gate", () -> write.sum(dGate, false, 0));
        give(4, "db_up", () -> write.sum(dUp, false, 0));
    }

    private String weightGradient(String gradient) {
        String rows = write.rows("X");
        return transB ? product(gradient, true, rows, false) : product(rows, true, gradient, false);
    }

    private String product(String left, boolean transLeft, String right, boolean transRight) {
        return write.add("Gemm", List.of(left, right), Attributes.of("transA", transLeft ? 1 : 0),
                Attributes.of("transB", transRight ? 1 : 0));
    }

    private String projected(String weight, String bias) {
        String product = write.add("MatMul", "X", transB ? write.transposed(weight, 1, 0) : weight);
        return bias == null ? product : write.add("Add", product, bias);
    }

    /** As many of the operator's inputs as the node has, and outputs up to the last that is wanted. */
    private void declare(FunctionProto.Builder function, List<String> inputs, List<String> outputs) {
        function.addAllInput(inputs.subList(0, node.getInputCount()));
        IntStream.range(0, outputs.size()).filter(i -> wanted.stream().anyMatch(place -> place >= i)).mapToObj(outputs::get)
                .forEach(function::addOutput);
    }

    private boolean has(int input) {
        return input < node.getInputCount() && !node.getInput(input).isEmpty();
    }

    private void give(int output, String name, Supplier<String> value) {
        if (wanted.stream().anyMatch(place -> place >= output)) {
            write.name(value.get(), name);
        }
    }
}
