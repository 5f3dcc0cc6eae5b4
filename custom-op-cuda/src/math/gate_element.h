// One element of a gate and of its gradient, between widening and rounding; the same on every provider.
#pragma once

#include "math/activation.h"

SWIGLU_BEGIN_ISA_NAMESPACE

template <class F> SWIGLU_INLINE F clamp_gate(F gate, bool limited, F limit) { return limited && gate > limit ? limit : gate; }

template <class F> SWIGLU_INLINE F clamp_up(F up, bool limited, F limit) {
  const F low = limited && up < -limit ? -limit : up;
  return limited && low > limit ? limit : low;
}

// act(clamp(gate)) · (clamp(up) + up_offset)
template <Activation kActivation, class F> SWIGLU_INLINE F gated(const Gate& function, F gate, F up) {
  const F limit = function.limit;
  const F g = clamp_gate(gate, function.limited, limit);
  const F u = clamp_up(up, function.limited, limit) + F(function.up_offset);
  return activate<kActivation>(g, F(function.alpha)) * u;
}

template <class F> struct GateGradient {
  F gate, up, y;
};

// From y = a(g)·u with g = clamp(gate), u = clamp(up) + offset:
//   ∂y/∂gate = a'(g)·u where the gate was not clamped, else 0;   ∂y/∂up = a(g) where up was not clamped, else 0.
// A clamp passes the gradient at its very limit.
template <Activation kActivation, class F>
SWIGLU_INLINE GateGradient<F> gated_gradient(const Gate& function, F dy, F gate, F up) {
  const F limit = function.limit;
  const F g = clamp_gate(gate, function.limited, limit);
  const F u = clamp_up(up, function.limited, limit) + F(function.up_offset);
  const F a = activate<kActivation>(g, F(function.alpha));
  const F d_gate = dy * u * activation_derivative<kActivation>(g, F(function.alpha));
  const F d_up = dy * a;
  const bool gate_passes = !function.limited || !(gate > limit);
  const bool up_passes = !function.limited || !(up > limit || up < -limit);
  return {gate_passes ? d_gate : F(0), up_passes ? d_up : F(0), a * u};
}

SWIGLU_END_ISA_NAMESPACE
