package dev.swiglu.tools.rewrite.pattern;

import ai.onnx.proto.OnnxMl.AttributeProto;
import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.onnx.NodeRef;
import dev.swiglu.tools.onnx.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;

/** Takes clamps and a shift in front of a gated product into it, where they are exactly those that the operators have. */
record ClampSearch(ModelView view, Scope scope) {

    /** A value that {@code nodes} make of {@code source}, and the number by which they do. */
    private record Step(String source, float number, List<NodeRef> nodes) {
    }

    GatedProduct widened(GatedProduct product) {
        Step up = shift(product.up()).orElseGet(() -> new Step(product.up(), 0, List.of()));
        Optional<Step> gateLimit = limitFromAbove(product.gate().input());
        Optional<Step> upLimit = limitFromBothSides(up.source());
        boolean limited = gateLimit.isPresent() && upLimit.isPresent() && gateLimit.get().number() == upLimit.get().number()
                && product.gate().bias().isEmpty();
        List<NodeRef> nodes = new ArrayList<>(product.gate().nodes());
        nodes.addAll(up.nodes());
        if (limited) {
            nodes.addAll(gateLimit.get().nodes());
            nodes.addAll(upLimit.get().nodes());
        }
        Clamping clamping = new Clamping(limited ? gateLimit.get().number() : Clamping.NONE.limit(), up.number());
        Gate old = product.gate();
        Gate gate = new Gate(old.activation(), limited ? gateLimit.get().source() : old.input(), old.bias(), nodes,
                old.form() + (limited ? " clamped" : ""));
        GatedProduct widened = new GatedProduct(product.product(), gate, limited ? upLimit.get().source() : up.source(), clamping);
        boolean apart = Stream.of(gate.input(), widened.up())
                .flatMap(value -> scope.producer(value).stream()).noneMatch(nodes::contains);
        return !clamping.equals(Clamping.NONE) && apart && areReadNowhereElse(nodes, product.product()) ? widened : product;
    }

    private boolean areReadNowhereElse(List<NodeRef> nodes, NodeRef product) {
        return nodes.stream().allMatch(node -> !scope.isOutput(node.output(0)) && scope.consumers(node.output(0)).stream()
                .allMatch(reader -> reader.equals(product) || nodes.contains(reader)));
    }

    private Optional<Step> shift(String value) {
        return local(value).filter(node -> node.is("Add")).flatMap(this::withNumber);
    }

    private Optional<Step> limitFromAbove(String value) {
        return local(value).flatMap(node -> node.is("Min") ? withNumber(node)
                : !hasMinimum(node)
                        ? bound(node, 2, "max").map(limit -> new Step(node.input(0), limit, List.of(node))) : Optional.empty());
    }

    private Optional<Step> limitFromBothSides(String value) {
        Optional<NodeRef> outer = local(value);
        Optional<Step> clip = outer.flatMap(node -> bound(node, 2, "max")
                .filter(limit -> bound(node, 1, "min").filter(low -> low == -limit).isPresent())
                .map(limit -> new Step(node.input(0), limit, List.of(node))));
        return clip.or(() -> outer.filter(node -> node.is("Min") || node.is("Max")).flatMap(node -> withNumber(node)
                .flatMap(last -> local(last.source()).filter(inner -> inner.is(node.is("Min") ? "Max" : "Min"))
                        .flatMap(this::withNumber).filter(first -> first.number() == -last.number())
                        .map(first -> new Step(first.source(), Math.abs(last.number()), List.of(node, first.nodes().get(0)))))));
    }

    /** A node of two operands of which one is a number. */
    private Optional<Step> withNumber(NodeRef node) {
        for (int operand = 0; operand < 2 && node.node().getInputCount() == 2; operand++) {
            Optional<Float> number = number(node.input(1 - operand));
            if (number.isPresent()) {
                return Optional.of(new Step(node.input(operand), number.get(), List.of(node)));
            }
        }
        return Optional.empty();
    }

    /** A bound of a Clip: an input, or an attribute before opset 11. */
    private Optional<Float> bound(NodeRef clip, int input, String attribute) {
        return !clip.is("Clip") ? Optional.empty()
                : Attributes.find(clip.node(), attribute).map(AttributeProto::getF).or(() -> number(clip.input(input)));
    }

    private static boolean hasMinimum(NodeRef clip) {
        return Attributes.find(clip.node(), "min").isPresent() || !clip.input(1).isEmpty();
    }

    private Optional<Float> number(String value) {
        OptionalDouble number = value.isEmpty() ? OptionalDouble.empty() : view.index().scalar(scope, value);
        boolean representable = number.isPresent() && (float) number.getAsDouble() == number.getAsDouble();
        return representable ? Optional.of((float) number.getAsDouble()) : Optional.empty();
    }

    private Optional<NodeRef> local(String value) {
        return scope.ownProducer(SameValue.withoutIdentity(scope, value));
    }
}
