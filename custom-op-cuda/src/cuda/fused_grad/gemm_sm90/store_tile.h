// From accumulators to memory: rounded, through shared memory, by the copy engine, which leaves out what lies outside of the tensor.
#pragma once

#include "cuda/fused_grad/gemm_sm90/block.h"
#include "cuda/ptx/cluster.h"
#include "cuda/ptx/convert.h"
#include "cuda/ptx/stmatrix.h"
#include "cuda/ptx/tma.h"

namespace swiglu::cuda::grad_sm90 {

// In a box of a staging place, swizzled as the copy engine does: where this lane names its row of the matrices of columns 8·piece to
// 8·piece + 15 of its warp's 16 rows (as ptx::store_matrices takes and ptx::load_matrices gives accumulators i to i + 7).
__device__ __forceinline__ int matrix_row(int piece) {
  const int row = threadIdx.x % 128 / 32 * 16 + threadIdx.x % 16;
  return row * kBoxSpan + ((piece + threadIdx.x % 32 / 16) ^ row % 8) * 16;
}

// This warpgroup's 64 rows, from `row` and `column` on. Where there are more, boxes take turns, so that one is written
// while the one before is stored.
template <class T, int kColumns>
__device__ __forceinline__ void store_tile(const CUtensorMap* map, uint8_t* staging, int warpgroup, int row, int column,
                                           const float (&d)[kColumns / 2]) {
  constexpr int kBoxes = kColumns / kBox, kPending = kBoxes % kStagingBoxes == 0 ? kStagingBoxes - 1 : 0;
  const bool leader = threadIdx.x % 128 == 0;
#pragma unroll
  for (int box = 0; box < kBoxes; ++box) {
    uint8_t* to = staging + box % kStagingBoxes * kBoxBytes;
    if (leader) ptx::tma_store_wait_read<kPending>();
    ptx::named_barrier_sync(1 + warpgroup, 128);
#pragma unroll
    for (int piece = 0; piece < kBox / 8; piece += 2) {
      const float* v = d + (box * kBox / 8 + piece) * 4;
      ptx::store_matrices(to + matrix_row(piece), ptx::pack<T>(v[0], v[1]), ptx::pack<T>(v[2], v[3]), ptx::pack<T>(v[4], v[5]),
                          ptx::pack<T>(v[6], v[7]));
    }
    ptx::fence_async_proxy();
    ptx::named_barrier_sync(1 + warpgroup, 128);
    if (leader) {
      ptx::tma_store(map, to, column + box * kBox, row);
      ptx::tma_store_commit();
    }
  }
}

}  // namespace swiglu::cuda::grad_sm90
