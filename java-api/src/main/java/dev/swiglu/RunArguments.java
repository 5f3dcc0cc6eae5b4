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
                throw missing(input);
            }
            check("The input", input, "expects", tensor.type(), tensor.shape());
        }
    }

    /** That each input has something bound to it. */
    static void checkBound(List<ValueInfo> declared, Set<String> bound) {
        for (ValueInfo input : declared) {
            if (!bound.contains(input.name())) {
                throw missing(input);
            }
        }
    }

    private static IllegalArgumentException missing(ValueInfo input) {
        return new IllegalArgumentException("The input '" + input.name() + "' is missing; the model expects "
                + input.type() + input.shapeText() + ".");
    }

    static void checkInput(List<ValueInfo> declared, String name, TensorType type, long[] shape) {
        check("The input", named("input", name, declared), "expects", type, shape);
    }

    static void checkOutput(List<ValueInfo> declared, String name, TensorType type, long[] shape) {
        check("The tensor for the output", named("output", name, declared), "gives", type, shape);
    }

    private static void check(String what, ValueInfo value, String verb, TensorType type, long[] shape) {
        String declared = ", and the model " + verb + " " + value.type() + value.shapeText() + ".";
        if (type != value.type()) {
            throw new IllegalArgumentException(what + " '" + value.name() + "' is " + type + declared);
        }
        if (!value.accepts(shape)) {
            throw new IllegalArgumentException(what + " '" + value.name() + "' has the shape " + Arrays.toString(shape) + declared);
        }
    }

    static void checkOutput(List<ValueInfo> declared, String name) {
        named("output", name, declared);
    }

    static void check(List<ValueInfo> declared, Set<String> wanted) {
        requireSome(declared, wanted);
        refuseUnknown("output", declared, wanted);
    }

    /** That an output is wanted. */
    static void requireSome(List<ValueInfo> declared, Set<String> wanted) {
        if (wanted.isEmpty()) {
            throw new IllegalArgumentException("No output is wanted; the model's outputs are " + names(declared) + ".");
        }
    }

    private static void refuseUnknown(String kind, List<ValueInfo> declared, Collection<String> names) {
        names.forEach(name -> named(kind, name, declared));
    }

    /** A plain loop, because generating text asks for each part of the cache at each token. */
    private static ValueInfo named(String kind, String name, List<ValueInfo> declared) {
        for (ValueInfo value : declared) {
            if (value.name().equals(name)) {
                return value;
            }
        }
        throw new IllegalArgumentException("The model has no " + kind + " '" + name + "'; its " + kind + "s are " + names(declared)
                + ".");
    }

    private static String names(List<ValueInfo> declared) {
        return declared.stream().map(ValueInfo::name).collect(Collectors.joining(", "));
    }
}
