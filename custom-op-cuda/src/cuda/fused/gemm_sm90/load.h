// The producer of gemm_sm90_16bit.cu: one thread keeps the ring of k-steps filled with bulk copies. Boxes of X that lie outside of
// it are not copied.
#pragma once

#include "cuda/fused/gemm_sm90/block.h"
#include "cuda/ptx/tma.h"

namespace swiglu::cuda::gemm_sm90 {

// One weight's part of a k-step, into this block or into all blocks of the cluster.
template <class Tile, class Width>
__device__ __forceinline__ void load_weight(const CUtensorMap* map, uint8_t* to, int column, int depth, ptx::Barrier* full) {
  const auto load = [&](uint8_t* box, int inner, int outer) {
    if constexpr (Tile::kSharing == Sharing::weights) {
      ptx::tma_load_multicast(map, box, inner, outer, full, (1 << Tile::kCluster) - 1);
    } else {
      ptx::tma_load(map, box, inner, outer, full);
    }
  };
  if constexpr (Tile::kTransposed) {
    load(to, depth, column);
  } else {
#pragma unroll
    for (int s = 0; s < Width::kSpans; ++s) load(to + s * Width::kBytesSpan, column + s * Width::kSpanColumns, depth);
  }
}

// How many of the tile's boxes of X there are.
template <class Tile> __device__ __forceinline__ int boxes_x(int64_t m, int row) {
  return static_cast<int>(std::min<int64_t>(kTileRows, m - row) + Tile::kRowsBox - 1) / Tile::kRowsBox;
}

// Where X is shared, every block gets all of its boxes, and copies that of its own rank if X reaches so far.
template <class Tile, class Width, class T>
__device__ __forceinline__ void load_step(const Arguments<T>& a, const Shared<Tile>& shared, int stage, const Place& place, int boxes,
                                          int depth, int rank) {
  constexpr int kBytes = Tile::template kBytesWeight<Width>;
  ptx::Barrier* full = &shared.full[stage];
  ptx::barrier_arrive_expecting(full, boxes * Tile::kBytesBox + 2 * kBytes);
  if constexpr (Tile::kSharing == Sharing::x) {
    if (rank < boxes) {
      ptx::tma_load_multicast(&a.x, shared.x(stage) + rank * Tile::kBytesBox, depth, place.row + rank * Tile::kRowsBox, full,
                              (1 << Tile::kCluster) - 1);
    }
  } else if (boxes > 0) {
    ptx::tma_load(&a.x, shared.x(stage), depth, place.row, full);
  }
  const bool all = Tile::kSharing != Sharing::weights;
  if (all || rank == 0) {
    load_weight<Tile, Width>(&maps<Tile, Width>(a).w_gate, shared.w(stage), place.column, depth, full);
  }
  if (all || rank == 1) {
    load_weight<Tile, Width>(&maps<Tile, Width>(a).w_up, shared.w(stage) + kBytes, place.column, depth, full);
  }
}

template <class Tile, class T> __device__ void produce(const Arguments<T>& a, const Shared<Tile>& shared) {
  const Work work = Work::of<Tile>(a);
  RingPosition at;
  for (int tile = work.first_tile; tile < a.order.count(); tile += work.stride) {
    const Place place = a.order.template place<Tile>(tile, work.rank);
    const int boxes = boxes_x<Tile>(a.problem.sizes.m, place.row);
    for (int step = work.first_step; step < work.end_step; ++step, at.advance(Tile::kStages)) {
      ptx::barrier_wait(&shared.empty[at.stage], at.phase ^ 1);
      if (!Tile::kNarrows || place.wide) {
        load_step<Tile, typename Tile::Wide>(a, shared, at.stage, place, boxes, step * kTileDepth, work.rank);
      } else {
        load_step<Tile, typename Tile::Narrow>(a, shared, at.stage, place, boxes, step * kTileDepth, work.rank);
      }
    }
  }
}

}  // namespace swiglu::cuda::gemm_sm90
