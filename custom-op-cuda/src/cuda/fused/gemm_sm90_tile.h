// The shape of a block's work in gemm_sm90_16bit.cu, how it lies in shared memory, and the order in which tiles are computed.
#pragma once

#include <cstdint>

#include "cuda/ptx/mbarrier.h"

namespace swiglu::cuda {

// What the blocks of a cluster copy for each other: nothing, the weights of the same columns (for adjoining rows), or the X of the
// same rows (for adjoining columns).
enum class Sharing { none, weights, x };

// The columns of gate that a tile has, and as many of up. In shared memory each weight is a row of spans, kSpan bytes of columns
// for each of the kDepth rows; columns that do not fill a span are copied and not used.
template <int kColumns_, int kDepth> struct Width {
  static constexpr int kColumns = kColumns_;
  static constexpr int kSpan = kColumns % 64 == 0 || kColumns > 96 || kColumns == 56 ? 128 : 64;
  static constexpr int kSpanColumns = kSpan / 2;
  static constexpr int kSpans = (kColumns + kSpanColumns - 1) / kSpanColumns;
  static constexpr int kBytesSpan = kDepth * kSpan;
  static constexpr bool kAdjoining = kSpans * kSpanColumns == kColumns;  // gate and up make one operand
  static constexpr int kColumnsY = (kColumns & -kColumns) < 64 ? kColumns & -kColumns : 64;  // of the boxes that Y is stored in
};

template <class T, int kColumns_, bool kTransposed_, Sharing kSharing_, int kCluster_, int kDepth_, int kLag_, int kNewton_ = 0> struct Tile {
  static constexpr int kNewton = kNewton_;
  using Element = T;
  static constexpr int kColumns = kColumns_;
  static constexpr bool kTransposed = kTransposed_;
  static constexpr Sharing kSharing = kSharing_;
  static constexpr int kCluster = kCluster_;
  static constexpr int kRows = 128, kDepth = kDepth_;
  static constexpr int kWarpgroups = 2, kRowsEach = kRows / kWarpgroups;
  static constexpr int kThreads = 128 * (1 + kWarpgroups);
  static constexpr int kLag = kLag_;  // how many k-steps the second warpgroup starts behind the first

  using Full = Width<kColumns, kDepth>;
  using Half = Width<kColumns / 2, kDepth>;

  // What one cluster computes at a time.
  static constexpr int kClusterRows = kRows * (kSharing == Sharing::weights ? kCluster : 1);
  static constexpr int kClusterColumns = kColumns * (kSharing == Sharing::x ? kCluster : 1);

  static constexpr int kBytesX = kRows * kDepth * 2;
  static constexpr int kBytesW = kTransposed ? kColumns * kDepth * 2 : Full::kSpans * Full::kBytesSpan;
  static constexpr int kBytesStage = kBytesX + 2 * kBytesW;
  static constexpr int kBytesY = kRowsEach * kColumns * 2;  // of one warpgroup
  static constexpr int kStages = (232448 - 2048 - kWarpgroups * kBytesY) / kBytesStage;
  static constexpr int kBytes = 1024 + kStages * kBytesStage + kWarpgroups * kBytesY + 2 * kStages * int(sizeof(ptx::Barrier));
};

// A place in the ring of k-steps.
template <int kStages> struct Position {
  int stage = 0;
  uint32_t phase = 0;
  __device__ void advance() {
    if (++stage == kStages) stage = 0, phase ^= 1;
  }
};

struct Place {
  int row, column;
  bool half;  // only half of the columns
};

// Tiles go down a group of rows, then on to the next columns, so that the blocks at work share the weights' columns, and the rows
// of one group stay in the L2 cache. From `whole` on they are halves: the last tiles, where they would leave most blocks idle.
struct Order {
  int row_tiles, column_tiles, whole;

  template <class Tile> static Order of(int m, int n, int blocks) {
    Order order = {(m + Tile::kClusterRows - 1) / Tile::kClusterRows, (n + Tile::kClusterColumns - 1) / Tile::kClusterColumns, 0};
    const int tiles = order.row_tiles * order.column_tiles, clusters = blocks / Tile::kCluster;
    const int last = tiles % clusters;
    order.whole = 2 * last <= clusters ? tiles - last : tiles;
    return order;
  }

  __host__ __device__ int count() const { return 2 * row_tiles * column_tiles - whole; }

  template <class Tile> __device__ Place place(int index, int rank) const {
    constexpr int kGroup = 2048 / Tile::kClusterRows;
    const bool half = index >= whole;
    const int tile = half ? whole + (index - whole) / 2 : index;
    const int group = tile / (kGroup * column_tiles);
    const int within = tile - group * kGroup * column_tiles;
    const int height = min(kGroup, row_tiles - group * kGroup);
    Place place = {(group * kGroup + within % height) * Tile::kClusterRows, within / height * Tile::kClusterColumns, half};
    if (Tile::kSharing == Sharing::weights) place.row += rank * Tile::kRows;
    if (Tile::kSharing == Sharing::x) place.column += rank * Tile::kColumns;
    if (half) place.column += (index - whole) % 2 * (Tile::kColumns / 2);
    return place;
  }
};

}  // namespace swiglu::cuda
