// gate = X·W_gate + b_gate,  up = X·W_up + b_up,  Y = act(gate) ⊙ up          X [m, k], weights [k, n] or [n, k], Y [m, n]
//
// Products accumulate in float32, the gate is evaluated there, and Y (gate and up, where they are wanted) is rounded once.
//
// A block computes tiles of 128 rows of Y. Its B operand holds kColumns columns of W_gate and, beside them, the same columns of
// W_up, so that every gate meets its up in one thread's registers. One warpgroup keeps a ring of k-steps filled with bulk copies;
// two others multiply, 64 rows each, and finish their rows themselves. The second one starts a few k-steps behind the first: while
// one finishes, the other has the tensor cores. Blocks stay until all tiles are done, and the copies of the next tile run ahead.
#include "cuda/fused/gemm_sm90_16bit.h"

#include <algorithm>
#include <cassert>
#include <initializer_list>
#include <utility>
#include <cstdlib>
#include <cstdio>

#include "cuda/fused/gemm_sm90_tile.h"
#include "cuda/gate_16bit.h"
#include "cuda/ptx/cluster.h"
#include "cuda/ptx/convert.h"
#include "cuda/ptx/tma.h"
#include "cuda/ptx/wgmma.h"
#include "cuda/tensor_map.h"

namespace swiglu::cuda {

using ptx::Barrier;

namespace {

// Of tensors in the boxes that a whole tile, or half of one, is made of.
struct Maps {
  CUtensorMap w_gate, w_up, y, gate, up;
};

template <class T> struct Arguments {
  CUtensorMap x;
  Maps full, half;
  Gate gate_function;
  Order order;
  int n, k;
  const T *b_gate, *b_up;
  bool wants_gate, wants_up;
};

template <class Tile> struct Shared {
  uint8_t* base;
  Barrier *full, *empty;

  __device__ explicit Shared(uint8_t* memory)
      : base(memory + (1024 - ptx::shared_address(memory) % 1024) % 1024),
        full(reinterpret_cast<Barrier*>(base + Tile::kStages * Tile::kBytesStage + Tile::kWarpgroups * Tile::kBytesY)),
        empty(full + Tile::kStages) {}

  __device__ uint8_t* x(int stage) const { return base + stage * Tile::kBytesStage; }
  __device__ uint8_t* w(int stage) const { return x(stage) + Tile::kBytesX; }
  __device__ uint8_t* y(int warpgroup) const { return base + Tile::kStages * Tile::kBytesStage + warpgroup * Tile::kBytesY; }
};

template <class Tile, class Width, class T> __device__ __forceinline__ const Maps& maps(const Arguments<T>& a) {
  return Width::kColumns == Tile::kColumns ? a.full : a.half;
}

template <class Tile> __device__ __forceinline__ int rank_in_cluster() { return Tile::kCluster == 1 ? 0 : ptx::cluster_rank(); }

template <class Tile, class Width> constexpr int kBytesWeight = Tile::kTransposed ? Width::kColumns* Tile::kDepth * 2
                                                                                  : Width::kSpans* Width::kBytesSpan;

// One weight's part of a k-step, into this block or into all blocks of the cluster.
template <class Tile, class Width>
__device__ __forceinline__ void load_weight(const CUtensorMap* map, uint8_t* to, int column, int depth, Barrier* full) {
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

template <class Tile, class Width, class T>
__device__ __forceinline__ void load_step(const Arguments<T>& a, const Shared<Tile>& shared, int stage, const Place& place, int depth,
                                          int rank) {
  constexpr int kBytes = kBytesWeight<Tile, Width>;
  Barrier* full = &shared.full[stage];
  ptx::barrier_arrive_expecting(full, Tile::kBytesX + 2 * kBytes);
  if constexpr (Tile::kSharing == Sharing::x) {
    constexpr int kPart = Tile::kRows / Tile::kCluster;
    ptx::tma_load_multicast(&a.x, shared.x(stage) + rank * kPart * Tile::kDepth * 2, depth, place.row + rank * kPart, full,
                            (1 << Tile::kCluster) - 1);
  } else {
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
  const int rank = rank_in_cluster<Tile>();
  Position<Tile::kStages> at;
  for (int tile = blockIdx.x / Tile::kCluster; tile < a.order.count(); tile += gridDim.x / Tile::kCluster) {
    const Place place = a.order.template place<Tile>(tile, rank);
    for (int depth = 0; depth < a.k; depth += Tile::kDepth, at.advance()) {
      ptx::barrier_wait(&shared.empty[at.stage], at.phase ^ 1);
      if (place.half) {
        load_step<Tile, typename Tile::Half>(a, shared, at.stage, place, depth, rank);
      } else {
        load_step<Tile, typename Tile::Full>(a, shared, at.stage, place, depth, rank);
      }
    }
  }
}

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
__device__ __forceinline__ void multiply(const Shared<Tile>& shared, int warpgroup, int steps, bool hand_over,
                                         Position<Tile::kStages>& at, float (&d)[Width::kColumns]) {
  using T = typename Tile::Element;
  constexpr bool kTransposed = Tile::kTransposed;
  constexpr int kSpanX = Tile::kDepth * 2, kSpanW = kTransposed ? kSpanX : Width::kSpan;
  constexpr int kStep = kTransposed ? 32 : 16 * kSpanW;
  constexpr int kBytes = kBytesWeight<Tile, Width>;
  constexpr int kUp = Width::kColumns / 2;
  int previous = -1;
  for (int step = 0; step < steps; ++step) {
    ptx::barrier_wait(&shared.full[at.stage], at.phase);
    const uint64_t x = ptx::operand<kSpanX>(shared.x(at.stage) + warpgroup * Tile::kRowsEach * kSpanX, 0, 8 * kSpanX);
    const uint64_t w = ptx::operand<kSpanW>(shared.w(at.stage), Width::kBytesSpan, 8 * kSpanW);
    ptx::wgmma_fence();
#pragma unroll
    for (int i = 0; i < Tile::kDepth / 16; ++i) {
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
    if (Tile::kLag > 0 && hand_over && step == min(Tile::kLag, steps) - 1) ptx::named_barrier_arrive(1, 256);
    previous = at.stage;
    at.advance();
  }
  ptx::wgmma_wait<0>();
#pragma unroll
  for (int i = 0; i < Width::kColumns; ++i) asm volatile("" : "+f"(d[i])::"memory");
  release(shared, previous);
}

// Where a thread keeps its pair j (of columns) in row half h of its warpgroup's rows while they wait to be stored.
template <class Tile, class Width> __device__ __forceinline__ int staged(int j, int h) {
  constexpr int kSpan = 2 * Width::kColumnsY, kPieces = kSpan / 16;
  const int row = threadIdx.x % 128 / 32 * 16 + threadIdx.x % 32 / 4 + 8 * h;
  const int piece = j % kPieces ^ row / (8 / kPieces) % kPieces;
  return j / kPieces * (Tile::kRowsEach * kSpan) + row * kSpan + piece * 16 + threadIdx.x % 4 * 4;
}

// Rounds value(i) of every accumulator i of gate, and stores them.
template <class Tile, class Width, class Value>
__device__ __forceinline__ void store_tile(const CUtensorMap* map, uint8_t* staging, int warpgroup, int row, int column,
                                           const Value& value) {
  const bool leader = threadIdx.x % 128 == 0;
  if (leader) ptx::tma_store_wait_read();
  ptx::named_barrier_sync(2 + warpgroup, 128);
#pragma unroll
  for (int j = 0; j < Width::kColumns / 8; ++j) {
#pragma unroll
    for (int h = 0; h < 2; ++h) {
      const int i = 4 * j + 2 * h;
      *reinterpret_cast<uint32_t*>(staging + staged<Tile, Width>(j, h)) = ptx::pack<typename Tile::Element>(value(i), value(i + 1));
    }
  }
  ptx::fence_async_proxy();
  ptx::named_barrier_sync(2 + warpgroup, 128);
  if (leader) {
    for (int c = 0; c < Width::kColumns; c += Width::kColumnsY) {
      ptx::tma_store(map, staging + Tile::kRowsEach * c * 2, column + c, row);
    }
    ptx::tma_store_commit();
  }
}

template <class Width, class T> __device__ __forceinline__ void add_bias(const T* bias, int column, int n, float* d) {
  if (bias == nullptr) return;
#pragma unroll
  for (int j = 0; j < Width::kColumns / 8; ++j) {
    const int c = column + 8 * j + threadIdx.x % 4 * 2;
    const float first = c < n ? widen(bias[c]) : 0, second = c < n ? widen(bias[c + 1]) : 0;
    d[4 * j] += first, d[4 * j + 1] += second;
    d[4 * j + 2] += first, d[4 * j + 3] += second;
  }
}

template <class Tile, class Width, class T>
__device__ __forceinline__ void compute_tile(const Arguments<T>& a, const Shared<Tile>& shared, int warpgroup, const Place& place,
                                             bool hand_over, Position<Tile::kStages>& at) {
  constexpr int kUp = Width::kColumns / 2;  // where the accumulators of up begin
  const int row = place.row + warpgroup * Tile::kRowsEach, column = place.column;
  float d[Width::kColumns];
  multiply<Tile, Width>(shared, warpgroup, (a.k + Tile::kDepth - 1) / Tile::kDepth, hand_over, at, d);
  add_bias<Width>(a.b_gate, column, a.n, d);
  add_bias<Width>(a.b_up, column, a.n, d + kUp);
  uint8_t* staging = shared.y(warpgroup);
  const Maps& to = maps<Tile, Width>(a);
  if (a.wants_gate) store_tile<Tile, Width>(&to.gate, staging, warpgroup, row, column, [&](int i) { return d[i]; });
  if (a.wants_up) store_tile<Tile, Width>(&to.up, staging, warpgroup, row, column, [&](int i) { return d[kUp + i]; });
  const Gate& function = a.gate_function;
  if (function.limited || function.up_offset != 0) {
#pragma unroll
    for (int i = 0; i < kUp; ++i) {
      d[i] = clamp_gate(d[i], function.limited, function.limit);
      d[kUp + i] = clamp_up(d[kUp + i], function.limited, function.limit) + function.up_offset;
    }
  }
  const float scale = function.alpha * kMinusLog2E;
  with_activation(function.activation, [&](auto activation) {
    store_tile<Tile, Width>(&to.y, staging, warpgroup, row, column, [&](int i) {
      return activate_16bit<decltype(activation)::value>(d[i], function.alpha, scale, Tile::kNewton == 2 || (Tile::kNewton == 1 && (i & 1))) * d[kUp + i];
    });
  });
}

template <class Tile, class T> __device__ void consume(const Arguments<T>& a, const Shared<Tile>& shared, int warpgroup) {
  const int rank = rank_in_cluster<Tile>();
  Position<Tile::kStages> at;
  const bool hand_over = warpgroup == 0;
  for (int tile = blockIdx.x / Tile::kCluster; tile < a.order.count(); tile += gridDim.x / Tile::kCluster) {
    const Place place = a.order.template place<Tile>(tile, rank);
    if (Tile::kLag > 0 && warpgroup == 1) ptx::named_barrier_sync(1, 256);
    if (place.half) {
      compute_tile<Tile, typename Tile::Half>(a, shared, warpgroup, place, hand_over, at);
    } else {
      compute_tile<Tile, typename Tile::Full>(a, shared, warpgroup, place, hand_over, at);
    }
  }
  if (threadIdx.x % 128 == 0) ptx::tma_store_wait();
}

template <class Tile, class T> __global__ void __launch_bounds__(Tile::kThreads, 1) kernel(const __grid_constant__ Arguments<T> a) {
  extern __shared__ uint8_t memory[];
  const Shared<Tile> shared(memory);
  const int warpgroup = threadIdx.x / 128;
  if (threadIdx.x == 0) {
    for (const CUtensorMap* map : {&a.x, &a.full.w_gate, &a.full.w_up, &a.full.y}) ptx::prefetch_tensor_map(map);
    for (int i = 0; i < Tile::kStages; ++i) {
      ptx::barrier_init(&shared.full[i], 1);
      ptx::barrier_init(&shared.empty[i], Tile::kCluster * Tile::kWarpgroups * 4);
    }
    ptx::barrier_init_fence();
  }
  if constexpr (Tile::kCluster == 1) {
    __syncthreads();
  } else {
    ptx::cluster_sync();
  }
  ptx::wait_for_previous_kernel();
  ptx::let_next_kernel_start();
  if (warpgroup == 0) {
    ptx::shrink_registers<40>();
    if (threadIdx.x == 0) produce<Tile>(a, shared);
  } else {
    ptx::grow_registers<232>();
    consume<Tile>(a, shared, warpgroup - 1);
  }
  // The other blocks may still copy into this one and signal its barriers.
  if constexpr (Tile::kCluster > 1) {
    __syncwarp();
    ptx::cluster_sync();
  }
}

constexpr CUtensorMapSwizzle swizzle(int span) {
  return span == 128  ? CU_TENSOR_MAP_SWIZZLE_128B
         : span == 64 ? CU_TENSOR_MAP_SWIZZLE_64B
         : span == 32 ? CU_TENSOR_MAP_SWIZZLE_32B
                      : CU_TENSOR_MAP_SWIZZLE_NONE;
}

template <class Tile, class Width> MatrixMap weight_map(const void* w, const GemmSizes& s) {
  constexpr CUtensorMapDataType kType = kTensorMapType<typename Tile::Element>;
  if (Tile::kTransposed) return {w, kType, s.n, s.k, Width::kColumns, Tile::kDepth, swizzle(2 * Tile::kDepth)};
  return {w, kType, s.k, s.n, Tile::kDepth, Width::kSpanColumns, swizzle(Width::kSpan)};
}

template <class Tile, class Width> MatrixMap result_map(const void* y, const GemmSizes& s) {
  constexpr int kSpan = 2 * Width::kColumnsY;
  return {y, kTensorMapType<typename Tile::Element>, s.m, s.n, Tile::kRowsEach, Width::kColumnsY, swizzle(kSpan)};
}

cudaError_t encode_all(std::initializer_list<std::pair<MatrixMap, CUtensorMap*>> matrices) {
  for (const auto& [matrix, map] : matrices) {
    const cudaError_t error = matrix.data == nullptr ? cudaSuccess : encode(matrix, map);
    if (error != cudaSuccess) return error;
  }
  return cudaSuccess;
}

template <class Tile, class Width> cudaError_t encode_maps(const FusedSwiGLUProblem<typename Tile::Element>& p, Maps* maps) {
  const GemmSizes& s = p.sizes;
  return encode_all({{weight_map<Tile, Width>(p.w_gate, s), &maps->w_gate},
                     {weight_map<Tile, Width>(p.w_up, s), &maps->w_up},
                     {result_map<Tile, Width>(p.y, s), &maps->y},
                     {result_map<Tile, Width>(p.gate, s), &maps->gate},
                     {result_map<Tile, Width>(p.up, s), &maps->up}});
}

template <class Tile> cudaError_t launch(const FusedSwiGLUProblem<typename Tile::Element>& p, const Launch& where) {
  using T = typename Tile::Element;
  const GemmSizes& s = p.sizes;
  Arguments<T> a;
  a.gate_function = p.gate_function;
  a.order = Order::of<Tile>(int(s.m), int(s.n), where.device.multiprocessors);
  a.n = int(s.n), a.k = int(s.k);
  a.b_gate = p.b_gate, a.b_up = p.b_up;
  a.wants_gate = p.gate != nullptr, a.wants_up = p.up != nullptr;
  const int rows_x = Tile::kSharing == Sharing::x ? Tile::kRows / Tile::kCluster : Tile::kRows;
  for (const cudaError_t error :
       {encode({p.x, kTensorMapType<T>, s.m, s.k, rows_x, Tile::kDepth, swizzle(2 * Tile::kDepth)}, &a.x),
        encode_maps<Tile, typename Tile::Full>(p, &a.full), encode_maps<Tile, typename Tile::Half>(p, &a.half),
        allow_shared_memory(reinterpret_cast<const void*>(&kernel<Tile, T>), Tile::kBytes)}) {
    if (error != cudaSuccess) return error;
  }
  const int clusters = std::min(a.order.count(), where.device.multiprocessors / Tile::kCluster);
  cudaLaunchAttribute attributes[2] = {};
  attributes[0].id = cudaLaunchAttributeProgrammaticStreamSerialization;
  attributes[0].val.programmaticStreamSerializationAllowed = 1;
  attributes[1].id = cudaLaunchAttributeClusterDimension;
  attributes[1].val.clusterDim = {Tile::kCluster, 1, 1};
  cudaLaunchConfig_t config = {};
  config.gridDim = clusters * Tile::kCluster;
  config.blockDim = Tile::kThreads;
  config.dynamicSmemBytes = Tile::kBytes;
  config.stream = where.stream;
  config.attrs = attributes;
  config.numAttrs = 2;
  return cudaLaunchKernelEx(&config, kernel<Tile, T>, a);
}

}  // namespace

template <class T> bool gemm_sm90_16bit_takes(const FusedSwiGLUProblem<T>& p) {
  const auto [m, k, n, trans_b] = p.sizes;
  constexpr int64_t kMost = (int64_t(1) << 31) - 65536;
  const int64_t weight_columns = trans_b ? k : n;
  return k > 0 && m < kMost && n < kMost && k < kMost && has_tensor_map(p.x, k, 2) && has_tensor_map(p.w_gate, weight_columns, 2) &&
         has_tensor_map(p.w_up, weight_columns, 2) && has_tensor_map(p.y, n, 2) && has_tensor_map(p.gate, n, 2) &&
         has_tensor_map(p.up, n, 2);
}

template <class T> cudaError_t gemm_sm90_16bit(const FusedSwiGLUProblem<T>& p, const Launch& where) {
  assert(gemm_sm90_16bit_takes(p) && "the copy engine cannot address these tensors");
  constexpr Sharing none = Sharing::none, weights = Sharing::weights, x = Sharing::x;
  if (p.sizes.trans_b) return launch<Tile<T, 128, true, weights, 2, 64, 0>>(p, where);
  const char* v = getenv("SWIGLU_TUNE"); const int variant = v ? atoi(v) : 0;
  if (variant == 1) return launch<Tile<T, 128, false, none, 1, 64, 1>>(p, where);
  if (variant == 2) return launch<Tile<T, 128, false, none, 1, 64, 2>>(p, where);
  if (variant == 3) return launch<Tile<T, 128, false, none, 1, 64, 0, 1>>(p, where);
  if (variant == 4) return launch<Tile<T, 128, false, none, 1, 64, 0, 2>>(p, where);
  if (variant == 5) return launch<Tile<T, 128, false, none, 1, 64, 1, 1>>(p, where);
  if (variant == 6) return launch<Tile<T, 112, false, weights, 2, 64, 0, 1>>(p, where);
  if (variant == 7) return launch<Tile<T, 112, false, weights, 2, 64, 1, 1>>(p, where);
  if (variant == 8) return launch<Tile<T, 96, false, weights, 2, 64, 0, 1>>(p, where);
  if (variant == 9) return launch<Tile<T, 96, false, x, 4, 64, 0>>(p, where);
  if (variant == 10) return launch<Tile<T, 112, false, x, 2, 64, 0>>(p, where);
  if (variant == 11) return launch<Tile<T, 128, false, x, 2, 64, 0>>(p, where);
  if (variant == 12) return launch<Tile<T, 128, false, x, 4, 64, 0>>(p, where);
  if (variant == 13) return launch<Tile<T, 96, false, x, 2, 64, 0>>(p, where);
  return launch<Tile<T, 128, false, none, 1, 64, 0>>(p, where);
}

template bool gemm_sm90_16bit_takes(const FusedSwiGLUProblem<float16>&);
template bool gemm_sm90_16bit_takes(const FusedSwiGLUProblem<bfloat16>&);
template cudaError_t gemm_sm90_16bit(const FusedSwiGLUProblem<float16>&, const Launch&);
template cudaError_t gemm_sm90_16bit(const FusedSwiGLUProblem<bfloat16>&, const Launch&);

}  // namespace swiglu::cuda
