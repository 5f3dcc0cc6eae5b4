// The shape of a block's work in gemm_sm90_16bit.cu, how it lies in shared memory, and the order in which tiles are computed.
#pragma once

#include <algorithm>
#include <cstdint>

#include "cuda/ptx/mbarrier.h"

namespace swiglu::cuda::gemm_sm90 {

// What the blocks of a cluster do for each other: nothing; copy the weights of the same columns, for adjoining rows; copy the X of the
// same rows, for adjoining columns; or make the same tile, each with a part of the depth.
enum class Sharing { none, weights, x, depth };

constexpr int kTileRows = 128, kTileDepth = 64;

// The columns of gate that a tile has, and as many of up. In shared memory each weight is a row of spans, kSpan bytes of columns
// for each of the tile's kTileDepth rows; columns that do not fill a span are copied and not used.
template <int kColumns_> struct Width {
  static constexpr int kColumns = kColumns_;
  static constexpr int kSpan = kColumns % 64 == 0 || kColumns == 112 ? 128 : 64;
  static constexpr int kSpanColumns = kSpan / 2;
  static constexpr int kSpans = (kColumns + kSpanColumns - 1) / kSpanColumns;
  static constexpr int kBytesSpan = kTileDepth * kSpan;
  static constexpr bool kAdjoining = kSpans * kSpanColumns == kColumns;  // gate and up make one operand
  static constexpr int kColumnsY = std::min(kColumns & -kColumns, 64);   // of the boxes that Y is stored in
};

template <class T, int kWide, int kNarrow, bool kTransposed_, Sharing kSharing_ = Sharing::none, int kCluster_ = 1> struct Tile {
  using Element = T;
  using Wide = Width<kWide>;
  using Narrow = Width<kNarrow>;  // of the tiles that come last
  static constexpr bool kNarrows = kNarrow < kWide;
  static constexpr bool kTransposed = kTransposed_;
  static constexpr Sharing kSharing = kSharing_;
  static constexpr int kCluster = kCluster_;  // of the blocks that copy for each other
  static constexpr int kWarpgroups = 2, kRowsEach = kTileRows / kWarpgroups;
  static constexpr int kThreads = 128 * (1 + kWarpgroups);

  // What one cluster computes at a time.
  static constexpr int kClusterRows = kTileRows * (kSharing == Sharing::weights ? kCluster : 1);
  static constexpr int kClusterTiles = kSharing == Sharing::x ? kCluster : 1;  // side by side

  template <class Width> static constexpr int kBytesWeight =
      kTransposed ? Width::kColumns * kTileDepth * 2 : Width::kSpans * Width::kBytesSpan;
  static constexpr int kRowsBox = kSharing == Sharing::x ? kTileRows / kCluster : kTileRows;  // of X that a block copies at once
  static constexpr int kBytesBox = kRowsBox * kTileDepth * 2;
  static constexpr int kBytesX = kTileRows * kTileDepth * 2;
  static constexpr int kBytesStage = kBytesX + 2 * std::max(kBytesWeight<Wide>, kBytesWeight<Narrow>);
  static constexpr int kBytesY = kRowsEach * kWide * 2;  // of one warpgroup
  static constexpr int kStages = (232448 - 2048 - kWarpgroups * kBytesY) / kBytesStage;
  static constexpr int kBytes = 1024 + kStages * kBytesStage + kWarpgroups * kBytesY + 2 * kStages * int(sizeof(ptx::Barrier));
};

struct Place {
  int row, column;
  bool wide;
};

// Wide tiles cover the first columns, narrow ones the rest, so that the last tiles occupy more of the multiprocessors. Both go down
// a group of rows, then on to the next columns: the blocks at work share columns of the weights, and the rows of one group stay in
// the L2 cache.
struct Order {
  int row_tiles, wide_columns, narrow_columns;
  double time;  // of the cluster with the most work, in wide tiles

  // The narrow tiles' time, estimated: a little more than their columns, since each k-step still copies the same rows of X. In the
  // second wave of (256, 4096, 11008) tiles of 64 columns took about two thirds of the time of those of 128.
  template <class Tile> static constexpr double kNarrowTime = 0.15 + 0.85 * Tile::Narrow::kColumns / Tile::Wide::kColumns;

  // The order with which `clusters` clusters are done first.
  template <class Tile> static Order best(int m, int n, int clusters) {
    const auto tiles = [](int size, int each) { return (size + each - 1) / each; };
    const int wide = Tile::Wide::kColumns * Tile::kClusterTiles, narrow = Tile::Narrow::kColumns * Tile::kClusterTiles;
    const int rows = tiles(m, Tile::kClusterRows), most = tiles(n, wide);
    Order best = {rows, most, 0, double(tiles(rows * most, clusters))};
    for (int columns = Tile::kNarrows ? most - 1 : -1; columns >= 0 && (most - columns) * rows <= 2 * clusters; --columns) {
      const int rest = tiles(n - columns * wide, narrow);
      const int wides = rows * columns, all = rows * (columns + rest);
      double time = 0;
      for (const int cluster : {0, wides % clusters, all % clusters, clusters - 1}) {
        const int own_wides = tiles(wides - cluster, clusters), own = tiles(all - cluster, clusters);
        time = std::max(time, own_wides + (own - own_wides) * kNarrowTime<Tile>);
      }
      if (time < best.time) best = {rows, columns, rest, time};
    }
    return best;
  }

  __host__ __device__ int count() const { return row_tiles * (wide_columns + narrow_columns); }

  template <class Tile> __host__ __device__ Place place(int index, int rank) const {
    constexpr int kGroup = 2048 / Tile::kClusterRows;
    const int wides = row_tiles * wide_columns;
    const bool wide = index < wides;
    const int tile = wide ? index : index - wides, columns = wide ? wide_columns : narrow_columns;
    const int width = wide ? Tile::Wide::kColumns : Tile::Narrow::kColumns;
    const int group = tile / (kGroup * columns);
    const int within = tile - group * kGroup * columns;
    const int height = std::min(kGroup, row_tiles - group * kGroup);
    Place place = {(group * kGroup + within % height) * Tile::kClusterRows, within / height * Tile::kClusterTiles * width, wide};
    if (!wide) place.column += wide_columns * Tile::kClusterTiles * Tile::Wide::kColumns;
    if (Tile::kSharing == Sharing::weights) place.row += rank * kTileRows;
    if (Tile::kSharing == Sharing::x) place.column += rank * width;
    return place;
  }
};

}  // namespace swiglu::cuda::gemm_sm90
