/**
 * {@code gradient}: from a forward graph, a graph that also computes gradients, by reverse accumulation over the graph. One rule
 * a class in {@code rule}, listed in {@code GradientRules}; {@code optimizer} appends the step that makes it a training step.
 */
package dev.swiglu.tools.gradient;
