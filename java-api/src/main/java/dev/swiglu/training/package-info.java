/**
 * Trains models in ONNX Runtime, by graphs that are one whole training step.
 *
 * <pre>{@code
 * DataPosition data = DataPosition.start(seed);
 * try (Trainer trainer = Trainer.builder(Path.of("step.onnx")).learningRate(LearningRate.cosine(2e-3f, 100, 4000)).open()) {
 *     while (data.epoch() < 10) {
 *         StepResult result = trainer.step(Map.of("images", images(data), "labels", labels(data)));
 *         data = data.next(batchesInEpoch);
 *     }
 *     trainer.checkpoint(Path.of("run.safetensors"), data);
 * }
 * }</pre>
 */
package dev.swiglu.training;
