package dev.swiglu.tools.verify.inputs;

import dev.swiglu.TensorType;

/** An input that is part of the key-value cache, as large as a workload's past. */
public record CacheInput(String name, TensorType type, long[] shape) {}
