package dev.swiglu.tools.verify.inputs;

import dev.swiglu.Tensor;
import java.util.Map;

/** One set of inputs for a model, under a name that reports show. */
public record Sample(String name, Map<String, Tensor> inputs) {}
