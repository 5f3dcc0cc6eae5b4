// What a block of gemm_sm90_16bit.cu is given, how its shared memory is laid out, and which part of the work is its own.
#pragma once

#include <cuda.h>

#include "cuda/fused/gemm_sm90/tile.h"
#include "cuda/fused/ring_position.h"
#include "cuda/ptx/cluster.h"
#include "ops/problems.h"

namespace swiglu::cuda::gemm_sm90 {

// Of tensors in the boxes that a wide or a narrow tile is made of.
struct Maps {
  CUtensorMap w_gate, w_up, y, gate, up;
};

template <class T> struct Arguments {
  CUtensorMap x;
  Maps wide, narrow;
  FusedSwiGLUProblem<T> problem;
  Order order;
};

template <class Tile> struct Shared {
  uint8_t* base;
  ptx::Barrier *full, *empty;

  __device__ explicit Shared(uint8_t* memory)
      : base(memory + (1024 - ptx::shared_address(memory) % 1024) % 1024),
        full(reinterpret_cast<ptx::Barrier*>(base + Tile::kStages * Tile::kBytesStage + Tile::kWarpgroups * Tile::kBytesY)),
        empty(full + Tile::kStages) {}

  __device__ uint8_t* x(int stage) const { return base + stage * Tile::kBytesStage; }
  __device__ uint8_t* w(int stage) const { return x(stage) + Tile::kBytesX; }
  __device__ uint8_t* y(int warpgroup) const { return base + Tile::kStages * Tile::kBytesStage + warpgroup * Tile::kBytesY; }
};

template <class Tile, class Width, class T> __device__ __forceinline__ const Maps& maps(const Arguments<T>& a) {
  return Width::kColumns == Tile::Wide::kColumns ? a.wide : a.narrow;
}

// Whether the tile at `row` has rows of X for this warpgroup.
template <class Tile, class T> __device__ __forceinline__ bool has_rows(const Arguments<T>& a, const Place& place, int warpgroup) {
  return place.row + warpgroup * Tile::kRowsEach < a.problem.sizes.m;
}

// The tiles of this block's cluster, and the k-steps of them that this block makes: all, unless the cluster shares the depth.
struct Work {
  int rank, first_tile, stride, first_step, end_step;

  template <class Tile, class T> static __device__ Work of(const Arguments<T>& a) {
    const int size = Tile::kSharing == Sharing::depth ? ptx::cluster_size() : Tile::kCluster;
    const int rank = Tile::kSharing == Sharing::none ? 0 : ptx::cluster_rank();
    const int steps = int((a.problem.sizes.k + kTileDepth - 1) / kTileDepth);
    Work work = {rank, int(blockIdx.x) / size, int(gridDim.x) / size, 0, steps};
    if (Tile::kSharing == Sharing::depth) work.first_step = steps * rank / size, work.end_step = steps * (rank + 1) / size;
    return work;
  }
};

}  // namespace swiglu::cuda::gemm_sm90
