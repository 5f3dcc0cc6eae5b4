// The activations of math/activation.h on a GPU where the result is rounded to 16 bits: straight from the hardware's 2ˣ and 1/x,
//   σ(t) = 1 / (1 + 2^(-t / ln 2))            its relative error, at most (4 + |t|) · 2⁻²³ also far out on the negative side,
//   Φ(-x) = e^(-x²/2) · t · P(t) / 2,         stays two orders of magnitude under half a unit in the last place of float16;
//           t = 1 / (1 + 0.44·x/√2), x ≥ 0    P of degree 5 fitted to the least relative error, 6·10⁻⁶ for every x.
// The other side of each follows by σ(t) = 1 - σ(-t), so that nothing is a difference of nearly equal numbers.
#pragma once

#include "math/activation.h"

namespace swiglu::cuda {

constexpr float kLog2E = 1.44269504089f;

// σ(alpha·x); of a constant alpha nothing is left in a loop but one product.
__device__ __forceinline__ float sigmoid_16bit(float x, float alpha = 1.0f) {
  return reciprocal(1.0f + power_of_two(x * (alpha * -kLog2E)));
}

__device__ __forceinline__ Sigmoid<float> sigmoid_pair_16bit(float t) {
  const float small = sigmoid_16bit(-fabsf(t));
  const float large = 1.0f - small;
  return {t < 0 ? small : large, t < 0 ? large : small};
}

struct Normal {
  float distribution, density;  // Φ(x), φ(x)
};

__device__ __forceinline__ Normal normal_16bit(float x) {
  const float falling = power_of_two(x * x * (-0.5f * kLog2E));
  const float t = reciprocal(1.0f + 0.31112698f * fabsf(x));
  float p = -0.0730527091f;
  p = p * t + 0.175326043f;
  p = p * t + 0.0203656251f;
  p = p * t + 0.131793151f;
  p = p * t + 0.121284782f;
  p = p * t + 0.124280506f;
  const float small = falling * (t * p);
  return {x < 0 ? small : 1.0f - small, 0.39894228f * falling};
}

// t = tanh(ln(1+eˣ)), 1-t² and σ(x) from w = eˣ; from x = 20 on they are 1, 0 and 1. For a NaN they are numbers: the factor x
// brings it.
struct Mish {
  float factor, factor_slope, sigmoid;
};

__device__ __forceinline__ Mish mish_16bit(float x) {
  const float w = power_of_two((x < 20.0f ? x : 20.0f) * kLog2E);
  const float q = w * (w + 2.0f);
  const float r = reciprocal(q + 2.0f), factor = q * r;
  return {factor, 2.0f * r * (1.0f + factor), w * reciprocal(1.0f + w)};
}

template <Activation kActivation> __device__ __forceinline__ float activate_16bit(float x, float alpha) {
  if constexpr (kActivation == Activation::silu || kActivation == Activation::quick_gelu) {
    return x * sigmoid_16bit(x, alpha);
  } else if constexpr (kActivation == Activation::sigmoid) {
    return sigmoid_16bit(x);
  } else if constexpr (kActivation == Activation::gelu) {
    return x * normal_16bit(x).distribution;
  } else if constexpr (kActivation == Activation::gelu_tanh) {
    return x * sigmoid_16bit(gelu_tanh_argument(x));
  } else if constexpr (kActivation == Activation::mish) {
    return x * mish_16bit(x).factor;
  } else {
    return activate<kActivation>(x, alpha);
  }
}

// The value once more, with the derivative; they share their exponential. Where the derivative crosses 0 its two terms are about 0.2,
// and their errors small against what the last place of a 16-bit x makes of it. The silu's 1-σ may be a difference: it counts beside
// a 1, and from t = 17 on it is 0.
struct ValueAndSlope {
  float value, slope;
};

template <Activation kActivation> __device__ __forceinline__ ValueAndSlope activate_with_slope_16bit(float x, float alpha) {
  if constexpr (kActivation == Activation::silu || kActivation == Activation::quick_gelu) {
    const float s = sigmoid_16bit(x, alpha), t = alpha * x;
    return {x * s, s + s * (t - t * s)};
  } else if constexpr (kActivation == Activation::sigmoid) {
    const Sigmoid<float> s = sigmoid_pair_16bit(x);
    return {s.value, s.value * s.complement};
  } else if constexpr (kActivation == Activation::gelu) {
    const Normal normal = normal_16bit(x);
    return {x * normal.distribution, normal.distribution + x * normal.density};
  } else if constexpr (kActivation == Activation::gelu_tanh) {
    const Sigmoid<float> s = sigmoid_pair_16bit(gelu_tanh_argument(x));
    const float argument_slope = 1.5957691216f * (1.0f + 0.134145f * x * x);
    return {x * s.value, s.value + x * (s.value * s.complement) * argument_slope};
  } else if constexpr (kActivation == Activation::mish) {
    const Mish mish = mish_16bit(x);
    return {x * mish.factor, mish.factor + x * mish.sigmoid * mish.factor_slope};
  } else {
    return {activate<kActivation>(x, alpha), activation_derivative<kActivation>(x, alpha)};
  }
}

}  // namespace swiglu::cuda
