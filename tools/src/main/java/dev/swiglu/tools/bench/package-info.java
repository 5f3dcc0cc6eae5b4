/**
 * Timing of models, two at a time in turns: {@link Benchmark} says who runs against whom, a {@link TimedModel} is a model in one
 * of the ways to run it, and {@link BenchReport} what was measured.
 */
package dev.swiglu.tools.bench;
