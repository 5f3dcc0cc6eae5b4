// The gate on rows of accumulators: everything between the products and the rounding. Rows are short enough to stay in
// the first-level cache; reading and writing tensors converts.
#pragma once

#include "math/activation.h"
#include "math/float16.h"

SWIGLU_BEGIN_ISA_NAMESPACE

template <class T> SWIGLU_INLINE void read_row(const T* from, int64_t step, int64_t n, Accumulator<T>* to) {
  if (step == 1) {
    for (int64_t i = 0; i < n; ++i) to[i] = widen(from[i]);
  } else {
    for (int64_t i = 0; i < n; ++i) to[i] = widen(from[i * step]);
  }
}

template <class T> SWIGLU_INLINE void write_row(const Accumulator<T>* from, int64_t n, T* to, int64_t step) {
  if (step == 1) {
    for (int64_t i = 0; i < n; ++i) to[i] = narrow<T>(from[i]);
  } else {
    for (int64_t i = 0; i < n; ++i) to[i * step] = narrow<T>(from[i]);
  }
}

template <class F> SWIGLU_INLINE F clamp_gate(F gate, bool limited, F limit) {
  return limited && gate > limit ? limit : gate;
}

template <class F> SWIGLU_INLINE F clamp_up(F up, bool limited, F limit) {
  const F low = limited && up < -limit ? -limit : up;
  return limited && low > limit ? limit : low;
}

// y = act(clamp(gate)) ⊙ (clamp(up) + up_offset); y may overwrite gate or up.
template <class F> void gate_row(const Gate& function, const F* gate, const F* up, int64_t n, F* y) {
  const F alpha = function.alpha, limit = function.limit, offset = function.up_offset;
  const bool limited = function.limited;
  with_activation(function.activation, [&](auto activation) {
#pragma GCC ivdep
    for (int64_t i = 0; i < n; ++i) {
      const F g = clamp_gate(gate[i], limited, limit);
      const F u = clamp_up(up[i], limited, limit) + offset;
      y[i] = activate<decltype(activation)::value>(g, alpha) * u;
    }
  });
}

// From y = a(g)·u with g = clamp(gate), u = clamp(up) + offset:
//   ∂y/∂gate = a'(g)·u where the gate was not clamped, else 0;   ∂y/∂up = a(g) where up was not clamped, else 0.
// A clamp passes the gradient at its very limit. The results may overwrite dy, gate or up.
template <class F>
void gate_grad_row(const Gate& function, const F* dy, const F* gate, const F* up, int64_t n, F* d_gate, F* d_up, F* y) {
  const F alpha = function.alpha, limit = function.limit, offset = function.up_offset;
  const bool limited = function.limited;
  with_activation(function.activation, [&](auto activation) {
    constexpr Activation kActivation = decltype(activation)::value;
#pragma GCC ivdep
    for (int64_t i = 0; i < n; ++i) {
      const F raw_gate = gate[i], raw_up = up[i], d = dy[i];
      const F g = clamp_gate(raw_gate, limited, limit);
      const F u = clamp_up(raw_up, limited, limit) + offset;
      const F a = activate<kActivation>(g, alpha);
      const bool gate_passes = !limited || !(raw_gate > limit);
      const bool up_passes = !limited || !(raw_up > limit || raw_up < -limit);
      y[i] = a * u;
      d_gate[i] = gate_passes ? d * u * activation_derivative<kActivation>(g, alpha) : F(0);
      d_up[i] = up_passes ? d * a : F(0);
    }
  });
}

SWIGLU_END_ISA_NAMESPACE
