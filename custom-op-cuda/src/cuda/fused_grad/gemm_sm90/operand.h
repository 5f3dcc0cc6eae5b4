// Operands of the gradient's products: a row of boxes in shared memory, how it is filled and how it is multiplied.
#pragma once

#include "cuda/fused_grad/gemm_sm90/block.h"
#include "cuda/ptx/tma.h"
#include "cuda/ptx/wgmma.h"

namespace swiglu::cuda::grad_sm90 {

// What adjoins in memory: elements along the depth of the product, or elements along the tile's side.
enum class Major { depth, side };

// `boxes` boxes of the rows or columns from `first` on, at `depth`. What lies outside of the tensor becomes zeros.
template <Major kMajor>
__device__ __forceinline__ void load_operand(const CUtensorMap* map, uint8_t* to, int boxes, int first, int depth, ptx::Barrier* full) {
  for (int i = 0; i < boxes; ++i, first += kBox, to += kBoxBytes) {
    if constexpr (kMajor == Major::depth) {
      ptx::tma_load(map, to, depth, first, full);
    } else {
      ptx::tma_load(map, to, first, depth, full);
    }
  }
}

// What lies 16 deep at the beginning of the boxes, and how far it is to the next 16.
__device__ __forceinline__ uint64_t operand(const uint8_t* boxes) { return ptx::operand<kBoxSpan>(boxes, kBoxBytes, 8 * kBoxSpan); }
template <Major kMajor> constexpr int kNextDepth = kMajor == Major::depth ? 32 : 16 * kBoxSpan;

__device__ __forceinline__ void release(const Shared& shared, int stage) {
  if (threadIdx.x % 32 == 0) ptx::barrier_arrive(&shared.empty[stage]);
}

// Issues the products of one step. The first of a tile writes the accumulators without reading them, so that they need not be kept.
template <class T, int kColumns, Major kA, Major kB, bool kFirst>
__device__ __forceinline__ void multiply_step(const Shared& shared, int warpgroup, const RingPosition& at, float (&d)[kColumns / 2]) {
  ptx::barrier_wait(&shared.full[at.stage], at.phase);
  const uint64_t a = operand(shared.a(at.stage) + warpgroup * kBoxBytes), b = operand(shared.b(at.stage));
  ptx::wgmma_fence();
#pragma unroll
  for (int i = 0; i < kTileDepth / 16; ++i) {
    ptx::wgmma<T, kColumns, kB == Major::side, kA == Major::side>(d, ptx::advanced(a, i * kNextDepth<kA>),
                                                                  ptx::advanced(b, i * kNextDepth<kB>), !kFirst || i > 0);
  }
  ptx::wgmma_commit();
}

// d = a·b for this warpgroup's rows of one tile, over `steps` steps of the ring, at least one. When `meanwhile_step` of them are under
// way, or all, it does what is to be done `meanwhile`.
template <class T, int kColumns, Major kA, Major kB, class Meanwhile>
__device__ __forceinline__ void multiply(const Shared& shared, int warpgroup, int steps, RingPosition& at, float (&d)[kColumns / 2],
                                         int meanwhile_step, const Meanwhile& meanwhile) {
  int previous = at.stage;
  multiply_step<T, kColumns, kA, kB, true>(shared, warpgroup, at, d);
  at.advance(kStages);
  for (int step = 1;; ++step) {
    if (step == min(meanwhile_step, steps)) meanwhile();
    if (step == steps) break;
    multiply_step<T, kColumns, kA, kB, false>(shared, warpgroup, at, d);
    ptx::wgmma_wait<1>();
    release(shared, previous);
    previous = at.stage;
    at.advance(kStages);
  }
  ptx::wgmma_wait<0>();
  ptx::wgmma_results(d);
  release(shared, previous);
}

template <class T, int kColumns, Major kA, Major kB>
__device__ __forceinline__ void multiply(const Shared& shared, int warpgroup, int steps, RingPosition& at, float (&d)[kColumns / 2]) {
  multiply<T, kColumns, kA, kB>(shared, warpgroup, steps, at, d, 1, [] {});
}

}  // namespace swiglu::cuda::grad_sm90
