package dev.swiglu.training;

import dev.swiglu.Outputs;

/**
 * What one step did.
 *
 * @param step steps taken so far, this one included if it was
 * @param loss of the batch, before the step, not scaled
 * @param finite false when a gradient overflowed, so that weights and optimizer state are what they were; without loss
 *               scaling nothing checks, and it is always true
 * @param learningRate that the step used
 * @param lossScale that the step used; 1 where the model does not scale
 * @param outputs of the forward model, as asked for
 */
public record StepResult(long step, double loss, boolean finite, float learningRate, float lossScale, Outputs outputs) {}
