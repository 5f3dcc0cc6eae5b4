// Matrix products on the CPU:  c += A·B  for one tile of the result, accumulated in float32 (float64 for float64).
//
// The tile is walked in slabs of K. Of each slab, A and B are converted and packed into panels that stay in the caches,
//   A: [row][k]      B: [panel of kColumns columns][k][column]
// and a register kernel multiplies kRows rows by one panel. While it does, it prefetches the lines of B that are packed next, so that
// memory and arithmetic overlap when few rows share a large weight. One to four rows skip packing: they are sums of rows of B
// that run at the memory's speed. Products with the same A (gate and up) share its packing.
// Every element is summed over K in the same order whatever the tile or the number of threads, so results are repeatable.
#pragma once

#include <algorithm>
#include <type_traits>

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

// The largest tile, and a slab's share of B: packed, with as much being fetched for the next one, it must leave room in the
// second-level cache for A and the sums.
constexpr int64_t kTileRows = 132;
constexpr int64_t kFewRows = 4;
constexpr int64_t kMostTileColumns = 512, kStreamedTileColumns = 1024;
constexpr int64_t kSlabElements = 32768, kDeepestSlab = 128;

struct TileShape {
  int64_t rows, columns, slab;
};

constexpr int64_t round_up(int64_t value, int64_t unit) { return (value + unit - 1) / unit * unit; }

// Few rows: wide tiles, long runs of each row of B. Many rows: square ones. Small results: enough tiles for all threads.
template <class F> TileShape tile_shape(int64_t m, int64_t n) {
  constexpr int64_t kSomeRows = 32, kEnoughTiles = 16;
  const int64_t row_tiles = std::max<int64_t>(1, (m + kTileRows - 1) / kTileRows);
  const int64_t rows = m <= kFewRows ? m : std::min(kTileRows, round_up((m + row_tiles - 1) / row_tiles, kRows));
  const int64_t widest = m <= kFewRows ? kStreamedTileColumns : m <= kSomeRows ? kMostTileColumns : 128;
  const int64_t share = round_up((n * row_tiles + kEnoughTiles - 1) / kEnoughTiles, Register<F>::kColumns);
  const int64_t columns = std::clamp<int64_t>(share, Register<F>::kColumns, widest);
  return {rows, columns, std::min(kSlabElements / columns, kDeepestSlab)};
}

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

// c[kHeight, kColumns] += a[kHeight, k] · b[k, kColumns]
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

// The unpacked ways, where there is one for this tile.
template <class TA, class TB, class F>
bool accumulate_unpacked(View<TA> a, View<TB> b, int64_t rows, int64_t columns, int64_t depth, F* c, int64_t c_stride) {
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

// Fetches the part of a panel's lines, one for each of `depth` rows of B, that falls to the rows of A from i0 on: spread over
// the arithmetic, so that neither waits for the other.
template <class T> SWIGLU_INLINE void prefetch_share(View<T> panel, int64_t depth, int64_t i0, int64_t rows) {
  const int64_t begin = depth * i0 / rows, end = depth * std::min<int64_t>(rows, i0 + kRows) / rows;
  for (int64_t k = begin; k < end; ++k) __builtin_prefetch(panel.data + k * panel.row_stride, 0, 2);
}

// c[p][rows, columns] += A[rows, depth] · B[p][depth, columns] for each product p; c's rows are `tile.columns` apart.
template <int kProducts, class TA, class TB, class F>
void accumulate_tile(const TileShape& tile, View<TA> a, const View<TB> (&b)[kProducts], int64_t rows, int64_t columns,
                     int64_t depth, F* const (&c)[kProducts], F* packed_a, F* packed_b) {
  int unpacked = 0;
  for (int p = 0; p < kProducts; ++p) unpacked += accumulate_unpacked(a, b[p], rows, columns, depth, c[p], tile.columns);
  if (unpacked == kProducts) return;
  constexpr int64_t kColumns = Register<F>::kColumns;
  for (int64_t k0 = 0; k0 < depth; k0 += tile.slab) {
    const int64_t slab = std::min(tile.slab, depth - k0);
    const int64_t next_k0 = k0 + slab < depth ? k0 + slab : k0;
    pack_a(a.at(0, k0), rows, slab, packed_a);
    for (int p = 0; p < kProducts; ++p) {
      pack_b(b[p].at(k0, 0), slab, columns, packed_b);
      const View<TB> next = p + 1 < kProducts ? b[p + 1].at(k0, 0) : b[0].at(next_k0, 0);
      for (int64_t j0 = 0; j0 < columns; j0 += kColumns) {
        for (int64_t i0 = 0; i0 < rows; i0 += kRows) {
          prefetch_share(next.at(0, j0), slab, i0, rows);
          multiply_panels(std::min<int64_t>(kRows, rows - i0), packed_a + i0 * kPackedRow,
                          packed_b + j0 / kColumns * panel_b_size<F>(slab), slab, c[p] + i0 * tile.columns + j0, tile.columns);
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
