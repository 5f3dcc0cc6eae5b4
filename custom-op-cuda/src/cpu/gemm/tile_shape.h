// How a product is cut up: vector registers, tiles of the result, slabs of K.
#pragma once

#include <algorithm>
#include <cstdint>

#include "math/isa.h"

SWIGLU_BEGIN_ISA_NAMESPACE

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

// At most so many rows are streamed, not packed (streaming.h).
constexpr int64_t kStreamedRows = 4;

// The largest tile, and a slab's share of B: packed, with as much being fetched for the next one, it must leave room in the
// second-level cache for A and the sums.
constexpr int64_t kTileRows = 132, kMostTileColumns = 512;
constexpr int64_t kSlabElements = 32768, kDeepestSlab = 128;

struct TileShape {
  int64_t rows, columns, slab;
};

constexpr int64_t round_up(int64_t value, int64_t unit) { return (value + unit - 1) / unit * unit; }

// Few rows: wide tiles, so that rows of B are read in long runs. Many rows: square ones. Small results: enough tiles for all threads.
template <class F> TileShape tile_shape(int64_t m, int64_t n) {
  constexpr int64_t kSomeRows = 32, kEnoughTiles = 16, kColumns = Register<F>::kColumns;
  const int64_t row_tiles = std::max<int64_t>(1, (m + kTileRows - 1) / kTileRows);
  const int64_t rows = m <= kStreamedRows ? m : std::min(kTileRows, round_up((m + row_tiles - 1) / row_tiles, kRows));
  const int64_t widest = m <= kStreamedRows ? 1024 : m <= kSomeRows ? kMostTileColumns : 128;
  const int64_t share = round_up((n * row_tiles + kEnoughTiles - 1) / kEnoughTiles, kColumns);
  const int64_t columns = std::clamp<int64_t>(share, kColumns, widest);
  return {rows, columns, std::min(kSlabElements / columns, kDeepestSlab)};
}

SWIGLU_END_ISA_NAMESPACE
