// Products of one to four rows: nothing is worth packing, B is read once at the memory's speed.
#pragma once

#include <type_traits>

#include "cpu/gemm/matrix_view.h"
#include "cpu/gemm/tile_shape.h"
#include "math/float16.h"

SWIGLU_BEGIN_ISA_NAMESPACE

// c[kHeight, columns] += a[kHeight, depth] · B where B's rows are contiguous: eight of them at a time, the next eight on their way.
template <int kHeight, class TA, class TB, class F>
void stream_rows(View<TA> a, View<TB> b, int64_t columns, int64_t depth, F* c, int64_t c_stride) {
  constexpr int64_t kLine = 64 / sizeof(TB);
  const auto add = [&](int64_t k, auto count) {
    constexpr int kCount = decltype(count)::value;
    F x[kHeight][kCount];
    for (int i = 0; i < kHeight; ++i) {
      for (int q = 0; q < kCount; ++q) x[i][q] = widen(a.at(i, k + q).data[0]);
    }
    const TB* rows = b.data + k * b.row_stride;
    for (int64_t j0 = 0; j0 < columns; j0 += kLine) {
      for (int q = 0; q < kCount; ++q) __builtin_prefetch(rows + (q + kCount) * b.row_stride + j0, 0, 3);
      const int64_t end = std::min(columns, j0 + kLine);
#pragma GCC ivdep
      for (int64_t j = j0; j < end; ++j) {
        F w[kCount];
#pragma GCC unroll 8
        for (int q = 0; q < kCount; ++q) w[q] = widen(rows[q * b.row_stride + j]);
#pragma GCC unroll 4
        for (int i = 0; i < kHeight; ++i) {
          F sum = 0;
#pragma GCC unroll 8
          for (int q = 0; q < kCount; ++q) sum += x[i][q] * w[q];
          c[i * c_stride + j] += sum;
        }
      }
    }
  };
  int64_t k = 0;
  for (; k + 8 <= depth; k += 8) add(k, std::integral_constant<int, 8>{});
  for (; k < depth; ++k) add(k, std::integral_constant<int, 1>{});
}

// c[columns] += a · B where B's columns are contiguous: a dot product for each.
template <class TA, class TB, class F> void dot_columns(View<TA> a, View<TB> b, int64_t columns, int64_t depth, F* c) {
  constexpr int kLanes = 4 * Register<F>::kLanes;
  const auto a_at = [&](int64_t k) { return static_cast<F>(widen(a.data[k * a.column_stride])); };
  for (int64_t j = 0; j < columns; ++j) {
    const TB* column = b.data + j * b.column_stride;
    F lanes[kLanes] = {};
    int64_t k = 0;
    for (; k + kLanes <= depth; k += kLanes) {
      for (int l = 0; l < kLanes; ++l) lanes[l] += a_at(k + l) * widen(column[(k + l) * b.row_stride]);
    }
    F sum = 0;
    for (int l = 0; l < kLanes; ++l) sum += lanes[l];
    for (; k < depth; ++k) sum += a_at(k) * widen(column[k * b.row_stride]);
    c[j] += sum;
  }
}

// True where there is such a way for this tile.
template <class TA, class TB, class F>
bool accumulate_streaming(View<TA> a, View<TB> b, int64_t rows, int64_t columns, int64_t depth, F* c, int64_t c_stride) {
  if (b.column_stride != 1) {
    if (rows != 1) return false;
    dot_columns(a, b, columns, depth, c);
    return true;
  }
  switch (rows) {
    case 1: stream_rows<1>(a, b, columns, depth, c, c_stride); return true;
    case 2: stream_rows<2>(a, b, columns, depth, c, c_stride); return true;
    case 3: stream_rows<3>(a, b, columns, depth, c, c_stride); return true;
    case 4: stream_rows<4>(a, b, columns, depth, c, c_stride); return true;
    default: return false;
  }
}

SWIGLU_END_ISA_NAMESPACE
