// How decode_sm90_16bit cuts its work. A tile is one or two boxes of 64 columns of both weight matrices, and a block's work is a part
// of k for one tile. Blocks of a cluster either share a tile, each with its part of k, or share rows of X for neighbouring tiles.
#pragma once

#include <algorithm>
#include <cstdint>

#include "ops/problems.h"

namespace swiglu::cuda {

struct DecodePlan {
  int boxes;    // 1 or 2, of 64 columns each
  int rows;     // of the weights in a stage: 32 or 64
  int parts;    // of k
  int sharing;  // neighbouring tiles whose blocks load X together
  int stages;
  int trigger = 0;   // the next kernel may start when this many stages are still to be asked for
  int prefetch = 0;  // stages into L2 before the kernel before is done
  int skew = 1;      // places in k where clusters begin
  int promotion = 2;  // CUtensorMapL2promotion
  bool products = true, loads_x = true;
};

constexpr int kDecodeColumns = 64;  // of a box of weights
constexpr int kDecodeBarrierBytes = 1024;  // keeps the ring behind it aligned
constexpr int kDecodeMostStages = 32, kDecodeMostCluster = 8;

// Rows of X as the tensor cores count them.
inline int decode_tokens(int64_t m) { return m <= 8 ? 8 : m <= 16 ? 16 : m <= 32 ? 32 : 64; }

// Shared memory: barriers; the ring, a stage of which holds gate and up weights and a box of X; in its place at last the sums.
constexpr int decode_box_bytes(int rows) { return rows * kDecodeColumns * 2; }
constexpr int decode_partial_bytes(int tokens, int boxes) { return boxes * 2 * tokens * kDecodeColumns * 4; }
constexpr int decode_stage_bytes(int tokens, int boxes, int rows) { return boxes * 2 * decode_box_bytes(rows) + tokens * rows * 2; }
constexpr int decode_shared_bytes(int tokens, int boxes, int rows, int stages) {
  return kDecodeBarrierBytes + std::max(stages * decode_stage_bytes(tokens, boxes, rows), decode_partial_bytes(tokens, boxes));
}

// What one thread block can have of a multiprocessor's shared memory, and what each of two or three can have.
constexpr int kDecodeWholeBytes = 227 * 1024, kDecodeHalfBytes = 113 * 1024, kDecodeThirdBytes = 75 * 1024;

constexpr int decode_stages_within(int bytes, int tokens, int boxes, int rows) {
  return std::min((bytes - kDecodeBarrierBytes) / decode_stage_bytes(tokens, boxes, rows), kDecodeMostStages);
}

}  // namespace swiglu::cuda
