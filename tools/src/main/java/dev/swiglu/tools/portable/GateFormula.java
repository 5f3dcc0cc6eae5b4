package dev.swiglu.tools.portable;

import ai.onnx.proto.OnnxMl.NodeProto;
import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.onnx.ElementType;

/**
 * The gate of a dev.swiglu node in standard operators: Y = a(g)·u with g = min(gate, limit), u = clamp(up, ±limit) + up_offset,
 * and dGate = dY·u·a'(g) where gate ≤ limit, dUp = dY·a(g) where |up| ≤ limit, both 0 elsewhere.
 */
final class GateFormula {
    private static final float QUICK_GELU_ALPHA = 1.702f;

    private final NodeProto node;
    private final GraphWriter write;
    private final Formula formula;
    private final String activation;
    private final double alpha;

    GateFormula(NodeProto node, GraphWriter write, ElementType element) {
        this.node = node;
        this.write = write;
        this.formula = new Formula(write, element);
        this.activation = Attributes.text(node, "activation", "silu");
        this.alpha = Attributes.real(node, "alpha", activation.equals("quick_gelu") ? QUICK_GELU_ALPHA : 1);
    }

    String y(String gate, String up) {
        return formula.mul(formula.activated(activation, clampedGate(gate), alpha), shiftedUp(up));
    }

    String gateGradient(String dy, String gate, String up) {
        String gradient = formula.derived(activation, clampedGate(gate), alpha, formula.mul(dy, shiftedUp(up)));
        return limited() ? passed(gradient, gate) : gradient;
    }

    String upGradient(String dy, String gate, String up) {
        String gradient = formula.mul(dy, formula.activated(activation, clampedGate(gate), alpha));
        return limited() ? passed(gradient, write.add("Abs", up)) : gradient;
    }

    private String passed(String gradient, String magnitude) {
        String passes = write.add("Not", write.add("Greater", magnitude, limit(1)));
        return formula.mul(gradient, write.cast(passes, formula.element()));
    }

    private String clampedGate(String gate) {
        return limited() ? write.add("Min", gate, limit(1)) : gate;
    }

    private String shiftedUp(String up) {
        String clamped = limited() ? write.add("Max", write.add("Min", up, limit(1)), limit(-1)) : up;
        float offset = Attributes.real(node, "up_offset", 0);
        return offset == 0 ? clamped : formula.add(clamped, formula.number(offset));
    }

    private boolean limited() {
        return Attributes.find(node, "limit").isPresent();
    }

    private String limit(int sign) {
        return formula.number(sign * Attributes.real(node, "limit", 0));
    }
}
