// What the gradient's kernels on Hopper have in common: tensors move in boxes of 64 x 64 elements whatever their part, a block makes
// tiles of 128 rows, and its shared memory is a ring of k-steps and a place where results wait to be stored.
#pragma once

#include <cuda.h>

#include <cstdint>

#include "cuda/fused/ring_position.h"
#include "cuda/ptx/mbarrier.h"

namespace swiglu::cuda::grad_sm90 {

constexpr int kBox = 64;
constexpr int kBoxSpan = kBox * 2, kBoxBytes = kBox * kBoxSpan;

constexpr int kWarpgroups = 2, kThreads = 128 * (1 + kWarpgroups);  // those that multiply; and one that loads
constexpr int kTileRows = kWarpgroups * kBox, kTileDepth = kBox;
constexpr int kMostColumns = 256, kFewColumns = 128;  // of a wide and of a narrow tile

constexpr int kStages = 4;
constexpr int kBytesA = kTileRows / kBox * kBoxBytes, kBytesStage = kBytesA + kMostColumns / kBox * kBoxBytes;
constexpr int kStagingBoxes = 2;  // of each warpgroup
constexpr int kBytesStaging = kStagingBoxes * kBoxBytes;
constexpr int kBytesTensors = kStages * kBytesStage + kWarpgroups * kBytesStaging;
constexpr int kBytesShared = 1024 + kBytesTensors + (2 * kStages + kWarpgroups) * int(sizeof(ptx::Barrier));
static_assert(kBytesShared <= 232448, "a block finds room in a multiprocessor");

struct Shared {
  uint8_t* base;
  ptx::Barrier *full, *empty;
  ptx::Barrier* staged;  // of each warpgroup, for a kernel that loads something to its staging place

  __device__ explicit Shared(uint8_t* memory)
      : base(memory + (1024 - ptx::shared_address(memory) % 1024) % 1024),
        full(reinterpret_cast<ptx::Barrier*>(base + kBytesTensors)),
        empty(full + kStages),
        staged(empty + kStages) {}

  __device__ uint8_t* a(int stage) const { return base + stage * kBytesStage; }
  __device__ uint8_t* b(int stage) const { return a(stage) + kBytesA; }
  __device__ uint8_t* staging(int warpgroup) const { return base + kStages * kBytesStage + warpgroup * kBytesStaging; }

  __device__ void* end() const { return staged + kWarpgroups; }

  // By one thread of the block, before any other uses them.
  __device__ void init_barriers() const {
    for (int i = 0; i < kStages; ++i) {
      ptx::barrier_init(&full[i], 1);
      ptx::barrier_init(&empty[i], kWarpgroups * 4);
    }
    for (int i = 0; i < kWarpgroups; ++i) ptx::barrier_init(&staged[i], 1);
    ptx::barrier_init_fence();
  }
};

}  // namespace swiglu::cuda::grad_sm90
