// Matrix products on the CPU:  c += A·B  for one tile of the result, accumulated in float32 (float64 for float64).
//
// The tile is walked in slabs of K: A's share is packed once for all products that have the same A (gate and up), then B's, and the
// register kernel multiplies kRows rows by kColumns columns at a time while the next lines of B are on their way. One to four
// rows are streamed instead. Every element is summed over K in the same order whatever the number of threads: results repeat.
#pragma once

#include "cpu/gemm/register_kernel.h"
#include "cpu/gemm/streaming.h"
#include "cpu/workers.h"

SWIGLU_BEGIN_ISA_NAMESPACE

// Fetches the part of a panel's lines, one for each of `depth` rows of B, that falls to the rows of A from i0 on: spread over the
// arithmetic, so that neither waits for the other.
template <class T> SWIGLU_INLINE void prefetch_share(View<T> panel, int64_t depth, int64_t i0, int64_t rows) {
  const int64_t begin = depth * i0 / rows, end = depth * std::min<int64_t>(rows, i0 + kRows) / rows;
  for (int64_t k = begin; k < end; ++k) __builtin_prefetch(panel.data + k * panel.row_stride, 0, 2);
}

// c[p][rows, columns] += A[rows, depth] · B[p][depth, columns] for each product p; c's rows are `tile.columns` apart.
template <int kProducts, class TA, class TB, class F>
void accumulate_tile(const TileShape& tile, View<TA> a, const View<TB> (&b)[kProducts], int64_t rows, int64_t columns,
                     int64_t depth, F* const (&c)[kProducts], F* packed_a, F* packed_b) {
  int streamed = 0;
  for (int p = 0; p < kProducts; ++p) streamed += accumulate_streaming(a, b[p], rows, columns, depth, c[p], tile.columns);
  if (streamed == kProducts) return;
  constexpr int64_t kColumns = Register<F>::kColumns;
  for (int64_t k0 = 0; k0 < depth; k0 += tile.slab) {
    const int64_t slab = std::min(tile.slab, depth - k0);
    const int64_t next_k0 = k0 + slab < depth ? k0 + slab : k0;
    pack_a(a.at(0, k0), rows, slab, packed_a);
    for (int p = 0; p < kProducts; ++p) {
      pack_b(b[p].at(k0, 0), slab, columns, packed_b);
      const View<TB> next = p + 1 < kProducts ? b[p + 1].at(k0, 0) : b[0].at(next_k0, 0);
      for (int64_t j0 = 0; j0 < columns; j0 += kColumns) {
        const F* panel = packed_b + j0 / kColumns * panel_b_size<F>(slab);
        for (int64_t i0 = 0; i0 < rows; i0 += kRows) {
          prefetch_share(next.at(0, j0), slab, i0, rows);
          multiply_panels(std::min<int64_t>(kRows, rows - i0), packed_a + i0 * kPackedRow, panel, slab,
                          c[p] + i0 * tile.columns + j0, tile.columns);
        }
      }
    }
  }
}

// Where one tile of a result [m, n] lies.
struct TileRange {
  int64_t row, rows, column, columns;
};

// The scratch of one worker: `sums` tiles of accumulators and the packed slabs.
template <class F> class TileScratch {
 public:
  TileScratch(const cpu::Workers& workers, const TileShape& tile, int sums)
      : tile_(tile),
        tile_size_(round_up(tile.rows, kRows) * tile.columns),
        memory_(workers, sums * tile_size_ + packed_a_size<F>(tile) + packed_b_size<F>(tile)),
        packed_a_(memory_.data() + sums * tile_size_),
        packed_b_(packed_a_ + packed_a_size<F>(tile)) {}

  F* sum(int index) const { return memory_.data() + index * tile_size_; }
  F* sum_row(int index, int64_t row) const { return sum(index) + row * tile_.columns; }
  void clear(int index) const { std::fill_n(sum(index), tile_size_, F(0)); }

  // sum(index) += A·B over one tile.
  template <class TA, class TB>
  void accumulate(int index, View<TA> a, View<TB> b, const TileRange& range, int64_t depth) const {
    accumulate_products<1>(a, {b.at(0, range.column)}, range, depth, {sum(index)});
  }

  // sum(0) += A·B0 and sum(1) += A·B1.
  template <class TA, class TB>
  void accumulate_both(View<TA> a, View<TB> b0, View<TB> b1, const TileRange& range, int64_t depth) const {
    accumulate_products<2>(a, {b0.at(0, range.column), b1.at(0, range.column)}, range, depth, {sum(0), sum(1)});
  }

 private:
  template <int kProducts, class TA, class TB>
  void accumulate_products(View<TA> a, const View<TB> (&b)[kProducts], const TileRange& range, int64_t depth,
                           F* const (&sums)[kProducts]) const {
    accumulate_tile(tile_, a.at(range.row, 0), b, range.rows, range.columns, depth, sums, packed_a_, packed_b_);
  }

  TileShape tile_;
  int64_t tile_size_;
  Scratch<F> memory_;
  F *packed_a_, *packed_b_;
};

// Calls body(scratch, range) for every tile of a result [m, n], on all threads.
template <class F, class Body>
void for_each_tile(int64_t m, int64_t n, int sums, const cpu::Workers& workers, const Body& body) {
  if (m == 0 || n == 0) return;
  const TileShape tile = tile_shape<F>(m, n);
  const int64_t row_tiles = (m + tile.rows - 1) / tile.rows;
  const int64_t column_tiles = (n + tile.columns - 1) / tile.columns;
  const auto make_scratch = [&] { return TileScratch<F>(workers, tile, sums); };
  run_tasks(workers, row_tiles * column_tiles, make_scratch, [&](const TileScratch<F>& scratch, int64_t task) {
    const int64_t row = task % row_tiles * tile.rows, column = task / row_tiles * tile.columns;
    body(scratch, TileRange{row, std::min(tile.rows, m - row), column, std::min(tile.columns, n - column)});
  });
}

SWIGLU_END_ISA_NAMESPACE
