// The judge of FusedSwiGLU on the GPU: float64 straight from the formula, one thread an element, sharing nothing with the kernels
// but the problem's type; beside it what a graph of MatMul, Add, activation and Mul gives, rounded to the tensor's type after each.
//
// A result passes if it is finite and written everywhere, no element is wildly off, and
//   error ≤ max(error of the unfused graph, error of the exact result rounded once) + spread,
// all relative to the norm of the exact result. The spread is what the sums' own conditioning allows, however they are ordered:
// the change of Y when gate and up move by
//   4 · 2⁻²⁴ · Σ|x·w|                  for products in float32, and for TF32 additionally by
//   2⁻¹⁰ · (|Σ x·w| + √Σ(x·w)²):       its operands keep 10 bits of fraction, and cutting the rest off both shrinks each sum by up
//                                      to about 2⁻¹⁰ and adds independent errors of at most 2⁻¹⁰ to each term.
#pragma once

#include <cuda_runtime_api.h>

#include <vector>

#include "cuda/device_memory.h"
#include "math/float16.h"
#include "ops/problems.h"

namespace test {

enum class Products { float32, tf32 };

struct Exact {
  double y, gate, up;
  double y_spread, gate_spread, up_spread;
  double unfused;
};

struct Verdict {
  double error = 0, error_unfused = 0, error_rounded = 0, spread = 0;
  double worst = 0;           // the largest |difference| of an element, in units of what it is allowed
  int64_t wrong_elements = 0;  // beyond that, NaN or not written, of Y, gate and up together

  double allowed() const { return (error_unfused > error_rounded ? error_unfused : error_rounded) + spread; }
  bool passes() const { return wrong_elements == 0 && error <= allowed(); }
};

// Of the given rows of a problem; of all where none are given.
class Judge {
 public:
  template <class T>
  Judge(const swiglu::FusedSwiGLUProblem<T>& problem, Products products, std::vector<int64_t> rows, cudaStream_t stream);

  // Of the same problem's outputs, wherever they lie; gate and up may be null. Waits for the stream.
  template <class T> Verdict judge(const T* y, const T* gate, const T* up, cudaStream_t stream) const;

 private:
  int64_t n_;
  Tensor<int64_t> rows_;
  Tensor<Exact> exact_;
};

}  // namespace test
