// The gate and its derivatives in float64 on the GPU, straight from the formulas in math/activation.h, for the judges.
#pragma once

#include <cmath>

#include "math/float16.h"
#include "math/gate.h"

namespace test {

using swiglu::Activation;
using swiglu::Gate;

__device__ inline double sigmoid64(double x) { return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x)); }

__device__ inline double activate64(const Gate& gate, double x) {
  switch (gate.activation) {
    case Activation::silu:
    case Activation::quick_gelu: return x * sigmoid64(gate.alpha * x);
    case Activation::sigmoid: return sigmoid64(x);
    case Activation::gelu: return 0.5 * x * erfc(-x / sqrt(2.0));
    case Activation::gelu_tanh: return x * sigmoid64(2 * sqrt(2 / M_PI) * (x + 0.044715 * x * x * x));
    case Activation::relu: return x > 0 ? x : 0;
    case Activation::squared_relu: return x > 0 ? x * x : 0;
    case Activation::mish: {
      const double w = exp(fmin(x, 30.0));
      return x * (w * w + 2 * w) / (w * w + 2 * w + 2);
    }
    case Activation::identity: return x;
  }
  return NAN;
}

__device__ inline double slope64(const Gate& gate, double x) {
  switch (gate.activation) {
    case Activation::silu:
    case Activation::quick_gelu: {
      const double s = sigmoid64(gate.alpha * x);
      return s + gate.alpha * x * s * sigmoid64(-gate.alpha * x);
    }
    case Activation::sigmoid: return sigmoid64(x) * sigmoid64(-x);
    case Activation::gelu: return 0.5 * erfc(-x / sqrt(2.0)) + x * exp(-x * x / 2) / sqrt(2 * M_PI);
    case Activation::gelu_tanh: {
      const double z = 2 * sqrt(2 / M_PI) * (x + 0.044715 * x * x * x), s = sigmoid64(z);
      return s + x * s * sigmoid64(-z) * 2 * sqrt(2 / M_PI) * (1 + 3 * 0.044715 * x * x);
    }
    case Activation::relu: return x > 0;
    case Activation::squared_relu: return x > 0 ? 2 * x : 0;
    case Activation::mish: {
      const double w = exp(fmin(x, 30.0)), t = (w * w + 2 * w) / (w * w + 2 * w + 2);
      return t + x * sigmoid64(x) * (1 - t * t);
    }
    case Activation::identity: return 1;
  }
  return NAN;
}

__device__ inline double activated64(const Gate& gate, double g) {
  return activate64(gate, gate.limited ? fmin(g, double(gate.limit)) : g);
}

__device__ inline double offset64(const Gate& gate, double u) {
  const double limit = gate.limit;
  return (gate.limited ? fmax(-limit, fmin(u, limit)) : u) + gate.up_offset;
}

__device__ inline double gated64(const Gate& gate, double g, double u) { return activated64(gate, g) * offset64(gate, u); }

// ∂(gated)/∂gate apart from the factor offset64(u), and whether ∂/∂up passes.
__device__ inline double gate_slope64(const Gate& gate, double g) {
  return gate.limited && g > gate.limit ? 0 : slope64(gate, g);
}
__device__ inline double up_passes64(const Gate& gate, double u) { return !(gate.limited && fabs(u) > gate.limit); }

template <class T> __device__ float rounded(double value) { return swiglu::widen(swiglu::narrow<T>(static_cast<float>(value))); }

}  // namespace test
