package dev.swiglu.tools.mnist;

import dev.swiglu.tools.onnx.ElementType;

/**
 * What is trained, and how.
 *
 * @param batch pictures in a step
 * @param hidden width of the gated layer
 * @param rate the highest learning rate
 * @param type of the weights
 * @param seed of the first weights and of the order of the pictures
 */
public record Recipe(int epochs, int batch, int hidden, float rate, ElementType type, long seed) {}
