// Which tiles of the gradient's products each block makes: first its share of the weights' gradients, then of dX. The two kinds of tiles
// may take very different times, so that blocks with one tile less of dX get some more of the others.
#pragma once

#include <algorithm>
#include <cmath>

#include "cuda/fused_grad/gemm_sm90/block.h"
#include "ops/problems.h"

namespace swiglu::cuda::grad_sm90 {

// Of one product, counted in tiles. They go down a group of rows, then on to the next columns: what the blocks at work read of either
// operand is about the same size, and stays in the L2 cache while they read it.
struct Tiles {
  int rows = 0, columns = 0;
  int width = kMostColumns;
  int steps = 0;
  int group = 16;

  struct Place {
    int row, column;
  };

  __host__ __device__ int count() const { return rows * columns; }
  __host__ __device__ bool wide() const { return width == kMostColumns; }

  __host__ __device__ Place place(int index) const {
    const int first = index / (group * columns) * group, within = index - first * columns;
    const int height = std::min(group, rows - first);
    return {first + within % height, within / height};
  }

  // In steps of a wide tile; that a narrow one takes 0.6 of it, and the end of a tile about one and a half, are estimates.
  double time() const { return (steps + 1.5) * (wide() ? 1.0 : 0.6); }
};

struct Deal {
  Tiles dw, dx;
  int blocks = 0;
  int rounds = 0;             // of tiles of dw for every block; what is left goes to
  int first = 0, takers = 1;  // these blocks
  double time = 0;            // of the block with the most work

  __host__ __device__ int taker(int block) const { return block < first ? block - first + blocks : block - first; }

  __host__ __device__ int turns_dw(int block) const {
    const int rest = dw.count() - rounds * blocks - taker(block);
    return rounds + (taker(block) < takers && rest > 0 ? (rest - 1) / takers + 1 : 0);
  }
  __host__ __device__ int tile_dw(int block, int turn) const {
    return turn < rounds ? turn * blocks + block : rounds * blocks + (turn - rounds) * takers + taker(block);
  }

  __host__ __device__ int turns_dx(int block) const { return dx.count() > block ? (dx.count() - block - 1) / blocks + 1 : 0; }
  __host__ __device__ int tile_dx(int block, int turn) const { return turn * blocks + block; }

  // Tiles of given kinds on as many blocks as there are multiprocessors.
  static Deal of(const Tiles& dw, const Tiles& dx, int multiprocessors) {
    const auto parts = [](int size, int each) { return (size + each - 1) / each; };
    Deal best = {dw, dx, std::min(multiprocessors, dw.count() + dx.count())};
    const int blocks = best.blocks, turns_dx = parts(dx.count(), blocks);
    const int heavy = dx.count() - (turns_dx - 1) * blocks, light = blocks - heavy;  // without dX all are heavy
    const double least = (turns_dx - 1) * dx.time(), most = turns_dx * dx.time();
    // Everybody the same, but for the last round.
    best.rounds = dw.count() / blocks;
    best.takers = blocks;
    best.first = heavy % blocks;
    const int rest = dw.count() % blocks;
    best.time = std::max(most + (best.rounds + (rest > light)) * dw.time(), least + (best.rounds + (rest > 0 && light > 0)) * dw.time());
    // The light blocks as many more as a tile of dX takes, or one more than that.
    for (const double extra : {std::floor(dx.time() / dw.time()), std::floor(dx.time() / dw.time()) + 1}) {
      if (light == 0) break;
      Deal d = best;
      const double all = dw.count() - extra * light;
      d.rounds = std::min(int(std::max(std::ceil(all / blocks), 0.0)), dw.count() / blocks);
      d.takers = light;
      d.time = std::max(most + d.rounds * dw.time(), least + (d.rounds + parts(dw.count() - d.rounds * blocks, light)) * dw.time());
      if (d.time < best.time) best = d;
    }
    return best;
  }

  // With the widths of tiles that are done first. `weights` of the weights' gradients are wanted.
  static Deal best(const GemmSizes& s, int weights, bool with_dx, int multiprocessors) {
    const auto parts = [](int64_t size, int each) { return int((size + each - 1) / each); };
    Deal best;
    best.time = INFINITY;
    for (const int width_dw : {kMostColumns, kFewColumns}) {
      for (const int width_dx : {kMostColumns, kFewColumns}) {
        Tiles dw = {parts(s.k, kTileRows), weights * parts(s.n, width_dw), width_dw, parts(s.m, kTileDepth)};
        dw.group = s.trans_b ? 8 : 32;  // all of X together with little of d_gate and d_up: measured
        if (s.trans_b) dw.rows = weights * parts(s.n, kTileRows), dw.columns = parts(s.k, width_dw);
        Tiles dx = {parts(s.m, kTileRows), parts(s.k, width_dx), width_dx, 2 * parts(s.n, kTileDepth)};
        if (!with_dx) dx.rows = 0;
        const Deal d = of(dw, dx, multiprocessors);
        if (d.time < best.time) best = d;
      }
    }
    return best;
  }
};

}  // namespace swiglu::cuda::grad_sm90
