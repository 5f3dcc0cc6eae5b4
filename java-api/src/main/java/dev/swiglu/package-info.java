/**
 * Runs ONNX models with fused SwiGLU operators.
 *
 * <pre>{@code
 * try (ModelSession session = ModelSession.builder(Path.of("model.onnx")).device(Device.best()).open()) {
 *     Outputs outputs = session.run(Map.of("input_ids", Tensor.int64(new long[] {1, 15043, 3186}, 1, 3)));
 *     Tensor logits = outputs.get("logits");
 *     double first = logits.get(0, 2, 0);
 * }
 * }</pre>
 *
 * <p>{@link dev.swiglu.SessionBuilder#openResident} opens the same model for tensors that stay in the device's memory from one
 * run to the next, as a key-value cache should: {@link dev.swiglu.ResidentSession}.
 *
 * <p>ONNX Runtime 1.22 or newer comes from the application: {@code onnxruntime}, or {@code onnxruntime_gpu} for GPUs. Only
 * {@link dev.swiglu.SwiGlu#register} is needed to use the operators in sessions of one's own.
 */
package dev.swiglu;
