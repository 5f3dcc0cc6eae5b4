// Matrix products on the CPU:  c += A·B  for one tile of the result, accumulated in float32 (float64 for float64).
//
// The tile is walked in slabs of K. Of each slab, A and B are converted and packed into panels that stay in the caches,
//   A: [panel of kRows rows][k][row]      B: [panel of kColumns columns][k][column]
// and a register kernel multiplies one panel of each. While it does, it prefetches the lines of B that the next slab will
// pack, so that memory and arithmetic overlap when few rows share a large weight. A single row skips packing: it is a sum of
// rows (or of dot products) that runs at the memory's speed.
// Every element is summed over K in the same order whatever the tile or the number of threads, so results are repeatable.
#pragma once

#include <algorithm>

#include "cpu/workers.h"
#include "math/float16.h"

SWIGLU_BEGIN_ISA_NAMESPACE

// A matrix where it lies: element (i, j) at data[i * row_stride + j * column_stride].
template <class T> struct View {
  const T* data;
  int64_t row_stride, column_stride;
  View at(int64_t i, int64_t j) const { return {data + i * row_stride + j * column_stride, row_stride, column_stride}; }
  View transposed() const { return {data, column_stride, row_stride}; }
};

template <class T> View<T> row_major(const T* data, int64_t columns) { return {data, columns, 1}; }

#if defined(__AVX512F__)
constexpr int kVectorBytes = 64, kRows = 12;
#elif defined(__AVX2__)
constexpr int kVectorBytes = 32, kRows = 6;
#else
constexpr int kVectorBytes = 16, kRows = 4;
#endif

template <class F> struct Register {
  typedef F Vector __attribute__((vector_size(kVectorBytes)));
  typedef F InMemory __attribute__((vector_size(kVectorBytes), aligned(sizeof(F)), may_alias));
  static constexpr int kLanes = kVectorBytes / sizeof(F);
  static constexpr int kVectors = 2;
  static constexpr int kColumns = kVectors * kLanes;
};

// The largest tile and slab; what is packed of B for one slab must fit the second-level cache together with A's.
constexpr int64_t kTileRows = 120;
constexpr int64_t kMostTileColumns = 512, kRowTileColumns = 1024;
constexpr int64_t kSlabElements = 128 * 512;

struct TileShape {
  int64_t rows, columns, slab;
};

constexpr int64_t round_up(int64_t value, int64_t unit) { return (value + unit - 1) / unit * unit; }

// Few rows: wide tiles, long runs of each row of B. Many rows: square ones. Small results: enough tiles for all threads.
template <class F> TileShape tile_shape(int64_t m, int64_t n) {
  constexpr int64_t kFewRows = 32, kEnoughTiles = 16;
  const int64_t row_tiles = std::max<int64_t>(1, (m + kTileRows - 1) / kTileRows);
  const int64_t rows = std::min(kTileRows, round_up((m + row_tiles - 1) / row_tiles, kRows));
  const int64_t widest = m <= 1 ? kRowTileColumns : m <= kFewRows ? kMostTileColumns : 128;
  const int64_t share = round_up((n * row_tiles + kEnoughTiles - 1) / kEnoughTiles, Register<F>::kColumns);
  const int64_t columns = std::clamp<int64_t>(share, Register<F>::kColumns, widest);
  return {m <= 1 ? 1 : rows, columns, std::min<int64_t>(kSlabElements / columns, 256)};
}

template <class F> int64_t packed_a_size(const TileShape& tile) { return round_up(tile.rows, kRows) * tile.slab; }
// One spare row a panel: panels a power of two apart would fight for the same cache sets while they are packed.
template <class F> int64_t panel_b_size(int64_t depth) { return (depth + 1) * Register<F>::kColumns; }
template <class F> int64_t packed_b_size(const TileShape& tile) {
  return tile.columns / Register<F>::kColumns * panel_b_size<F>(tile.slab);
}

