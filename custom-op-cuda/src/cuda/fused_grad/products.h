// The products of FusedSwiGLU's gradient, on d_gate and d_up as the elementwise derivative made them. A null output is not wanted.
#pragma once

#include "ops/problems.h"

namespace swiglu::cuda {

// dx = d_gate·w_gateᵀ + d_up·w_upᵀ,  dw_gate = xᵀ·d_gate,  dw_up = xᵀ·d_up;  with trans_b the weights' gradients are transposed, too.
// d_gate and d_up are [m, n], everything else is as in FusedSwiGLUGradProblem. Sums are float32, each output is rounded once.
template <class T> struct GradProducts {
  GemmSizes sizes;
  const T *d_gate, *d_up, *x, *w_gate, *w_up;
  T *dx, *dw_gate, *dw_up;
};

}  // namespace swiglu::cuda
