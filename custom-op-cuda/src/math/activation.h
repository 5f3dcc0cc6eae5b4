// The activations of a gate and their derivatives, with σ(x) = 1 / (1 + e⁻ˣ):
//
//   silu, quick_gelu  x·σ(αx)                              s + αx·s(1-s),          s = σ(αx)
//   sigmoid           σ(x)                                 s(1-s)
//   gelu              x·Φ(x),  Φ(x) = erfc(-x/√2)/2        Φ(x) + x·φ(x),          φ(x) = e^(-x²/2)/√(2π)
//   gelu_tanh         x·(1+tanh z)/2 = x·σ(2z)             s + x·s(1-s)·2z',       z = √(2/π)(x + 0.044715x³)
//   relu              max(x, 0)                            1 where x > 0
//   squared_relu      max(x, 0)²                           2·max(x, 0)
//   mish              x·tanh(ln(1+eˣ)) = x·t               t + x·σ(x)·(1-t²),      t = (w²+2w)/(w²+2w+2), w = eˣ
//   identity          x                                    1
//
// Each is written without subtracting nearly equal numbers: σ(x) and 1-σ(x) both come from e^(-|x|), so that silu(-20)
// has all its digits. Derivatives at a kink take the left value, 0. NaN comes out where NaN goes in.
#pragma once

#include "math/elementary.h"
#include "math/gate.h"

SWIGLU_BEGIN_ISA_NAMESPACE

template <class F> struct Sigmoid {
  F value;       // σ(x)
  F complement;  // 1 - σ(x)
};

template <class F> SWIGLU_INLINE Sigmoid<F> sigmoid(F x) {
  const F small = exponential(x < 0 ? x : -x);
  const F near_one = reciprocal(F(1) + small);
  const F near_zero = small * near_one;
  return {x < 0 ? near_zero : near_one, x < 0 ? near_one : near_zero};
}

template <class F> SWIGLU_INLINE F positive_part(F x) { return x < 0 ? F(0) : x; }

template <class F> SWIGLU_INLINE F normal_distribution(F x) {
  return F(0.5) * complementary_error(x * F(-0.70710678118654752440));
}

template <class F> SWIGLU_INLINE F gelu_tanh_argument(F x) {  // 2z
  return F(1.5957691216057307117) * (x + F(0.044715) * x * x * x);
}

// tanh(ln(1+eˣ)); from 20 on it is 1 to double precision, and eˣ need not be squared into infinity.
template <class F> SWIGLU_INLINE F mish_factor(F x) {
  const F w = exponential(x < F(20) ? x : F(20));
  const F q = w * (w + F(2));
  return x != x ? x : q / (q + F(2));
}

template <Activation kActivation, class F> SWIGLU_INLINE F activate(F x, F alpha) {
  if constexpr (kActivation == Activation::silu || kActivation == Activation::quick_gelu) {
    return x * sigmoid(alpha * x).value;
  } else if constexpr (kActivation == Activation::sigmoid) {
    return sigmoid(x).value;
  } else if constexpr (kActivation == Activation::gelu) {
    return x * normal_distribution(x);
  } else if constexpr (kActivation == Activation::gelu_tanh) {
    return x * sigmoid(gelu_tanh_argument(x)).value;
  } else if constexpr (kActivation == Activation::relu) {
    return positive_part(x);
  } else if constexpr (kActivation == Activation::squared_relu) {
    return positive_part(x) * positive_part(x);
  } else if constexpr (kActivation == Activation::mish) {
    return x * mish_factor(x);
  } else {
    return x;
  }
}

template <Activation kActivation, class F> SWIGLU_INLINE F activation_derivative(F x, F alpha) {
  if constexpr (kActivation == Activation::silu || kActivation == Activation::quick_gelu) {
    const Sigmoid<F> s = sigmoid(alpha * x);
    return s.value + alpha * x * s.value * s.complement;
  } else if constexpr (kActivation == Activation::sigmoid) {
    const Sigmoid<F> s = sigmoid(x);
    return s.value * s.complement;
  } else if constexpr (kActivation == Activation::gelu) {
    return normal_distribution(x) + x * F(0.39894228040143267794) * exponential(F(-0.5) * x * x);
  } else if constexpr (kActivation == Activation::gelu_tanh) {
    const Sigmoid<F> s = sigmoid(gelu_tanh_argument(x));
    const F slope = F(1.5957691216057307117) * (F(1) + F(3 * 0.044715) * x * x);
    return s.value + x * s.value * s.complement * slope;
  } else if constexpr (kActivation == Activation::relu) {
    return x != x ? x : F(x > 0);
  } else if constexpr (kActivation == Activation::squared_relu) {
    return F(2) * positive_part(x);
  } else if constexpr (kActivation == Activation::mish) {
    const F t = mish_factor(x);
    return t + x * sigmoid(x).value * (F(1) - t * t);
  } else {
    return F(1);
  }
}

template <Activation kActivation> struct ActivationTag {
  static constexpr Activation value = kActivation;
};

// Calls `body` with the activation as a compile-time constant.
template <class Body> SWIGLU_INLINE void with_activation(Activation activation, Body&& body) {
  switch (activation) {
    case Activation::silu: return body(ActivationTag<Activation::silu>{});
    case Activation::sigmoid: return body(ActivationTag<Activation::sigmoid>{});
    case Activation::gelu: return body(ActivationTag<Activation::gelu>{});
    case Activation::gelu_tanh: return body(ActivationTag<Activation::gelu_tanh>{});
    case Activation::relu: return body(ActivationTag<Activation::relu>{});
    case Activation::quick_gelu: return body(ActivationTag<Activation::silu>{});
    case Activation::squared_relu: return body(ActivationTag<Activation::squared_relu>{});
    case Activation::mish: return body(ActivationTag<Activation::mish>{});
    case Activation::identity: return body(ActivationTag<Activation::identity>{});
  }
}

SWIGLU_END_ISA_NAMESPACE
