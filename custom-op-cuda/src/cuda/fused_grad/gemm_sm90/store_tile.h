// From accumulators to memory: rounded, through shared memory, by the copy engine, which leaves out what lies outside of the tensor.
#pragma once

#include "cuda/fused_grad/gemm_sm90/block.h"
#include "cuda/ptx/cluster.h"
#include "cuda/ptx/stmatrix.h"
#include "cuda/ptx/tma.h"

namespace swiglu::cuda::grad_sm90 {

// A staging place in the eyes of one lane, swizzled as the copy engine does.
class StagedRows {
 public:
  __device__ explicit StagedRows(const uint8_t* staging) {
    const int row = threadIdx.x % 128 / 32 * 16 + threadIdx.x % 16, piece = threadIdx.x % 32 / 16;
    first_ = ptx::computed_here(ptx::shared_address(staging) + row * kBoxSpan + (piece ^ row % 8) * 16);
  }

  // Its row of the matrices that hold accumulators i to i + 7 of its warp, i a multiple of 8: as ptx::store_matrices takes and
  // ptx::load_matrices gives them.
  __device__ __forceinline__ uint32_t of(int i) const {
    return (first_ ^ i / 8 % 4 * 32) + i / (kBox / 2) % kStagingBoxes * kBoxBytes;
  }

 private:
  uint32_t first_;
};

// All that this warpgroup has written to its staging place will be seen by the copy engine.
__device__ __forceinline__ void hand_over(int warpgroup) {
  ptx::fence_async_proxy();
  ptx::named_barrier_sync(1 + warpgroup, 128);
}

// What lies in the first boxes; each is a store of its own, as store_tile expects of what it follows.
template <int kColumns>
__device__ __forceinline__ void store_boxes(const CUtensorMap* map, const uint8_t* staging, int row, int column) {
  static_assert(kColumns <= kStagingBoxes * kBox, "so many boxes are staged");
  for (int box = 0; box < kColumns / kBox; ++box) {
    ptx::tma_store(map, staging + box * kBoxBytes, column + box * kBox, row);
    ptx::tma_store_commit();
  }
}

// This warpgroup's 64 rows, from `row` and `column` on; pair(i) are accumulators i and i + 1, rounded. Where there are more, boxes take
// turns, so that one is written while the one before is stored.
template <int kColumns, class Pair>
__device__ __forceinline__ void store_tile(const CUtensorMap* map, uint8_t* staging, int warpgroup, int row, int column,
                                           const Pair& pair) {
  constexpr int kBoxes = kColumns / kBox, kPending = kBoxes % kStagingBoxes == 0 ? kStagingBoxes - 1 : 0;
  const bool leader = threadIdx.x % 128 == 0;
  const StagedRows rows(staging);
#pragma unroll
  for (int box = 0; box < kBoxes; ++box) {
    if (leader) ptx::tma_store_wait_read<kPending>();
    ptx::named_barrier_sync(1 + warpgroup, 128);
#pragma unroll
    for (int piece = 0; piece < kBox / 8; piece += 2) {
      const int i = (box * kBox / 8 + piece) * 4;
      ptx::store_matrices(rows.of(i), pair(i), pair(i + 2), pair(i + 4), pair(i + 6));
    }
    hand_over(warpgroup);
    if (leader) {
      ptx::tma_store(map, staging + box % kStagingBoxes * kBoxBytes, column + box * kBox, row);
      ptx::tma_store_commit();
    }
  }
}

}  // namespace swiglu::cuda::grad_sm90
