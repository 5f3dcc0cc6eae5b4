// How decode_sm90_16bit cuts its work. A tile is some boxes of 64 columns of both weight matrices. The blocks of a cluster share a
// tile, each with its part of k, which it reads a few rows at a time through a ring of stages in shared memory.
#pragma once

#include <algorithm>
#include <cstdint>

#include "ops/problems.h"

namespace swiglu::cuda {

enum class DecodeGrid { all, whole, resident };

struct DecodePlan {
  int column_boxes;  // 1, 2 or 4, of 64 columns each
  int rows;          // of the weights in a stage: 16, 32 or 64
  int cluster;       // 1 to 8 blocks, at most one for every stage's rows of the weights
  int stages;
  DecodeGrid grid = DecodeGrid::all;
  int trigger = 0;   // the next kernel may start when this many stages are still to be asked for
  int prefetch = 0;  // stages into L2 before the kernel before is done
  bool evict_first = true;
  int promotion = 3;  // CUtensorMapL2promotion
  bool products = true;
};

constexpr int kDecodeColumns = 64;  // of a box of weights
constexpr int kDecodeBarrierBytes = 1024;  // keeps the ring behind it aligned
constexpr int kDecodeMostStages = 32, kDecodeMostCluster = 8;

// Rows of X as the tensor cores count them.
inline int decode_tokens(int64_t m) { return m <= 8 ? 8 : m <= 16 ? 16 : m <= 32 ? 32 : 64; }

// Shared memory: sums over a part of k in float32; barriers; the ring, a stage of which holds gate and up weights and a box of X.
constexpr int decode_box_bytes(int rows) { return rows * kDecodeColumns * 2; }
constexpr int decode_partial_bytes(int tokens, int column_boxes) { return column_boxes * 2 * tokens * kDecodeColumns * 4; }
constexpr int decode_stage_bytes(int tokens, int column_boxes, int rows) {
  return column_boxes * 2 * decode_box_bytes(rows) + tokens * rows * 2;
}
constexpr int decode_shared_bytes(int tokens, int column_boxes, int rows, int stages) {
  return decode_partial_bytes(tokens, column_boxes) + kDecodeBarrierBytes + stages * decode_stage_bytes(tokens, column_boxes, rows);
}

// What one thread block can have of a multiprocessor's shared memory, and what each of two or three can have.
constexpr int kDecodeWholeBytes = 227 * 1024, kDecodeHalfBytes = 113 * 1024, kDecodeThirdBytes = 75 * 1024;

constexpr int decode_stages_within(int bytes, int tokens, int column_boxes, int rows) {
  const int ring = bytes - decode_shared_bytes(tokens, column_boxes, rows, 0);
  return std::min(ring / decode_stage_bytes(tokens, column_boxes, rows), kDecodeMostStages);
}

}  // namespace swiglu::cuda
