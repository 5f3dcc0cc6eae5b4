// Where the blocks of decode_sm90_16bit.cu stand in the work, and the ring of stages in shared memory that they read through.
#pragma once

#include "cuda/fused/decode_sm90/plan.h"
#include "cuda/fused/ring_position.h"
#include "cuda/ptx/mbarrier.h"

namespace swiglu::cuda {

constexpr int kWarp = 32, kWarpgroup = 128;

// kBoxes boxes of 64 columns, each with a warpgroup of its own, kRows rows of the weights a stage, kTokens rows of X.
template <int kTokens_, int kBoxes_, int kRows_, bool kTransB_> struct DecodeShape {
  static constexpr int kTokens = kTokens_, kBoxes = kBoxes_, kRows = kRows_;
  static constexpr bool kTransB = kTransB_;
  static constexpr int kWidth = kBoxes * kDecodeColumns;
  static constexpr int kConsumers = kBoxes * kWarpgroup, kThreads = kConsumers + kWarp;
  static constexpr int kBoxBytes = kRows * kDecodeColumns * 2, kXBytes = kTokens * kRows * 2;
  static constexpr int kStageBytes = decode_stage_bytes(kTokens, kBoxes, kRows);
};

struct DecodeBarriers {
  ptx::Barrier full[kDecodeMostStages], empty[kDecodeMostStages];
};
static_assert(sizeof(DecodeBarriers) <= kDecodeBarrierBytes);

// The weights of all stages come before X, so that every box begins where the swizzle's pattern does.
template <class S> class DecodeRing {
 public:
  __device__ DecodeRing(unsigned char* memory, int stages)
      : memory_(memory), x_(memory + kDecodeBarrierBytes + stages * 2 * S::kBoxes * S::kBoxBytes) {}

  __device__ DecodeBarriers& barriers() const { return *reinterpret_cast<DecodeBarriers*>(memory_); }
  __device__ unsigned char* w_gate(int stage, int box) const {
    return memory_ + kDecodeBarrierBytes + (2 * S::kBoxes * stage + box) * S::kBoxBytes;
  }
  __device__ unsigned char* w_up(int stage, int box) const { return w_gate(stage, S::kBoxes + box); }
  __device__ unsigned char* x(int stage) const { return x_ + stage * S::kXBytes; }

  // What takes the ring's place at last.
  template <class Sums> __device__ Sums& sums(int box) const {
    return reinterpret_cast<Sums*>(memory_ + kDecodeBarrierBytes)[box];
  }

 private:
  unsigned char *memory_, *x_;
};

// A block's tile, its part of k and its number among those that load X together; one of these two is its rank in the cluster.
struct DecodePlace {
  int tile, part, sharer, first_row_block, row_blocks;

  __device__ explicit DecodePlace(const DecodePlan& plan) {
    const int cluster = plan.parts * plan.sharing, rank = blockIdx.x % cluster;
    part = rank / plan.sharing, sharer = rank % plan.sharing;
    tile = blockIdx.x / cluster * plan.sharing + sharer;
    first_row_block = plan.row_blocks * part / plan.parts;
    row_blocks = plan.row_blocks * (part + 1) / plan.parts - first_row_block;
  }
};

}  // namespace swiglu::cuda
