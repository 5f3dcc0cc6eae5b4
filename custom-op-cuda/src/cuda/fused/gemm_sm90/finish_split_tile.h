// What follows the products where the blocks of a cluster made a tile together, each with its part of the depth: their sums meet in
// the order of the blocks, so that the result does not depend on which of them is done first. Each block finishes some rows.
#pragma once

#include "cuda/fused/finish.h"
#include "cuda/fused/gemm_sm90/block.h"

namespace swiglu::cuda::gemm_sm90 {

// A block's sums lie where its ring was: rows of gate and up side by side, padded against bank conflicts.
template <class Width> constexpr int kSumsPitch = 2 * Width::kColumns + 8;

template <class Tile, class Width>
__device__ __forceinline__ void put_sums(const Shared<Tile>& shared, int warpgroup, const float (&d)[Width::kColumns]) {
  static_assert(kTileRows * kSumsPitch<Width> * sizeof(float) <= Tile::kStages * Tile::kBytesStage, "the sums fit where the ring was");
  float* sums = reinterpret_cast<float*>(shared.base);
  const int row = warpgroup * Tile::kRowsEach + threadIdx.x % 128 / 32 * 16 + threadIdx.x % 32 / 4, column = threadIdx.x % 4 * 2;
#pragma unroll
  for (int j = 0; j < Width::kColumns / 4; ++j) {
#pragma unroll
    for (int h = 0; h < 2; ++h) {
      const int i = 4 * j + 2 * h;
      *reinterpret_cast<float2*>(sums + (row + 8 * h) * kSumsPitch<Width> + 8 * j + column) = make_float2(d[i], d[i + 1]);
    }
  }
}

constexpr int kSumsAtOnce = 8;
using Sums = Floats<kSumsAtOnce>;

// Eight neighbouring sums of all blocks.
__device__ __forceinline__ Sums add_parts(const float* sums, int parts) {
  Sums total = {};
  for (int part = 0; part < parts; ++part) {
    const uint32_t address = ptx::cluster_address(sums, part);
    const float4 low = ptx::load_cluster_float4(address), high = ptx::load_cluster_float4(address + 16);
    const float values[kSumsAtOnce] = {low.x, low.y, low.z, low.w, high.x, high.y, high.z, high.w};
#pragma unroll
    for (int i = 0; i < kSumsAtOnce; ++i) total.values[i] += values[i];
  }
  return total;
}

// Between two barriers of the cluster: all sums are there before, nobody leaves until after.
template <class Tile, class Width, class T>
__device__ __forceinline__ void finish_split_tile(const Arguments<T>& a, const Shared<Tile>& shared, int rank, const Place& place) {
  const float* sums = reinterpret_cast<const float*>(shared.base);
  const int parts = ptx::cluster_size(), rows = kTileRows / parts, thread = threadIdx.x - 128;
  constexpr int kPacks = Width::kColumns / kSumsAtOnce;
  for (int i = thread; i < rows * kPacks; i += Tile::kWarpgroups * 128) {
    const int row = rank * rows + i / kPacks, column = i % kPacks * kSumsAtOnce;
    if (place.row + row >= a.problem.sizes.m) continue;
    const float* own = sums + row * kSumsPitch<Width> + column;
    const Finish<T, kSumsAtOnce> finish(a.problem, place.column + column);
    finish.write(place.row + row, add_parts(own, parts), add_parts(own + Width::kColumns, parts));
  }
}

}  // namespace swiglu::cuda::gemm_sm90
