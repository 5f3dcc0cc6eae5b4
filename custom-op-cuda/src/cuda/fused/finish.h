// The end of FusedSwiGLU for kWidth adjacent columns whose sums one thread holds: biases are added, gate and up written where they are
// wanted, and  y = act(gate) ⊙ up.  All in float32, each output rounded once.
#pragma once

#include "cuda/gate_16bit.h"
#include "cuda/pack.h"
#include "ops/problems.h"

namespace swiglu::cuda {

template <class T, int kWidth> class Finish {
 public:
  __device__ Finish(const FusedSwiGLUProblem<T>& problem, int64_t column)
      : p_(problem), column_(column), columns_(static_cast<int>(min(max(p_.sizes.n - column, int64_t(0)), int64_t(kWidth)))) {
    packs_ = p_.sizes.n % kWidth == 0 && aligned_for_packs<kWidth>(p_.y) && aligned_for_packs<kWidth>(p_.gate) &&
             aligned_for_packs<kWidth>(p_.up);
#pragma unroll
    for (int j = 0; j < kWidth; ++j) {
      b_gate_[j] = p_.b_gate != nullptr && j < columns_ ? widen(p_.b_gate[column + j]) : 0.0f;
      b_up_[j] = p_.b_up != nullptr && j < columns_ ? widen(p_.b_up[column + j]) : 0.0f;
    }
  }

  // Columns outside the tensor are left alone. Only the gate itself is there once for each activation, which keeps the kernels small.
  __device__ __forceinline__ void write(int64_t row, Floats<kWidth> gate, Floats<kWidth> up) const {
    if (columns_ == 0) return;
    Floats<kWidth> y = {};
#pragma unroll
    for (int j = 0; j < kWidth; ++j) gate.values[j] += b_gate_[j], up.values[j] += b_up_[j];
    with_activation(p_.gate_function.activation, [&](auto activation) {
#pragma unroll
      for (int j = 0; j < kWidth; ++j) {
        y.values[j] = gated_as<T, decltype(activation)::value>(p_.gate_function, gate.values[j], up.values[j]);
      }
    });
    const int64_t at = row * p_.sizes.n + column_;
    if (p_.gate != nullptr) store(p_.gate + at, narrow_pack<T>(gate));
    if (p_.up != nullptr) store(p_.up + at, narrow_pack<T>(up));
    store(p_.y + at, narrow_pack<T>(y));
  }

 private:
  __device__ void store(T* to, const Pack<T, kWidth>& pack) const {
    if (packs_) return store_pack(to, pack);
#pragma unroll
    for (int j = 0; j < kWidth; ++j) {
      if (j < columns_) to[j] = pack.values[j];
    }
  }

  const FusedSwiGLUProblem<T>& p_;
  int64_t column_;
  int columns_;  // of the kWidth, those inside the tensor
  bool packs_;
  float b_gate_[kWidth], b_up_[kWidth];
};

}  // namespace swiglu::cuda
