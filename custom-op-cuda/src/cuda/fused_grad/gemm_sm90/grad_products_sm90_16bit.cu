// dX = d_gate·W_gateᵀ + d_up·W_upᵀ,  dW_gate = Xᵀ·d_gate,  dW_up = Xᵀ·d_up        X [m, k], d_gate and d_up [m, n], weights [k, n]
// With trans_b weights are [n, k], and so are their gradients: dW = dᵀ·X. Sums are float32, each output is rounded once.
//
// All wanted outputs come from one launch of blocks that stay. A block makes tiles of 128 rows by 256 (or 128) columns: of the weights'
// gradients, which are m deep, then of dX, which is one sum over the depth of both weights, 2n. Every operand is copied in boxes of
// 64 x 64 elements, and the tensor cores read it along its rows or across them, so that nothing is ever transposed. One warpgroup
// keeps a ring of k-steps filled; two others multiply, 64 rows each, and store what they made. Where sizes divide nothing, the copies
// fill in zeros on both sides of a product and leave out what is outside of the result.
#include "cuda/fused_grad/gemm_sm90/grad_products_sm90_16bit.h"

#include <array>
#include <cassert>

#include "cuda/fused_grad/gemm_sm90/box_map.h"
#include "cuda/fused_grad/gemm_sm90/deal.h"
#include "cuda/fused_grad/gemm_sm90/launch.h"
#include "cuda/fused_grad/gemm_sm90/operand.h"
#include "cuda/fused_grad/gemm_sm90/store_tile.h"
#include "cuda/ptx/convert.h"

namespace swiglu::cuda {

using namespace grad_sm90;

namespace {

// Of pairs, the first is gate's.
struct Arguments {
  CUtensorMap x, d[2], w[2], dx, dw[2];
  Deal deal;
  int weights, first_weight;  // how many of the weights' gradients are wanted, and the first of them
};

// A tile's place, and where it is one of the weights' gradients, of which.
struct Place {
  int row, column, weight;
};

// Tiles of the two weights take turns along n, so that they share what they read of X while it is in the cache.
template <bool kTransB> __device__ __forceinline__ Place place_dw(const Arguments& a, int tile) {
  Tiles::Place at = a.deal.dw.place(tile);
  int& along_n = kTransB ? at.row : at.column;
  const int weight = a.first_weight + along_n % a.weights;
  along_n /= a.weights;
  return {at.row * kTileRows, at.column * a.deal.dw.width, weight};
}

__device__ __forceinline__ Place place_dx(const Arguments& a, int tile) {
  const Tiles::Place at = a.deal.dx.place(tile);
  return {at.row * kTileRows, at.column * a.deal.dx.width, 0};
}

constexpr int kBoxesA = kTileRows / kBox;

template <bool kTransB> __device__ void produce(const Arguments& a, const Shared& shared) {
  RingPosition at;
  const auto next_stage = [&](int boxes) {
    ptx::barrier_wait(&shared.empty[at.stage], at.phase ^ 1);
    ptx::barrier_arrive_expecting(&shared.full[at.stage], (kBoxesA + boxes) * kBoxBytes);
  };
  for (int turn = 0; turn < a.deal.turns_dw(blockIdx.x); ++turn) {
    const Place place = place_dw<kTransB>(a, a.deal.tile_dw(blockIdx.x, turn));
    const int boxes = a.deal.dw.width / kBox;
    const CUtensorMap *d = &a.d[place.weight], *from_a = kTransB ? d : &a.x, *from_b = kTransB ? &a.x : d;
    for (int step = 0; step < a.deal.dw.steps; ++step, at.advance(kStages)) {
      next_stage(boxes);
      ptx::Barrier* full = &shared.full[at.stage];
      load_operand<Major::side>(from_a, shared.a(at.stage), kBoxesA, place.row, step * kTileDepth, full);
      load_operand<Major::side>(from_b, shared.b(at.stage), boxes, place.column, step * kTileDepth, full);
    }
  }
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

template <class T, bool kTransB> __device__ void consume(const Arguments& a, const Shared& shared, int warpgroup) {
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

template <class T, bool kTransB> __global__ void __launch_bounds__(kThreads, 1) kernel(const __grid_constant__ Arguments a) {
  extern __shared__ uint8_t memory[];
  const Shared shared(memory);
  const int warpgroup = threadIdx.x / 128;
  if (threadIdx.x == 0) shared.init_barriers();
  __syncthreads();
  ptx::wait_for_previous_kernel();
  ptx::let_next_kernel_start();
  if (warpgroup == 0) {
    ptx::shrink_registers<40>();
    if (threadIdx.x == 0) produce<kTransB>(a, shared);
  } else {
    ptx::grow_registers<232>();
    consume<T, kTransB>(a, shared, warpgroup - 1);
  }
}

// What is read and written, and where its map goes.
template <class T> std::array<Matrix, 8> matrices(const GradProducts<T>& p, Arguments* a) {
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

}  // namespace

template <class T> bool grad_products_sm90_16bit_takes(const GradProducts<T>& p) {
  const auto [m, k, n, trans_b] = p.sizes;
  constexpr int64_t kMost = (int64_t(1) << 31) - 65536;
  const auto tiles = [](int64_t rows, int64_t columns) { return (rows / kTileRows + 1) * (columns / kFewColumns + 1); };
  const bool countable = m < kMost && k < kMost && n < kMost / 2 && tiles(m, k) < kMost && tiles(k, n) < kMost / 2;
  Arguments unused;
  return m > 0 && k > 0 && n > 0 && countable && have_box_maps(matrices(p, &unused));
}

template <class T> cudaError_t grad_products_sm90_16bit(const GradProducts<T>& p, const Launch& where) {
  assert(grad_products_sm90_16bit_takes(p) && "the copy engine cannot address these tensors");
  Arguments a = {};
  a.weights = (p.dw_gate != nullptr) + (p.dw_up != nullptr);
  a.first_weight = p.dw_gate == nullptr;
  if (a.weights == 0 && p.dx == nullptr) return cudaSuccess;
  a.deal = Deal::best(p.sizes, a.weights, p.dx != nullptr, where.device.multiprocessors);
  if (const cudaError_t error = encode_boxes<T>(matrices(p, &a)); error != cudaSuccess) return error;
  return launch_blocks(p.sizes.trans_b ? kernel<T, true> : kernel<T, false>, a, a.deal.blocks, where);
}

template bool grad_products_sm90_16bit_takes(const GradProducts<float16>&);
template bool grad_products_sm90_16bit_takes(const GradProducts<bfloat16>&);
template cudaError_t grad_products_sm90_16bit(const GradProducts<float16>&, const Launch&);
template cudaError_t grad_products_sm90_16bit(const GradProducts<bfloat16>&, const Launch&);

}  // namespace swiglu::cuda
