// The gate of one element on a GPU where the result is rounded to 16 bits: as math/gate_element.h has it, but with
//   σ(t) = 1 / (1 + 2^(-t / ln 2))
// straight from the hardware's 2ˣ and 1/x. Its relative error, at most (4 + |t|) · 2⁻²³ also far out on the negative side, stays
// two orders of magnitude under half a unit in the last place of float16.
#pragma once

#include "math/gate_element.h"

namespace swiglu::cuda {

__device__ __forceinline__ float sigmoid_16bit(float t) { return reciprocal(1.0f + power_of_two(t * -1.44269504089f)); }

template <Activation kActivation> __device__ __forceinline__ float gated_16bit(const Gate& function, float gate, float up) {
  const float g = clamp_gate(gate, function.limited, function.limit);
  const float u = clamp_up(up, function.limited, function.limit) + function.up_offset;
  if constexpr (kActivation == Activation::silu || kActivation == Activation::quick_gelu) {
    return g * sigmoid_16bit(function.alpha * g) * u;
  } else if constexpr (kActivation == Activation::sigmoid) {
    return sigmoid_16bit(g) * u;
  } else if constexpr (kActivation == Activation::gelu_tanh) {
    return g * sigmoid_16bit(gelu_tanh_argument(g)) * u;
  } else {
    return activate<kActivation>(g, function.alpha) * u;
  }
}

}  // namespace swiglu::cuda
