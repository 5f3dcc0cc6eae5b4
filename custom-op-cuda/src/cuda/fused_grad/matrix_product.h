// The matrix products of FusedSwiGLU's gradient in one form, for the kernels that run on any chip.
#pragma once

#include "cuda/fused_grad/products.h"

namespace swiglu::cuda {

// c[r] = Σ a[r+t]·b[r+t] over all terms t, + bias[r] (of a column; may be null). There is either one result or one term.
// c [rows, columns] is row-major. Element (line, depth) of an operand, a line being a row of c for a, a column for b, is
// operand[line * depth + d] where its depth adjoins, else operand[d * lines + line]. a's depth adjoins, or nobody's does.
template <class T> struct MatrixProduct {
  int64_t rows, columns, depth;
  bool a_depth_adjoins, b_depth_adjoins;
  int results, terms;
  const T *a[2], *b[2], *bias[2];
  T* c[2];

  bool empty() const { return results == 0 || rows == 0 || columns == 0; }
};

// gate = x·w_gate + b_gate and up = x·w_up + b_up.
template <class T> MatrixProduct<T> gate_and_up(const FusedSwiGLUGradProblem<T>& p, T* gate, T* up) {
  const auto [m, k, n, trans_b] = p.sizes;
  return {m, n, k, true, trans_b, 2, 1, {p.x, p.x}, {p.w_gate, p.w_up}, {p.b_gate, p.b_up}, {gate, up}};
}

// Of no result where dx is not wanted.
template <class T> MatrixProduct<T> input_gradient(const GradProducts<T>& p) {
  const auto [m, k, n, trans_b] = p.sizes;
  return {m, k, n, true, !trans_b, p.dx != nullptr, 2, {p.d_gate, p.d_up}, {p.w_gate, p.w_up}, {}, {p.dx}};
}

// Those of dw_gate and dw_up that are wanted.
template <class T> MatrixProduct<T> weight_gradients(const GradProducts<T>& p) {
  const auto [m, k, n, trans_b] = p.sizes;
  MatrixProduct<T> product = {trans_b ? n : k, trans_b ? k : n, m, false, false, 0, 1, {}, {}, {}, {}};
  const auto add = [&](const T* d, T* dw) {
    if (dw == nullptr) return;
    product.a[product.results] = p.sizes.trans_b ? d : p.x;
    product.b[product.results] = p.sizes.trans_b ? p.x : d;
    product.c[product.results++] = dw;
  };
  add(p.d_gate, p.dw_gate);
  add(p.d_up, p.dw_up);
  return product;
}

}  // namespace swiglu::cuda
