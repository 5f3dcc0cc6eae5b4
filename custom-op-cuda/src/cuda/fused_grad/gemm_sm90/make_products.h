// The tiles of the gradient's products: how they are loaded, multiplied and stored (grad_products_sm90_16bit.cu describes them).
#pragma once

#include <array>

#include "cuda/fused_grad/gemm_sm90/box_map.h"
#include "cuda/fused_grad/gemm_sm90/deal.h"
#include "cuda/fused_grad/gemm_sm90/operand.h"
#include "cuda/fused_grad/gemm_sm90/store_tile.h"
#include "cuda/fused_grad/products.h"
#include "cuda/ptx/convert.h"

namespace swiglu::cuda::grad_sm90 {

// Of pairs, the first is gate's.
struct Products {
  CUtensorMap x, d[2], w[2], dx, dw[2];
  Deal deal;
  int weights, first_weight;  // how many of the weights' gradients are wanted, and the first of them
};

// A tile's place, and where it is one of the weights' gradients, of which.
struct Place {
  int row, column, weight;
};

// Tiles of the two weights take turns along n, so that they share what they read of X while it is in the cache.
template <bool kTransB> __host__ __device__ __forceinline__ Place place_dw(const Products& a, int tile) {
  Tiles::Place at = a.deal.dw.place(tile);
  int& along_n = kTransB ? at.row : at.column;
  const int weight = a.first_weight + along_n % a.weights;
  along_n /= a.weights;
  return {at.row * kTileRows, at.column * a.deal.dw.width, weight};
}

__device__ __forceinline__ Place place_dx(const Products& a, int tile) {
  const Tiles::Place at = a.deal.dx.place(tile);
  return {at.row * kTileRows, at.column * a.deal.dx.width, 0};
}

constexpr int kBoxesA = kTileRows / kBox;

// `ready` waits until what a tile of dW, a step of it or all of dX needs of d_gate and d_up is there.
template <bool kTransB, class Ready> __device__ void produce(const Products& a, const Shared& shared, Ready ready) {
  RingPosition at;
  const auto next_stage = [&](int boxes) {
    ptx::barrier_wait(&shared.empty[at.stage], at.phase ^ 1);
    ptx::barrier_arrive_expecting(&shared.full[at.stage], (kBoxesA + boxes) * kBoxBytes);
  };
  for (int turn = 0; turn < a.deal.turns_dw(blockIdx.x); ++turn) {
    const Place place = place_dw<kTransB>(a, a.deal.tile_dw(blockIdx.x, turn));
    const int boxes = a.deal.dw.width / kBox;
    ready.begin_dw(kTransB ? place.row : place.column);
    const CUtensorMap *d = &a.d[place.weight], *from_a = kTransB ? d : &a.x, *from_b = kTransB ? &a.x : d;
    for (int step = 0; step < a.deal.dw.steps; ++step, at.advance(kStages)) {
      ready.step_dw(step);
      next_stage(boxes);
      ptx::Barrier* full = &shared.full[at.stage];
      load_operand<Major::side>(from_a, shared.a(at.stage), kBoxesA, place.row, step * kTileDepth, full);
      load_operand<Major::side>(from_b, shared.b(at.stage), boxes, place.column, step * kTileDepth, full);
    }
  }
  ready.begin_dx();
  for (int turn = 0; turn < a.deal.turns_dx(blockIdx.x); ++turn) {
    const Place place = place_dx(a, a.deal.tile_dx(blockIdx.x, turn));
    const int boxes = a.deal.dx.width / kBox;
    for (int weight = 0; weight < 2; ++weight) {
      for (int step = 0; step < a.deal.dx.steps / 2; ++step, at.advance(kStages)) {
        next_stage(boxes);
        ptx::Barrier* full = &shared.full[at.stage];
        load_operand<Major::depth>(&a.d[weight], shared.a(at.stage), kBoxesA, place.row, step * kTileDepth, full);
        load_operand<kTransB ? Major::side : Major::depth>(&a.w[weight], shared.b(at.stage), boxes, place.column, step * kTileDepth,
                                                           full);
      }
    }
  }
}

template <class T, Major kA, Major kB>
__device__ __forceinline__ void make_tile(const CUtensorMap* to, const Shared& shared, int warpgroup, const Place& place,
                                          const Tiles& tiles, RingPosition& at) {
  const int row = place.row + warpgroup * kBox;
  uint8_t* staging = shared.staging(warpgroup);
  float d[kMostColumns / 2];
  if (tiles.wide()) {
    multiply<T, kMostColumns, kA, kB>(shared, warpgroup, tiles.steps, at, d);
    store_tile<kMostColumns>(to, staging, warpgroup, row, place.column, [&](int i) { return ptx::pack<T>(d[i], d[i + 1]); });
  } else {
    auto& part = reinterpret_cast<float(&)[kFewColumns / 2]>(d);
    multiply<T, kFewColumns, kA, kB>(shared, warpgroup, tiles.steps, at, part);
    store_tile<kFewColumns>(to, staging, warpgroup, row, place.column, [&](int i) { return ptx::pack<T>(d[i], d[i + 1]); });
  }
}

template <class T, bool kTransB> __device__ void consume(const Products& a, const Shared& shared, int warpgroup) {
  RingPosition at;
  for (int turn = 0; turn < a.deal.turns_dw(blockIdx.x); ++turn) {
    const Place place = place_dw<kTransB>(a, a.deal.tile_dw(blockIdx.x, turn));
    make_tile<T, Major::side, Major::side>(&a.dw[place.weight], shared, warpgroup, place, a.deal.dw, at);
  }
  for (int turn = 0; turn < a.deal.turns_dx(blockIdx.x); ++turn) {
    const Place place = place_dx(a, a.deal.tile_dx(blockIdx.x, turn));
    make_tile<T, Major::depth, kTransB ? Major::side : Major::depth>(&a.dx, shared, warpgroup, place, a.deal.dx, at);
  }
  if (threadIdx.x % 128 == 0) ptx::tma_store_wait();
}

// What is read and written, and where its map goes.
template <class T> std::array<Matrix, 8> matrices(const GradProducts<T>& p, Products* a) {
  const auto [m, k, n, trans_b] = p.sizes;
  const int64_t rows = trans_b ? n : k, columns = trans_b ? k : n;  // of the weights
  const bool with_dw = p.dw_gate != nullptr || p.dw_up != nullptr, with_dx = p.dx != nullptr;
  return {{{with_dw ? p.x : nullptr, m, k, &a->x},
           {with_dx || p.dw_gate != nullptr ? p.d_gate : nullptr, m, n, &a->d[0]},
           {with_dx || p.dw_up != nullptr ? p.d_up : nullptr, m, n, &a->d[1]},
           {with_dx ? p.w_gate : nullptr, rows, columns, &a->w[0]},
           {with_dx ? p.w_up : nullptr, rows, columns, &a->w[1]},
           {p.dx, m, k, &a->dx},
           {p.dw_gate, rows, columns, &a->dw[0]},
           {p.dw_up, rows, columns, &a->dw[1]}}};
}

// Whether the copy engine can address all that, and tiles can be counted.
template <class T> bool products_fit(const GradProducts<T>& p) {
  const auto [m, k, n, trans_b] = p.sizes;
  constexpr int64_t kMost = (int64_t(1) << 31) - 65536;
  const auto tiles = [](int64_t rows, int64_t columns) { return (rows / kTileRows + 1) * (columns / kFewColumns + 1); };
  const bool countable = m < kMost && k < kMost && n < kMost / 2 && tiles(m, k) < kMost && tiles(k, n) < kMost / 2;
  Products unused;
  return m > 0 && k > 0 && n > 0 && countable && have_box_maps(matrices(p, &unused));
}

template <class T> cudaError_t prepare(const GradProducts<T>& p, int multiprocessors, Products* a) {
  a->weights = (p.dw_gate != nullptr) + (p.dw_up != nullptr);
  a->first_weight = p.dw_gate == nullptr;
  a->deal = Deal::best(p.sizes, a->weights, p.dx != nullptr, multiprocessors);
  return encode_boxes<T>(matrices(p, a));
}

}  // namespace swiglu::cuda::grad_sm90
