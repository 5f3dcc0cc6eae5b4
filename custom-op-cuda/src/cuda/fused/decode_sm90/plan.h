// How decode_sm90_16bit cuts its work. A tile is one or two boxes of 64 columns of both weight matrices, and each thread block
// adds up one part of k for one tile. The blocks of a cluster either share a tile, each with its part of k, or load X together
// for tiles side by side.
#pragma once

#include <algorithm>
#include <cstdint>

#include "ops/problems.h"

namespace swiglu::cuda {

struct DecodeCut {
  int boxes;    // of a tile: 1 or 2
  int rows;     // of the weights in a stage: 32 or 64
  int sharing;  // tiles side by side whose blocks load X together, where k is not cut
};

struct DecodePlan {
  bool wide;  // so many columns that k need not be cut
  int tiles, row_blocks;
  int parts;     // of k, a cluster of as many blocks; 1 unless sharing is
  int sharing;   // as above; 1 where k is cut
  int stages;    // of the ring
  bool alone;    // no two blocks on a multiprocessor
  int trigger;   // the next kernel may start when a block has this many of its row blocks still to ask for; if 0, as it ends
  int prefetch;  // row blocks that the L2 cache is told of before the kernel before is done
};

constexpr int kDecodeColumns = 64;         // of a box of weights
constexpr int kDecodeBarrierBytes = 1024;  // keeps the ring behind it aligned
constexpr int kDecodeMostStages = 16, kDecodeMostParts = 8;

// Rows of X as the tensor cores count them.
constexpr int decode_tokens(int64_t m) { return m <= 8 ? 8 : m <= 16 ? 16 : m <= 32 ? 32 : 64; }

// Shared memory: barriers; the ring, a stage of which holds gate and up weights and a box of X; in its place at last the sums.
constexpr int decode_stage_bytes(int tokens, int boxes, int rows) { return (2 * boxes * kDecodeColumns + tokens) * rows * 2; }
constexpr int decode_sum_bytes(int tokens, int boxes) { return 2 * boxes * kDecodeColumns * tokens * 4; }
constexpr int decode_shared_bytes(int tokens, int boxes, int rows, int stages) {
  return kDecodeBarrierBytes + std::max(stages * decode_stage_bytes(tokens, boxes, rows), decode_sum_bytes(tokens, boxes));
}

// What each of two or three thread blocks can have of a multiprocessor's shared memory.
constexpr int kDecodeHalfBytes = 113 * 1024, kDecodeThirdBytes = 75 * 1024;
constexpr int kDecodeAloneBytes = 120 * 1024;  // so much that a second block finds no room

constexpr int decode_stages_within(int bytes, int tokens, const DecodeCut& cut) {
  return std::min((bytes - kDecodeBarrierBytes) / decode_stage_bytes(tokens, cut.boxes, cut.rows), kDecodeMostStages);
}

// With two boxes a row of the weights gives 256 bytes that lie together, which pleases the memory, and X is read half as often:
// (1, 4096, 11008) takes 42.9 μs against 49.6. From 32 tokens on X outgrows that; its rows are then loaded once for several
// tiles, which also keeps these side by side in the weights: (64, 4096, 11008) takes 48.1 μs with 4, 53.1 alone. Transposed
// weights come in spans of 128 bytes for the same reason.
constexpr DecodeCut decode_cut(int tokens, bool wide, bool trans_b) {
  const DecodeCut cut = !wide          ? tokens <= 16 ? DecodeCut{1, 64, 1} : DecodeCut{1, 32, 4}
                        : tokens <= 32 ? DecodeCut{2, 32, tokens <= 16 ? 1 : 2}
                                       : DecodeCut{1, 64, 8};
  return {cut.boxes, trans_b ? 64 : cut.rows, cut.sharing};
}

// Measured on an H200 with 132 multiprocessors, as (m, k, n), launches back to back:
// - A block for each tile does best, and best of all where a second launch's blocks find room beside it: a ring of half a
//   multiprocessor while blocks do not outnumber multiprocessors, of a third where they do, if that is four stages or more.
// - Fewer than a block for every multiprocessor (1.5 of them from 32 tokens on, whose stages hold less of the weights) leave
//   the memory idle: then k is cut, down to parts of 256 rows. (1, 8192, 1408), of 22 tiles, takes 13.0 μs in 4 parts, 14.1 in 3.
// - Where blocks do not outnumber multiprocessors and have much to read, no two may share one. Behind a kernel of ONNX Runtime's that
//   lets its successor start early they would: of 112 blocks, 61 to 112 multiprocessors had one or two, and (1, 4096, 14336) took
//   from 54 to 88 μs. Alone it takes 54.8 if the next launch may start when blocks have stored, 55.4 if only when they are gone; among
//   launches of its own kind, whose blocks can stand beside each other, it would take 54.5.
// - Blocks that share X, or stand in thirds, let all of the next launch's in halfway where these find room, while they still hold
//   their places. Otherwise, and where there is little to read, blocks that come early are in the way, (1, 8192, 28672) takes
//   267 μs, not 213; they warm the L2 cache for their first stages instead.
inline DecodePlan decode_plan(const GemmSizes& sizes, int multiprocessors) {
  constexpr int kLeastPart = 256, kEnoughStages = 4, kManyRowBlocks = 64, kWarmed = 2;
  const auto pieces = [](int64_t size, int piece) { return static_cast<int>((size + piece - 1) / piece); };
  const int tokens = decode_tokens(sizes.m);
  const int most = tokens <= 16 ? multiprocessors : multiprocessors * 3 / 2;
  DecodePlan plan = {};
  plan.wide = pieces(sizes.n, kDecodeColumns) > most;
  const DecodeCut cut = decode_cut(tokens, plan.wide, sizes.trans_b);
  plan.tiles = pieces(sizes.n, cut.boxes * kDecodeColumns);
  plan.row_blocks = pieces(sizes.k, cut.rows);
  plan.parts = 1;
  while (!plan.wide && 2 * plan.parts <= kDecodeMostParts && 2 * plan.parts * plan.tiles <= most &&
         2 * plan.parts * kLeastPart <= sizes.k) {
    plan.parts *= 2;
  }
  plan.sharing = plan.parts == 1 ? cut.sharing : 1;

  const int64_t blocks = int64_t(plan.tiles) * plan.parts;
  const int third = decode_stages_within(kDecodeThirdBytes, tokens, cut);
  const int half = decode_stages_within(kDecodeHalfBytes, tokens, cut);
  const bool in_thirds = blocks > multiprocessors && third >= kEnoughStages;
  const bool next_fits = 2 * blocks <= (in_thirds ? 3 : 2) * multiprocessors;
  const bool early = next_fits && plan.parts == 1 && plan.row_blocks >= kManyRowBlocks;
  plan.stages = in_thirds ? third : half;
  plan.alone = early && blocks <= multiprocessors && plan.sharing == 1;
  plan.trigger = plan.alone ? 0 : early ? plan.row_blocks / 2 : 1;
  plan.prefetch = early ? 0 : kWarmed;
  return plan;
}

}  // namespace swiglu::cuda
