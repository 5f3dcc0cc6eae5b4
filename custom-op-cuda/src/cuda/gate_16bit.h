// The gate of one element and its gradient on a GPU: as math/gate_element.h has them, with the activations of activation_16bit.h where
// the result is rounded to 16 bits.
#pragma once

#include "cuda/activation_16bit.h"
#include "math/gate_element.h"

namespace swiglu::cuda {

template <Activation kActivation> __device__ __forceinline__ float gated_16bit(const Gate& function, float gate, float up) {
  const float g = clamp_gate(gate, function.limited, function.limit);
  const float u = clamp_up(up, function.limited, function.limit) + function.up_offset;
  return activate_16bit<kActivation>(g, function.alpha) * u;
}

template <Activation kActivation>
__device__ __forceinline__ GateGradient<float> gated_gradient_16bit(const Gate& function, float dy, float gate, float up) {
  const float limit = function.limit;
  const float g = clamp_gate(gate, function.limited, limit);
  const float u = clamp_up(up, function.limited, limit) + function.up_offset;
  const ValueAndSlope a = activate_with_slope_16bit<kActivation>(g, function.alpha);
  const bool gate_passes = !function.limited || !(gate > limit);
  const bool up_passes = !function.limited || !(up > limit || up < -limit);
  return {gate_passes ? dy * u * a.slope : 0.0f, up_passes ? dy * a.value : 0.0f, a.value * u};
}

// The same in the precision that T's own rounding asks for.
template <class T, Activation kActivation> __device__ __forceinline__ float gated_as(const Gate& function, float gate, float up) {
  if constexpr (sizeof(T) == 2) {
    return gated_16bit<kActivation>(function, gate, up);
  } else {
    return gated<kActivation>(function, gate, up);
  }
}

template <class T, Activation kActivation>
__device__ __forceinline__ GateGradient<float> gated_gradient_as(const Gate& function, float dy, float gate, float up) {
  if constexpr (sizeof(T) == 2) {
    return gated_gradient_16bit<kActivation>(function, dy, gate, up);
  } else {
    return gated_gradient<kActivation>(function, dy, gate, up);
  }
}

}  // namespace swiglu::cuda
