// A tile of Y that a block computes, and what of it belongs to whom.
#pragma once

#include <cstdint>

#include "ops/problems.h"

namespace swiglu::cuda {

constexpr int kRowsTogether = 2048;  // of X: with as many columns of the weights, about what the multiprocessors work on at once

constexpr int kColumns = 64, kColumnWarps = 2, kWarpColumns = kColumns / kColumnWarps;  // of Y, in a tile
constexpr int kBlocks = 2 * kWarpColumns / 8;  // 8-column products of a warp, first those of the gate, then those of up

template <int kRows_, int kRowWarps_, int kDepthWarps_, int kStepBytes_, int kStages_> struct Tile {
  static constexpr int kRows = kRows_, kRowWarps = kRowWarps_, kDepthWarps = kDepthWarps_;
  static constexpr int kStepBytes = kStepBytes_;  // depth of a step, in bytes of X
  static constexpr int kStages = kStages_;
  static constexpr int kThreads = 32 * kRowWarps * kColumnWarps * kDepthWarps;
  static constexpr int kWarpRows = kRows / kRowWarps;
  static constexpr int kSubsteps = kStepBytes / 32 / kDepthWarps;
  static constexpr int kSharedBytes = kStages * kStepBytes * (kRows + 2 * kColumns);
  static constexpr int kFragments = kWarpRows / 16;
  static_assert(kRowsTogether % kRows == 0, "groups are whole");
  static_assert(kSubsteps % 2 == 0, "two sets of fragments take turns");
  static_assert(kDepthWarps <= 2 && kThreads / 2 * kFragments * kBlocks * 16 <= kSharedBytes, "the sums fit where the stages were");
};

// Which warp of the block, and lane of the warp, a thread is.
template <class Tile> struct Role {
  int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  int column = warp % kColumnWarps * kWarpColumns;
  int row_warp = warp / kColumnWarps % Tile::kRowWarps;
  int depth_warp = warp / kColumnWarps / Tile::kRowWarps;
};

// What a thread holds: of 16 rows and 8 columns two pairs of adjacent columns, 8 rows from each other.
template <class Tile> using Sums = float[Tile::kFragments][kBlocks][4];

// Where this block's tile begins: groups of row tiles, in a group column by column.
struct Origin {
  int64_t row, column;
};

template <class Tile> __device__ Origin origin(const GemmSizes& sizes) {
  constexpr uint32_t kTogether = kRowsTogether / Tile::kRows;
  const uint32_t row_tiles = static_cast<uint32_t>((sizes.m + Tile::kRows - 1) / Tile::kRows);
  const uint32_t column_tiles = gridDim.x / row_tiles;
  const uint64_t group_tiles = uint64_t(kTogether) * column_tiles;
  const uint32_t group = static_cast<uint32_t>(blockIdx.x / group_tiles), in_group = blockIdx.x - group * group_tiles;
  const uint32_t height = min(kTogether, row_tiles - group * kTogether);
  return {int64_t(group * kTogether + in_group % height) * Tile::kRows, int64_t(in_group / height) * kColumns};
}

}  // namespace swiglu::cuda
