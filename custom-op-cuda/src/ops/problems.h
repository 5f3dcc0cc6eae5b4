// What each operator is asked to compute, on plain pointers: the seam between ONNX Runtime and the kernels of every
// provider. A null pointer is an input that was not given or an output that nobody wants. All sizes may be 0.
#pragma once

#include <cstdint>

#include "math/gate.h"

namespace swiglu {

// Elements (row, i) of a gate or up tensor lie at row * row_stride + i * step: separate tensors are one long row with
// step 1, packed ones interleave or adjoin inside each row.
struct GatedLayout {
  int64_t rows = 0;
  int64_t columns = 0;
  int64_t row_stride = 0;
  int64_t step = 1;
};

// y = act(gate) ⊙ up; y is dense.
template <class T> struct SwiGLUProblem {
  Gate gate_function;
  GatedLayout layout;
  const T* gate;
  const T* up;
  T* y;
};

// d_gate = dy ⊙ up ⊙ act'(gate),  d_up = dy ⊙ act(gate),  y recomputed; d_gate and d_up lie as gate and up do.
template <class T> struct SwiGLUGradProblem {
  Gate gate_function;
  GatedLayout layout;
  const T* dy;
  const T* gate;
  const T* up;
  T* d_gate;
  T* d_up;
  T* y;
};

// X [m, k], weights [k, n] or, transposed, [n, k], biases [n], Y [m, n].
struct GemmSizes {
  int64_t m = 0;
  int64_t k = 0;
  int64_t n = 0;
  bool trans_b = false;
};

// gate = x·w_gate + b_gate,  up = x·w_up + b_up,  y = act(gate) ⊙ up.
template <class T> struct FusedSwiGLUProblem {
  Gate gate_function;
  GemmSizes sizes;
  const T *x, *w_gate, *w_up, *b_gate, *b_up;
  T *y, *gate, *up;
  bool exact_float32 = false;  // float32 on a GPU: no TF32 products
};

// The gradients of the above; gate and up are recomputed where they are not given.
template <class T> struct FusedSwiGLUGradProblem {
  Gate gate_function;
  GemmSizes sizes;
  const T *dy, *x, *w_gate, *w_up, *b_gate, *b_up, *gate, *up;
  T *dx, *dw_gate, *dw_up, *db_gate, *db_up, *y;
  bool exact_float32 = false;  // float32 on a GPU: no TF32 products
};

}  // namespace swiglu
