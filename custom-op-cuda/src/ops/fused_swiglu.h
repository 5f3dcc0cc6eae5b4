// FusedSwiGLU       gate = X·W_gate + b_gate,  up = X·W_up + b_up,  Y = act(gate) ⊙ up
// FusedSwiGLUGrad   with d_gate = dY ⊙ up ⊙ act'(gate), d_up = dY ⊙ act(gate):
//                   dX = d_gate·W_gateᵀ + d_up·W_upᵀ,  dW = Xᵀ·d,  db = Σ d over all rows;  Y recomputed
//
// X [..., K], weights [K, N] (or [N, K] with transB), biases [N], everything else [..., N]; any rank from 1, any size from 0.
// gate and up are the values before activation, clamp and offset. Products accumulate in float32 (float64 for float64), the gate
// is evaluated there, and each output is rounded once. Only outputs that the node names are computed. Beyond them, FusedSwiGLUGrad on
// CUDA takes 2·M·N elements for d_gate and d_up from ONNX Runtime's arena, and little more (cuda/fused_grad/paths.h).
#pragma once

#include "ops/problems.h"
#include "ort/custom_op.h"

namespace swiglu {

extern const ort::OperatorSpec kFusedSwiGLU;
extern const ort::OperatorSpec kFusedSwiGLUGrad;

// From the shapes of X and W_gate.
GemmSizes gemm_sizes(const Shape& x, const Shape& w_gate, bool trans_b);

template <class T> FusedSwiGLUProblem<T> fused_swiglu_problem(const ort::Call& call) {
  return {call.attributes().gate,
          gemm_sizes(call.input_shape(0), call.input_shape(1), call.attributes().trans_b),
          call.input<T>(0), call.input<T>(1), call.input<T>(2), call.input<T>(3), call.input<T>(4),
          call.output<T>(0), call.output<T>(1), call.output<T>(2), call.attributes().exact_float32};
}

template <class T> FusedSwiGLUGradProblem<T> fused_swiglu_grad_problem(const ort::Call& call) {
  return {call.attributes().gate,
          gemm_sizes(call.input_shape(1), call.input_shape(2), call.attributes().trans_b),
          call.input<T>(0), call.input<T>(1), call.input<T>(2), call.input<T>(3), call.input<T>(4), call.input<T>(5),
          call.input<T>(6), call.input<T>(7),
          call.output<T>(0), call.output<T>(1), call.output<T>(2), call.output<T>(3), call.output<T>(4), call.output<T>(5),
          call.attributes().exact_float32};
}

}  // namespace swiglu
