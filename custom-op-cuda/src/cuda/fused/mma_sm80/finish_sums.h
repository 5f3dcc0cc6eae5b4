// From the sums that the threads of a block hold in registers to Y.
#pragma once

#include "cuda/fused/finish.h"
#include "cuda/fused/mma_sm80/tile.h"

namespace swiglu::cuda {

// Of two warps that share the depth each gets the whole sums of every other fragment, and gives its parts of the rest away.
template <class Tile> __device__ __forceinline__ void add_partial_sums(const Role<Tile>& role, float4* shared, Sums<Tile>& sums) {
  constexpr int kPlaces = Tile::kThreads / 2;
  float4* const staged = shared + threadIdx.x % kPlaces;
  __syncthreads();
#pragma unroll
  for (int i = 0; i < Tile::kFragments; ++i) {
    if (i % 2 == role.depth_warp) continue;
#pragma unroll
    for (int j = 0; j < kBlocks; ++j) {
      const auto& part = sums[i][j];
      staged[(i * kBlocks + j) * kPlaces] = {part[0], part[1], part[2], part[3]};
    }
  }
  __syncthreads();
#pragma unroll
  for (int i = 0; i < Tile::kFragments; ++i) {
    if (i % 2 != role.depth_warp) continue;
#pragma unroll
    for (int j = 0; j < kBlocks; ++j) {
      const float4 other = staged[(i * kBlocks + j) * kPlaces];
      sums[i][j][0] += other.x, sums[i][j][1] += other.y, sums[i][j][2] += other.z, sums[i][j][3] += other.w;
    }
  }
}

// Straight from the registers. The first fragment is finished, then the others move down: the code is there once.
template <class T, class Tile>
__device__ __forceinline__ void finish_fragments(const FusedSwiGLUProblem<T>& p, const Origin& at, const Role<Tile>& role, int rows,
                                                 Sums<Tile>& sums) {
  constexpr int kWidth = kWarpColumns / 4;  // columns of a thread, in pairs
  const Finish<T, kWidth, 2, 8> finish(p, at.column + role.column + role.lane % 4 * 2);
#pragma unroll 1
  for (int i = 0; i < Tile::kFragments; ++i) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int row = role.row_warp * Tile::kWarpRows + i * 16 + half * 8 + role.lane / 4;
      Floats<kWidth> gate, up;
#pragma unroll
      for (int j = 0; j < kWidth; ++j) {
        gate.values[j] = sums[0][j / 2][half * 2 + j % 2];
        up.values[j] = sums[0][kBlocks / 2 + j / 2][half * 2 + j % 2];
      }
      if (row < rows && i % Tile::kDepthWarps == role.depth_warp) finish.write(at.row + row, gate, up);
    }
#pragma unroll
    for (int next = 1; next < Tile::kFragments; ++next) {
#pragma unroll
      for (int j = 0; j < kBlocks; ++j) {
#pragma unroll
        for (int c = 0; c < 4; ++c) sums[next - 1][j][c] = sums[next][j][c];
      }
    }
  }
}

}  // namespace swiglu::cuda
