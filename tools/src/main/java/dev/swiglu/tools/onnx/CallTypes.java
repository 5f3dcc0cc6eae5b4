package dev.swiglu.tools.onnx;

import dev.swiglu.tools.onnx.ValueTypes.ValueType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What all calls of a function agree on: the types of what goes in and comes out. Only numbers pass from a call to the body
 * and back; symbols of the caller mean nothing there.
 */
final class CallTypes {
    private final Map<LocalFunction, List<ValueType>> inputs = new HashMap<>();
    private final Map<LocalFunction, List<ValueType>> outputs = new HashMap<>();
    private boolean changed;

    /** Whether something became known or less known since the last time that this was asked. */
    boolean changed() {
        boolean answer = changed;
        changed = false;
        return answer;
    }

    /** Notes what one call hands over. */
    void called(LocalFunction function, List<ValueType> arguments) {
        List<String> names = function.function().getInputList();
        List<ValueType> earlier = inputs.get(function);
        List<ValueType> agreed = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            ValueType argument = i < arguments.size() ? arguments.get(i) : ValueType.unknown(names.get(i));
            agreed.add(agreed(earlier == null ? argument : earlier.get(i), argument, names.get(i)));
        }
        changed |= !agreed.equals(inputs.put(function, agreed));
    }

    /** Notes what the body was found to make. */
    void returned(LocalFunction function, List<ValueType> results) {
        changed |= !results.equals(outputs.put(function, results));
    }

    /** The types of the function's inputs; unknown where nobody calls it. */
    ValueType input(LocalFunction function, int index) {
        return inputs.containsKey(function) ? inputs.get(function).get(index)
                : ValueType.unknown(function.function().getInput(index));
    }

    /** The type of {@code value}, the {@code index}th output of a call. */
    Optional<ValueType> output(LocalFunction function, int index, String value) {
        return Optional.ofNullable(outputs.get(function)).filter(types -> index < types.size()).map(types -> types.get(index))
                .map(type -> agreed(type, type, value));
    }

    private static ValueType agreed(ValueType left, ValueType right, String name) {
        ElementType element = left.element() == right.element() ? left.element() : ElementType.UNKNOWN;
        if (left.shape().rank() != right.shape().rank() || !left.shape().isRankKnown()) {
            return new ValueType(element, Shape.unknown(name));
        }
        List<String> sizes = new ArrayList<>();
        for (int i = 0; i < left.shape().rank(); i++) {
            boolean same = left.shape().size(i).isPresent() && left.shape().size(i).equals(right.shape().size(i));
            sizes.add(same ? left.shape().sizes().get(i) : "?" + i + " of " + name);
        }
        return new ValueType(element, new Shape(null, sizes));
    }
}
