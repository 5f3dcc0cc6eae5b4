package dev.swiglu;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Compares what a caller passes with what the model declares, and says what differs before ONNX Runtime sees it. */
final class RunArguments {
    private RunArguments() {}

    static void check(List<ValueInfo> declared, Map<String, Tensor> given) {
        refuseUnknown("input", declared, given.keySet());
        for (ValueInfo input : declared) {
            Tensor tensor = given.get(input.name());
            if (tensor == null) {
                throw new IllegalArgumentException("The input '" + input.name() + "' is missing; the model expects "
                        + input.type() + input.shapeText() + ".");
            }
            check(input, tensor);
        }
    }

    private static void check(ValueInfo input, Tensor tensor) {
        if (tensor.type() != input.type()) {
            throw new IllegalArgumentException("The input '" + input.name() + "' is " + tensor.type()
                    + ", and the model expects " + input.type() + input.shapeText() + ".");
        }
        if (!input.accepts(tensor.shape())) {
            throw new IllegalArgumentException("The input '" + input.name() + "' has the shape "
                    + Arrays.toString(tensor.shape()) + ", and the model expects " + input.type() + input.shapeText() + ".");
        }
    }

    static void check(List<ValueInfo> declared, Set<String> wanted) {
        if (wanted.isEmpty()) {
            throw new IllegalArgumentException("No output is wanted; the model's outputs are " + names(declared) + ".");
        }
        refuseUnknown("output", declared, wanted);
    }

    private static void refuseUnknown(String kind, List<ValueInfo> declared, Collection<String> names) {
        for (String name : names) {
            if (declared.stream().noneMatch(value -> value.name().equals(name))) {
                throw new IllegalArgumentException("The model has no " + kind + " '" + name + "'; its " + kind + "s are "
                        + names(declared) + ".");
            }
        }
    }

    private static String names(List<ValueInfo> declared) {
        return declared.stream().map(ValueInfo::name).collect(Collectors.joining(", "));
    }
}
