// SwiGLU      Y = act(A) ⊙ B                       A, B, Y of one shape, no broadcasting
//             Y = act(gate) ⊙ up, A = [gate|up]    with B left out: A [..., 2N] packed as `layout` says, Y [..., N]
// SwiGLUGrad  dA = dY ⊙ B ⊙ act'(A),  dB = dY ⊙ act(A),  Y as above; packed A gives packed dA and no dB
//
// The gate is evaluated in float32 (float64 for float64) and each output rounded once.
#pragma once

#include "ops/problems.h"
#include "ort/custom_op.h"

namespace swiglu {

extern const ort::OperatorSpec kSwiGLU;
extern const ort::OperatorSpec kSwiGLUGrad;

// Where gate and up lie in `a` (and `b`).
struct GatedPlacement {
  GatedLayout layout;
  int64_t gate_offset = 0;
  int64_t up_offset = 0;  // into `a` if packed, else into `b`
};

GatedPlacement placement(const Shape& a, bool packed, Layout layout);

template <class T> SwiGLUProblem<T> swiglu_problem(const ort::Call& call) {
  const bool packed = !call.has_input(1);
  const GatedPlacement place = placement(call.input_shape(0), packed, call.attributes().layout);
  const T* a = call.input<T>(0);
  const T* up = packed ? a : call.input<T>(1);
  return {call.attributes().gate, place.layout, a + place.gate_offset, up + place.up_offset, call.output<T>(0)};
}

template <class T> SwiGLUGradProblem<T> swiglu_grad_problem(const ort::Call& call) {
  const bool packed = !call.has_input(2);
  const GatedPlacement place = placement(call.input_shape(1), packed, call.attributes().layout);
  const T* a = call.input<T>(1);
  const T* up = packed ? a : call.input<T>(2);
  T* da = call.output<T>(0);
  T* d_up = packed ? da : call.output<T>(1);
  return {call.attributes().gate, place.layout, call.input<T>(0), a + place.gate_offset, up + place.up_offset,
          da == nullptr ? nullptr : da + place.gate_offset, d_up == nullptr ? nullptr : d_up + place.up_offset,
          call.output<T>(2)};
}

}  // namespace swiglu
