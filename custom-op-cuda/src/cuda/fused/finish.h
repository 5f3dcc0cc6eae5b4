// The end of FusedSwiGLU for kWidth columns whose sums one thread holds: biases are added, gate and up written where they are wanted,
// and  y = act(gate) ⊙ up.  All in float32, each output rounded once. The columns are adjacent, or runs of kRun whose beginnings are
// kApart columns from each other.
#pragma once

#include "cuda/gate_16bit.h"
#include "cuda/pack.h"
#include "ops/problems.h"

namespace swiglu::cuda {

template <class T, int kWidth, int kRun = kWidth, int kApart = kRun> class Finish {
 public:
  __device__ Finish(const FusedSwiGLUProblem<T>& problem, int64_t column)
      : p_(problem), column_(column), columns_(static_cast<int>(min(max(p_.sizes.n - column, int64_t(0)), int64_t(kReach)))) {
    packs_ = p_.sizes.n % kRun == 0 && aligned_for_packs<kRun>(p_.y) && aligned_for_packs<kRun>(p_.gate) &&
             aligned_for_packs<kRun>(p_.up);
#pragma unroll
    for (int j = 0; j < kWidth; ++j) {
      b_gate_[j] = p_.b_gate != nullptr && place(j) < columns_ ? widen(p_.b_gate[column + place(j)]) : 0.0f;
      b_up_[j] = p_.b_up != nullptr && place(j) < columns_ ? widen(p_.b_up[column + place(j)]) : 0.0f;
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
  static constexpr int kRuns = kWidth / kRun, kReach = kRuns * kApart;

  static __device__ constexpr int place(int j) { return j / kRun * kApart + j % kRun; }

  __device__ void store(T* to, const Pack<T, kWidth>& pack) const {
    if (packs_) {
      const auto runs = __builtin_bit_cast(Runs, pack);
#pragma unroll
      for (int i = 0; i < kRuns; ++i) {
        if (i * kApart < columns_) store_pack(to + i * kApart, runs.values[i]);
      }
      return;
    }
#pragma unroll
    for (int j = 0; j < kWidth; ++j) {
      if (place(j) < columns_) to[place(j)] = pack.values[j];
    }
  }

  struct Runs {
    Pack<T, kRun> values[kRuns];
  };

  const FusedSwiGLUProblem<T>& p_;
  int64_t column_;
  int columns_;  // of the kReach from the first one, those inside the tensor
  bool packs_;
  float b_gate_[kWidth], b_up_[kWidth];
};

}  // namespace swiglu::cuda
