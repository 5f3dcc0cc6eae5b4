package dev.swiglu;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** What one run computed, by output name and in the model's order, or in the order in which the outputs were asked for. */
public final class Outputs {
    private final Map<String, Tensor> tensors;

    Outputs(Map<String, Tensor> tensors) {
        this.tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    }

    /** @throws IllegalArgumentException when the run did not compute an output of this name */
    public Tensor get(String name) {
        Tensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new IllegalArgumentException("The run computed no output '" + name + "'; it computed "
                    + String.join(", ", tensors.keySet()) + ".");
        }
        return tensor;
    }

    public Map<String, Tensor> asMap() {
        return tensors;
    }

    @Override
    public String toString() {
        return tensors.toString();
    }
}
