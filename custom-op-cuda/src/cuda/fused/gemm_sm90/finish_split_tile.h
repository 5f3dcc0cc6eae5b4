// What follows the products where the blocks of a cluster made a tile together, each with its part of the depth: their sums meet in
// the order of the blocks, so that the result does not depend on which of them is done first. Each block finishes some rows.
#pragma once

#include <algorithm>

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

constexpr int kQuad = 4;  // adjacent columns that a thread finishes: the 16 bytes that a warp's threads load adjoin

template <int kParts> __device__ __forceinline__ Floats<kQuad> sum(const float4 (&parts)[kParts]) {
  Floats<kQuad> total = {};
#pragma unroll
  for (const float4& part : parts) {
    total.values[0] += part.x, total.values[1] += part.y, total.values[2] += part.z, total.values[3] += part.w;
  }
  return total;
}

template <class Tile, class Width> __device__ __forceinline__ int quad_column() {
  return (threadIdx.x - 128) % (Width::kColumns / kQuad) * kQuad;
}

// The rows that this block finishes; `rows` of the tile lie inside of Y. All loads of a round are on their way before the first is used.
template <class Tile, class Width, int kParts, class T>
__device__ __forceinline__ void finish_rows(const Shared<Tile>& shared, int rank, int64_t first_row, int rows,
                                            const Finish<T, kQuad>& columns) {
  constexpr int kQuads = Width::kColumns / kQuad, kRowsAtOnce = Tile::kWarpgroups * 128 / kQuads, kRows = kTileRows / kParts;
  constexpr int kRounds = std::max(1, 4 / kParts);
  const int thread = threadIdx.x - 128, end = std::min(kRows * (rank + 1), rows);
  if (thread >= kRowsAtOnce * kQuads) return;
  const float* sums = reinterpret_cast<const float*>(shared.base) + quad_column<Tile, Width>();
  for (int first = kRows * rank + thread / kQuads; first < end; first += kRounds * kRowsAtOnce) {
    float4 gate[kRounds][kParts], up[kRounds][kParts];
#pragma unroll
    for (int i = 0; i < kRounds; ++i) {
      const int row = first + i * kRowsAtOnce;
#pragma unroll
      for (int part = 0; part < kParts; ++part) {
        if (row >= end) break;
        const uint32_t at = ptx::cluster_address(sums + row * kSumsPitch<Width>, part);
        gate[i][part] = ptx::load_cluster_float4(at);
        up[i][part] = ptx::load_cluster_float4(at + Width::kColumns * sizeof(float));
      }
    }
#pragma unroll
    for (int i = 0; i < kRounds; ++i) {
      const int row = first + i * kRowsAtOnce;
      if (row < end) columns.write(first_row + row, sum(gate[i]), sum(up[i]));
    }
  }
}

// Between two barriers of the cluster: all sums are there before, nobody leaves until after.
template <class Tile, class Width, class T>
__device__ __forceinline__ void finish_split_tile(const Shared<Tile>& shared, int rank, const Place& place, int64_t m,
                                                  const Finish<T, kQuad>& columns) {
  const int rows = static_cast<int>(std::min<int64_t>(kTileRows, m - place.row));
  switch (ptx::cluster_size()) {
    case 2: return finish_rows<Tile, Width, 2>(shared, rank, place.row, rows, columns);
    case 4: return finish_rows<Tile, Width, 4>(shared, rank, place.row, rows, columns);
  }
}

}  // namespace swiglu::cuda::gemm_sm90