// A's rows in panels; the last panel is as narrow as the rows that are left.
template <class T> void pack_a(View<T> a, int64_t rows, int64_t depth, Accumulator<T>* packed) {
  for (int64_t i0 = 0; i0 < rows; i0 += kRows) {
    const int64_t height = std::min<int64_t>(kRows, rows - i0);
    Accumulator<T>* panel = packed + i0 * depth;
    for (int64_t i = 0; i < height; ++i) {
      const View<T> row = a.at(i0 + i, 0);
      for (int64_t k = 0; k < depth; ++k) panel[k * height + i] = widen(row.data[k * row.column_stride]);
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

// What the register kernel fetches ahead: one cache line per step of k, `stride` bytes apart.
struct Prefetch {
  const char* line;
  int64_t stride;
};

// c[kHeight, kColumns] += a[k, kHeight]ᵀ · b[k, kColumns]
template <int kHeight, class F>
SWIGLU_INLINE void multiply_panels(const F* a, const F* b, int64_t depth, F* c, int64_t c_stride, Prefetch ahead) {
  using R = Register<F>;
  using Vector = typename R::Vector;
  using InMemory = typename R::InMemory;
  Vector sum[kHeight][R::kVectors] = {};
  for (int64_t k = 0; k < depth; ++k) {
    const InMemory* row = reinterpret_cast<const InMemory*>(b + k * R::kColumns);
    __builtin_prefetch(ahead.line + k * ahead.stride, 0, 2);
#pragma GCC unroll 16
    for (int i = 0; i < kHeight; ++i) {
#pragma GCC unroll 2
      for (int v = 0; v < R::kVectors; ++v) sum[i][v] += a[k * kHeight + i] * row[v];
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
void multiply_panels(int64_t height, const F* a, const F* b, int64_t depth, F* c, int64_t c_stride, Prefetch ahead) {
  if (height == kHeight) {
    multiply_panels<kHeight>(a, b, depth, c, c_stride, ahead);
  } else if constexpr (kHeight > 1) {
    multiply_panels<F, kHeight - 1>(height, a, b, depth, c, c_stride, ahead);
  }
}

// One row of A: c[columns] += a · B, four rows of B at a time where they are contiguous, else a dot product per column.
template <class TA, class TB, class F>
void accumulate_row(View<TA> a, View<TB> b, int64_t columns, int64_t depth, F* c) {
  const auto a_at = [&](int64_t k) { return static_cast<F>(widen(a.data[k * a.column_stride])); };
  if (b.column_stride == 1) {
    int64_t k = 0;
    for (; k + 4 <= depth; k += 4) {
      const F a0 = a_at(k), a1 = a_at(k + 1), a2 = a_at(k + 2), a3 = a_at(k + 3);
      const TB* b0 = b.data + k * b.row_stride;
      const TB *b1 = b0 + b.row_stride, *b2 = b1 + b.row_stride, *b3 = b2 + b.row_stride;
#pragma GCC ivdep
      for (int64_t j = 0; j < columns; ++j) {
        c[j] += (a0 * widen(b0[j]) + a1 * widen(b1[j])) + (a2 * widen(b2[j]) + a3 * widen(b3[j]));
      }
    }
    for (; k < depth; ++k) {
      const F a0 = a_at(k);
      const TB* b0 = b.data + k * b.row_stride;
#pragma GCC ivdep
      for (int64_t j = 0; j < columns; ++j) c[j] += a0 * widen(b0[j]);
    }
    return;
  }
  constexpr int kLanes = 4 * Register<F>::kLanes;
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

// c[rows, columns] += A[rows, depth] · B[depth, columns]; c's rows are `tile.columns` apart.
template <class TA, class TB, class F>
void accumulate_tile(const TileShape& tile, View<TA> a, View<TB> b, int64_t rows, int64_t columns, int64_t depth, F* c,
                     F* packed_a, F* packed_b) {
  if (rows == 1) return accumulate_row(a, b, columns, depth, c);
  constexpr int64_t kColumns = Register<F>::kColumns;
  for (int64_t k0 = 0; k0 < depth; k0 += tile.slab) {
    const int64_t slab = std::min(tile.slab, depth - k0);
    pack_a(a.at(0, k0), rows, slab, packed_a);
    pack_b(b.at(k0, 0), slab, columns, packed_b);
    const View<TB> next = b.at(k0 + slab < depth ? k0 + slab : k0, 0);
    for (int64_t j0 = 0; j0 < columns; j0 += kColumns) {
      Prefetch ahead = {reinterpret_cast<const char*>(next.at(0, j0).data),
                        next.row_stride * static_cast<int64_t>(sizeof(TB))};
      for (int64_t i0 = 0; i0 < rows; i0 += kRows, ahead.stride = 0) {
        const int64_t height = std::min<int64_t>(kRows, rows - i0);
        multiply_panels(height, packed_a + i0 * slab, packed_b + j0 / kColumns * panel_b_size<F>(slab), slab, c + i0 * tile.columns + j0, tile.columns,
                        ahead);
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

  template <class TA, class TB>
  void accumulate(int index, View<TA> a, View<TB> b, const TileRange& range, int64_t depth) const {
    accumulate_tile(tile_, a.at(range.row, 0), b.at(0, range.column), range.rows, range.columns, depth, sum(index), packed_a_,
                    packed_b_);
  }

 private:
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
