// How decode_sm90_16bit cuts its work. A tile is 64 or 128 columns of both weight matrices. The blocks of a cluster share a tile,
// each with its part of k, which it reads 64 rows at a time through a ring of stages in shared memory.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "ops/problems.h"

namespace swiglu::cuda {

struct DecodePlan {
  int column_boxes;  // 1 or 2, of 64 columns each
  int cluster;       // 1, 2, 4 or 8 blocks, at most one for every 64 rows of the weights
  int stages;
};

constexpr int kDecodeRows = 64, kDecodeColumns = 64;  // of a box of weights
constexpr int kDecodeBoxBytes = kDecodeRows * kDecodeColumns * 2;
constexpr int kDecodeBarrierBytes = 1024;  // keeps the ring behind it aligned
constexpr int kDecodeMostStages = 16, kDecodeMostCluster = 8;

// Rows of X as the tensor cores count them.
inline int decode_tokens(int64_t m) { return m <= 8 ? 8 : m <= 16 ? 16 : m <= 32 ? 32 : 64; }

// Shared memory: sums over a part of k in float32; barriers; the ring, a stage of which holds gate and up weights and a box of X.
constexpr int decode_partial_bytes(int tokens, int column_boxes) { return column_boxes * 2 * tokens * kDecodeColumns * 4; }
constexpr int decode_stage_bytes(int tokens, int column_boxes) {
  return column_boxes * 2 * kDecodeBoxBytes + tokens * kDecodeRows * 2;
}
constexpr int decode_shared_bytes(int tokens, int column_boxes, int stages) {
  return decode_partial_bytes(tokens, column_boxes) + kDecodeBarrierBytes + stages * decode_stage_bytes(tokens, column_boxes);
}

// What one thread block can have of a multiprocessor's shared memory, and what each of two can have.
constexpr int kDecodeWholeBytes = 227 * 1024, kDecodeHalfBytes = 113 * 1024;

constexpr int decode_stages_within(int bytes, int tokens, int column_boxes) {
  const int ring = bytes - decode_shared_bytes(tokens, column_boxes, 0);
  return std::min(ring / decode_stage_bytes(tokens, column_boxes), kDecodeMostStages);
}

// A ring of half a multiprocessor, where it is deep enough to keep the memory busy: then the blocks of the next kernel in the
// stream are there before this one's have left, and warm the L2 cache while these finish.
inline int decode_stages(int tokens, int column_boxes) {
  constexpr int kEnough = 5;
  const int half = decode_stages_within(kDecodeHalfBytes, tokens, column_boxes);
  return half >= kEnough ? half : decode_stages_within(kDecodeWholeBytes, tokens, column_boxes);
}

// The time in which `blocks` thread blocks at once read and multiply `share` stages each. The unit is the time in which the
// memory delivers one stage to every multiprocessor: half a microsecond on an H200, for 64 columns.
inline double decode_round_time(int64_t blocks, int64_t share, int column_boxes, int multiprocessors) {
  constexpr double kMostDraw = 1.5;   // times its part of the memory's speed, for one multiprocessor
  constexpr double kProducts = 0.3;   // of a stage
  constexpr double kReduction = 3.0;  // of a tile, in stages of 64 columns; meanwhile its blocks' tensor cores wait
  const double memory = std::max(double(blocks) / multiprocessors, 1.0 / kMostDraw) * share;
  return std::max(memory, kProducts * share + kReduction / column_boxes);
}

// The weights stream at the memory's speed as long as about two thirds of the multiprocessors ask for them, so what costs time is
// a last round of too few blocks, and reductions so frequent that the blocks cannot keep up. A larger cluster is taken for a gain
// of 1 % or more. resident(c) is how many clusters of c blocks the device runs at once, a multiprocessor to each block.
template <class Resident> DecodePlan decode_plan(const GemmSizes& sizes, int multiprocessors, Resident&& resident) {
  const int tokens = decode_tokens(sizes.m);
  // X is read once for every tile, out of the L2 cache: beside 64 columns of weights, 32 tokens are a quarter more to move.
  const int column_boxes = tokens >= 32 ? 2 : 1;
  const int64_t row_blocks = (sizes.k + kDecodeRows - 1) / kDecodeRows;
  const int64_t width = column_boxes * kDecodeColumns, tiles = (sizes.n + width - 1) / width;
  int best = 1;
  double best_time = std::numeric_limits<double>::infinity();
  for (int cluster = 1; cluster <= std::min<int64_t>(kDecodeMostCluster, row_blocks); cluster *= 2) {
    const int64_t at_once = std::min<int64_t>(tiles, resident(cluster));
    if (at_once == 0) continue;
    const int64_t share = (row_blocks + cluster - 1) / cluster, rest = tiles % at_once;
    double time = tiles / at_once * decode_round_time(at_once * cluster, share, column_boxes, multiprocessors);
    if (rest != 0) time += decode_round_time(rest * cluster, share, column_boxes, multiprocessors);
    if (time < 0.99 * best_time) best = cluster, best_time = time;
  }
  return {column_boxes, best, decode_stages(tokens, column_boxes)};
}

}  // namespace swiglu::cuda
