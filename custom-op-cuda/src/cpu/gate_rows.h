// The gate on rows of accumulators: everything between the products and the rounding. Rows are short enough to stay in
// the first-level cache; reading and writing tensors converts.
#pragma once

#include "math/float16.h"
#include "math/gate_element.h"

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

// y = act(gate) ⊙ up; y may overwrite gate or up.
template <class F> void gate_row(const Gate& function, const F* gate, const F* up, int64_t n, F* y) {
  const Gate local = function;
  with_activation(local.activation, [&](auto activation) {
#pragma GCC ivdep
    for (int64_t i = 0; i < n; ++i) y[i] = gated<decltype(activation)::value>(local, gate[i], up[i]);
  });
}

// The gradients of y and y itself; they may overwrite dy, gate and up.
template <class F>
void gate_grad_row(const Gate& function, const F* dy, const F* gate, const F* up, int64_t n, F* d_gate, F* d_up, F* y) {
  const Gate local = function;
  with_activation(local.activation, [&](auto activation) {
#pragma GCC ivdep
    for (int64_t i = 0; i < n; ++i) {
      const GateGradient<F> d = gated_gradient<decltype(activation)::value>(local, dy[i], gate[i], up[i]);
      y[i] = d.y;
      d_gate[i] = d.gate;
      d_up[i] = d.up;
    }
  });
}

SWIGLU_END_ISA_NAMESPACE
