// The innermost product: kRows rows of A times one panel of B, the sums in vector registers for a whole slab.
#pragma once

#include "cpu/gemm/packing.h"

SWIGLU_BEGIN_ISA_NAMESPACE

// c[kHeight, kColumns] += a[kHeight, depth] · b[depth, kColumns]
template <int kHeight, class F>
SWIGLU_INLINE void multiply_panels(const F* a, const F* b, int64_t depth, F* c, int64_t c_stride) {
  using R = Register<F>;
  using Vector = typename R::Vector;
  using InMemory = typename R::InMemory;
  Vector sum[kHeight][R::kVectors] = {};
  for (int64_t k = 0; k < depth; ++k) {
    const InMemory* row = reinterpret_cast<const InMemory*>(b + k * R::kColumns);
#pragma GCC unroll 16
    for (int i = 0; i < kHeight; ++i) {
#pragma GCC unroll 2
      for (int v = 0; v < R::kVectors; ++v) sum[i][v] += a[i * kPackedRow + k] * row[v];
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < kHeight; ++i) {
    InMemory* total = reinterpret_cast<InMemory*>(c + i * c_stride);
#pragma GCC unroll 2
    for (int v = 0; v < R::kVectors; ++v) total[v] += sum[i][v];
  }
}

template <class F, int kHeight = kRows>
void multiply_panels(int64_t height, const F* a, const F* b, int64_t depth, F* c, int64_t c_stride) {
  if (height == kHeight) {
    multiply_panels<kHeight>(a, b, depth, c, c_stride);
  } else if constexpr (kHeight > 1) {
    multiply_panels<F, kHeight - 1>(height, a, b, depth, c, c_stride);
  }
}

SWIGLU_END_ISA_NAMESPACE
