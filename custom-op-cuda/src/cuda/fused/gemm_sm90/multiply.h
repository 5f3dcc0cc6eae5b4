// The products of gemm_sm90_16bit.cu: a warpgroup multiplies its rows of X with both weights' columns of a tile.
#pragma once

#include "cuda/fused/gemm_sm90/block.h"
#include "cuda/ptx/wgmma.h"

namespace swiglu::cuda::gemm_sm90 {

template <class Tile> __device__ __forceinline__ void release(const Shared<Tile>& shared, int stage) {
  const int lane = threadIdx.x % 32;
  if constexpr (Tile::kCluster == 1) {
    if (lane == 0) ptx::barrier_arrive(&shared.empty[stage]);
  } else {
    if (lane < Tile::kCluster) ptx::barrier_release_remote(&shared.empty[stage], lane);
  }
}

// d = X·[W_gate | W_up] for this warpgroup's rows of one tile: the accumulators of gate, then those of up.
template <class Tile, class Width>
__device__ __forceinline__ void multiply(const Shared<Tile>& shared, int warpgroup, int steps, RingPosition& at,
                                         float (&d)[Width::kColumns]) {
  using T = typename Tile::Element;
  constexpr bool kTransposed = Tile::kTransposed;
  constexpr int kSpanX = kTileDepth * 2, kSpanW = kTransposed ? kSpanX : Width::kSpan;
  constexpr int kStep = kTransposed ? 32 : 16 * kSpanW;
  constexpr int kBytes = Tile::template kBytesWeight<Width>;
  constexpr int kUp = Width::kColumns / 2;
  int previous = -1;
  for (int step = 0; step < steps; ++step) {
    ptx::barrier_wait(&shared.full[at.stage], at.phase);
    const uint64_t x = ptx::operand<kSpanX>(shared.x(at.stage) + warpgroup * Tile::kRowsEach * kSpanX, 0, 8 * kSpanX);
    const uint64_t w = ptx::operand<kSpanW>(shared.w(at.stage), Width::kBytesSpan, 8 * kSpanW);
    ptx::wgmma_fence();
#pragma unroll
    for (int i = 0; i < kTileDepth / 16; ++i) {
      const uint64_t x_i = ptx::advanced(x, i * 32), w_i = ptx::advanced(w, i * kStep);
      if constexpr (kTransposed || Width::kAdjoining) {
        ptx::wgmma<T, 2 * Width::kColumns, !kTransposed>(d, x_i, w_i, step | i);
      } else {
        using Part = float(&)[kUp];
        ptx::wgmma<T, Width::kColumns, !kTransposed>(reinterpret_cast<Part>(d[0]), x_i, w_i, step | i);
        ptx::wgmma<T, Width::kColumns, !kTransposed>(reinterpret_cast<Part>(d[kUp]), x_i, ptx::advanced(w_i, kBytes), step | i);
      }
    }
    ptx::wgmma_commit();
    if (previous >= 0) {
      ptx::wgmma_wait<1>();
      release(shared, previous);
    }
    previous = at.stage;
    at.advance(Tile::kStages);
  }
  ptx::wgmma_wait<0>();
  ptx::wgmma_results(d);
  release(shared, previous);
}

// For a warpgroup whose rows lie outside of X: others wait for it to release the stages.
template <class Tile> __device__ __forceinline__ void pass_over(const Shared<Tile>& shared, int steps, RingPosition& at) {
  for (int step = 0; step < steps; ++step, at.advance(Tile::kStages)) {
    ptx::barrier_wait(&shared.full[at.stage], at.phase);
    __syncwarp();  // nobody waits for this phase any more
    release(shared, at.stage);
  }
}

}  // namespace swiglu::cuda::gemm_sm90
