// A slab's share of A and B in the accumulator's type and in the order of the register kernel:
//   A: [row][k]      B: [panel of kColumns columns][k][column]
#pragma once

#include <cassert>

#include "cpu/gemm/matrix_view.h"
#include "cpu/gemm/tile_shape.h"
#include "math/float16.h"

SWIGLU_BEGIN_ISA_NAMESPACE

// Rows of packed A are a constant apart, which puts their distance into the instructions; not a power of two, for the cache's sake.
constexpr int64_t kPackedRow = kDeepestSlab + 16;

template <class F> int64_t packed_a_size(const TileShape& tile) { return tile.rows * kPackedRow; }

// One spare row a panel: panels a power of two apart would fight for the same cache sets while they are packed.
template <class F> int64_t panel_b_size(int64_t depth) { return (depth + 1) * Register<F>::kColumns; }

template <class F> int64_t packed_b_size(const TileShape& tile) {
  return tile.columns / Register<F>::kColumns * panel_b_size<F>(tile.slab);
}

template <class T> void pack_a(View<T> a, int64_t rows, int64_t depth, Accumulator<T>* packed) {
  if (a.column_stride == 1) {
    for (int64_t i = 0; i < rows; ++i) {
      const T* row = a.data + i * a.row_stride;
#pragma GCC ivdep
      for (int64_t k = 0; k < depth; ++k) packed[i * kPackedRow + k] = widen(row[k]);
    }
  } else {
    for (int64_t k = 0; k < depth; ++k) {
      const T* column = a.data + k * a.column_stride;
      for (int64_t i = 0; i < rows; ++i) packed[i * kPackedRow + k] = widen(column[i * a.row_stride]);
    }
  }
}

// A contiguous row in the accumulator's type: itself where it has that type, else converted.
template <class F> SWIGLU_INLINE const F* widened(const F* row, int64_t, F*) { return row; }

template <class T, class F> SWIGLU_INLINE const F* widened(const T* row, int64_t count, F* converted) {
  for (int64_t j = 0; j < count; ++j) converted[j] = widen(row[j]);
  return converted;
}

// One row of a panel, kColumns wide.
template <class F> SWIGLU_INLINE void copy_row(const F* from, F* to) {
  using InMemory = typename Register<F>::InMemory;
  for (int v = 0; v < Register<F>::kVectors; ++v) {
    reinterpret_cast<InMemory*>(to)[v] = reinterpret_cast<const InMemory*>(from)[v];
  }
}

// B's columns in panels of kColumns; columns beyond the edge are zero and never stored.
template <class T> void pack_b(View<T> b, int64_t depth, int64_t columns, Accumulator<T>* packed) {
  using F = Accumulator<T>;
  constexpr int64_t kColumns = Register<F>::kColumns;
  const int64_t whole = columns / kColumns * kColumns;
  const int64_t panel = panel_b_size<F>(depth);
  if (b.column_stride == 1) {
    assert(columns <= kMostTileColumns && "wider tiles are streamed, never packed");
    F converted[kMostTileColumns];
    for (int64_t k = 0; k < depth; ++k) {
      const F* row = widened(b.data + k * b.row_stride, whole, converted);
      for (int64_t j0 = 0; j0 < whole; j0 += kColumns) {
        copy_row(row + j0, packed + j0 / kColumns * panel + k * kColumns);
      }
    }
  } else {
    for (int64_t j0 = 0; j0 < whole; j0 += kColumns) {
      F* to = packed + j0 / kColumns * panel;
      for (int64_t j = 0; j < kColumns; ++j) {
        const T* column = b.data + (j0 + j) * b.column_stride;
        for (int64_t k = 0; k < depth; ++k) to[k * kColumns + j] = widen(column[k * b.row_stride]);
      }
    }
  }
  if (whole == columns) return;
  F* to = packed + whole / kColumns * panel;
  for (int64_t k = 0; k < depth; ++k) {
    for (int64_t j = 0; j < kColumns; ++j) {
      to[k * kColumns + j] = whole + j < columns ? widen(b.data[k * b.row_stride + (whole + j) * b.column_stride])
                                                 : F(0);
    }
  }
}

SWIGLU_END_ISA_NAMESPACE
