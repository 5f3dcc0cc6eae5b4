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

// σ(t) and 1-σ(t) without a difference of nearly equal numbers: the smaller one is σ(-|t|), good relatively as above, and the other,
// at least 1/2, is 1 minus it.
__device__ __forceinline__ Sigmoid<float> sigmoid_pair_16bit(float t) {
  const float small = sigmoid_16bit(-fabsf(t));
  const float large = 1.0f - small;
  return {t < 0 ? small : large, t < 0 ? large : small};
}

// The gradient of the above. With s = σ(t) and s' = s·(1-s) from one pair, a = act(g) and a' are:
//   silu       t = αg         a = g·s   a' = s + t·s'
//   sigmoid    t = g          a = s     a' = s'
//   gelu_tanh  t = 2z(g)      a = g·s   a' = s + g·s'·t'(g)
// Where s + t·s' crosses 0 (near t = -1.28) its terms are 0.22 and their errors 2⁻²³ of that, as in float32 code.
template <Activation kActivation>
__device__ __forceinline__ GateGradient<float> gated_gradient_16bit(const Gate& function, float dy, float gate, float up) {
  constexpr bool kSilu = kActivation == Activation::silu || kActivation == Activation::quick_gelu;
  constexpr bool kGeluTanh = kActivation == Activation::gelu_tanh;
  if constexpr (!kSilu && !kGeluTanh && kActivation != Activation::sigmoid) {
    return gated_gradient<kActivation>(function, dy, gate, up);
  } else {
    const float g = clamp_gate(gate, function.limited, function.limit);
    const float u = clamp_up(up, function.limited, function.limit) + function.up_offset;
    const float t = kSilu ? function.alpha * g : kGeluTanh ? gelu_tanh_argument(g) : g;
    const Sigmoid<float> s = sigmoid_pair_16bit(t);
    const float slope = s.value * s.complement;
    float a = s.value, derivative = slope;
    if constexpr (kSilu) {
      a = g * s.value;
      derivative = s.value + t * slope;
    } else if constexpr (kGeluTanh) {
      a = g * s.value;
      derivative = s.value + g * slope * (1.5957691216057307117f * (1.0f + 3 * 0.044715f * g * g));
    }
    const bool gate_passes = !function.limited || !(gate > function.limit);
    const bool up_passes = !function.limited || !(up > function.limit || up < -function.limit);
    return {gate_passes ? dy * u * derivative : 0.0f, up_passes ? dy * a : 0.0f, a * u};
  }
}

// The gate as T's own rounding asks for it.
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
