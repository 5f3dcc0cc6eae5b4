// The judge of FusedSwiGLUGrad on the GPU: float64 straight from the formula, sharing nothing with the kernels but the problem's type;
// beside it what a graph gives that differentiates operator by operator and rounds after each to the tensor's type.
//
// An output passes if  error ≤ 2 · max(error of the unfused graph, error of the exact result rounded once) + the roundings inside,
// relative to the norm of the exact output (of a few elements, at least what roundings of their terms may be), and no element is off by
// more than
//   12 · u · (|exact| + √Σt²) + 8 · 2⁻²⁴ · Σ|t|     over the magnitudes t of its terms; u is the type's roundoff, 2⁻¹⁰ for TF32,
// which is what independent roundings of the terms allow. That holds where the derivative is continuous or gate and up are given. Across
// a kink a rounding changes a term by all of it: there the output must be written, and its error be at most 1/64.
#pragma once

#include <cuda_runtime_api.h>

#include <array>
#include <string>
#include <vector>

#include "cuda/device_memory.h"
#include "cuda/judge.h"
#include "ops/problems.h"

namespace test {

constexpr std::array<const char*, 6> kGradOutputs = {"dX", "dW_gate", "dW_up", "db_gate", "db_up", "Y"};

struct GradVerdict {
  double error = 0, error_unfused = 0, allowed = 0;
  double worst = 0;  // the largest difference of an element, in units of what it is allowed
  bool passes(bool kinks) const {
    return kinks ? error <= (allowed > 0x1p-6 ? allowed : 0x1p-6) && worst < kWrong : error <= allowed && worst <= 1;
  }
  static constexpr double kWrong = 1e30;  // NaN, or not written
};

// Of at most kMostSamples elements of each output, evenly spread; those of the problem that are null are left out.
class GradJudge {
 public:
  static constexpr int64_t kMostSamples = 1 << 18;

  template <class T> GradJudge(const swiglu::FusedSwiGLUGradProblem<T>& problem, cudaStream_t stream);

  // Of the same problem's output number `which`, as kGradOutputs has them. Waits for the stream.
  template <class T>
  GradVerdict judge(const swiglu::FusedSwiGLUGradProblem<T>& problem, int which, Products products, cudaStream_t stream) const;

  struct Element {
    double exact, unfused, rounded, squares, magnitude;  // the last two of its terms' scales
  };

 private:
  std::array<std::vector<Element>, kGradOutputs.size()> exact_;
};

}  // namespace test
