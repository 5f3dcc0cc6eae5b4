// gate = X·W_gate + b_gate,  up = X·W_up + b_up,  Y = act(gate) ⊙ up          X [m, k], weights [k, n] or [n, k], Y [m, n]
//
// Products accumulate in float32, the gate is evaluated there, and Y (gate and up, where they are wanted) is rounded once.
//
// A block computes tiles of 128 rows of Y. Its B operand holds some columns of W_gate and, beside them, the same columns of W_up, so
// that every gate meets its up in one thread's registers. One warpgroup keeps a ring of k-steps filled with bulk copies; two others
// multiply, 64 rows each, and finish their rows themselves. Blocks stay until all tiles are done, and the copies of the next tile
// run ahead while one is finished. What was tried besides, and what it gave, is in LADDER.md.
#include "cuda/fused/gemm_sm90_16bit.h"

#include <algorithm>
#include <cassert>
#include <initializer_list>
#include <utility>

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

// Of tensors in the boxes that a wide or a narrow tile is made of.
struct Maps {
  CUtensorMap w_gate, w_up, y, gate, up;
};

template <class T> struct Arguments {
  CUtensorMap x;
  Maps wide, narrow;
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
  return Width::kColumns == Tile::Wide::kColumns ? a.wide : a.narrow;
}

template <class Tile> __device__ __forceinline__ int rank_in_cluster() { return Tile::kCluster == 1 ? 0 : ptx::cluster_rank(); }

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
  constexpr int kBytes = Tile::template kBytesWeight<Width>;
  Barrier* full = &shared.full[stage];
  ptx::barrier_arrive_expecting(full, Tile::kBytesX + 2 * kBytes);
  if constexpr (Tile::kSharing == Sharing::x) {
    constexpr int kPart = kTileRows / Tile::kCluster;
    ptx::tma_load_multicast(&a.x, shared.x(stage) + rank * kPart * kTileDepth * 2, depth, place.row + rank * kPart, full,
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
    for (int depth = 0; depth < a.k; depth += kTileDepth, at.advance()) {
      ptx::barrier_wait(&shared.empty[at.stage], at.phase ^ 1);
      if (place.wide) {
        load_step<Tile, typename Tile::Wide>(a, shared, at.stage, place, depth, rank);
      } else {
        load_step<Tile, typename Tile::Narrow>(a, shared, at.stage, place, depth, rank);
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
__device__ __forceinline__ void multiply(const Shared<Tile>& shared, int warpgroup, int steps, Position<Tile::kStages>& at,
                                         float (&d)[Width::kColumns]) {
  using T = typename Tile::Element;
  constexpr bool kTransposed = Tile::kTransposed;
  constexpr int kSpanX = kTileDepth * 2, kSpanW = kTransposed ? kSpanX : Width::kSpan;
  constexpr int kStep = kTransposed ? 32 : 16 * kSpanW;
  constexpr int kBytes = Tile::template kBytesWeight<Width>;
  constexpr int kUp = Width::kColumns / 2;
  int previous = -1;
  for (int step = 0; step < steps; ++step) {
    ptx::barrier_wait(&shared.full[at.stage], at.phase);
    const uint64_t x = ptx::operand<kSpanX>(shared.x(at.stage) + warpgroup * Tile::kRowsEach * kSpanX, 0, 8 * kSpanX);
    const uint64_t w = ptx::operand<kSpanW>(shared.w(at.stage), Width::kBytesSpan, 8 * kSpanW);
    ptx::wgmma_fence();
#pragma unroll
    for (int i = 0; i < kTileDepth / 16; ++i) {
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
  ptx::named_barrier_sync(1 + warpgroup, 128);
#pragma unroll
  for (int j = 0; j < Width::kColumns / 8; ++j) {
#pragma unroll
    for (int h = 0; h < 2; ++h) {
      const int i = 4 * j + 2 * h;
      *reinterpret_cast<uint32_t*>(staging + staged<Tile, Width>(j, h)) = ptx::pack<typename Tile::Element>(value(i), value(i + 1));
    }
  }
  ptx::fence_async_proxy();
  ptx::named_barrier_sync(1 + warpgroup, 128);
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
                                             Position<Tile::kStages>& at, float (&d)[Width::kColumns]) {
  constexpr int kUp = Width::kColumns / 2;  // where the accumulators of up begin
  const int row = place.row + warpgroup * Tile::kRowsEach, column = place.column;
  multiply<Tile, Width>(shared, warpgroup, (a.k + kTileDepth - 1) / kTileDepth, at, d);
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
  with_activation(function.activation, [&](auto activation) {
    store_tile<Tile, Width>(&to.y, staging, warpgroup, row, column, [&](int i) {
      return activate_16bit<decltype(activation)::value>(d[i], function.alpha) * d[kUp + i];
    });
  });
}

template <class Tile, class T> __device__ void consume(const Arguments<T>& a, const Shared<Tile>& shared, int warpgroup) {
  const int rank = rank_in_cluster<Tile>();
  Position<Tile::kStages> at;
  for (int tile = blockIdx.x / Tile::kCluster; tile < a.order.count(); tile += gridDim.x / Tile::kCluster) {
    const Place place = a.order.template place<Tile>(tile, rank);
    float d[Tile::Wide::kColumns];
    if (place.wide) {
      compute_tile<Tile, typename Tile::Wide>(a, shared, warpgroup, place, at, d);
    } else {
      using Part = float(&)[Tile::Narrow::kColumns];
      compute_tile<Tile, typename Tile::Narrow>(a, shared, warpgroup, place, at, reinterpret_cast<Part>(d));
    }
  }
  if (threadIdx.x % 128 == 0) ptx::tma_store_wait();
}

template <class Tile, class T> __global__ void __launch_bounds__(Tile::kThreads, 1) kernel(const __grid_constant__ Arguments<T> a) {
  extern __shared__ uint8_t memory[];
  const Shared<Tile> shared(memory);
  const int warpgroup = threadIdx.x / 128;
  if (threadIdx.x == 0) {
    for (const CUtensorMap* map : {&a.x, &a.wide.w_gate, &a.wide.w_up, &a.wide.y}) ptx::prefetch_tensor_map(map);
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
  if (Tile::kTransposed) return {w, kType, s.n, s.k, Width::kColumns, kTileDepth, swizzle(2 * kTileDepth)};
  return {w, kType, s.k, s.n, kTileDepth, Width::kSpanColumns, swizzle(Width::kSpan)};
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

template <class Tile> struct Launcher {
  using T = typename Tile::Element;
  const void* function = reinterpret_cast<const void*>(&kernel<Tile, T>);
  cudaLaunchAttribute attributes[2] = {};
  cudaLaunchConfig_t config = {};

  explicit Launcher(const Launch& where) {
    attributes[0].id = cudaLaunchAttributeClusterDimension;
    attributes[0].val.clusterDim = {Tile::kCluster, 1, 1};
    attributes[1].id = cudaLaunchAttributeProgrammaticStreamSerialization;
    attributes[1].val.programmaticStreamSerializationAllowed = 1;
    config.gridDim = Tile::kCluster;
    config.blockDim = Tile::kThreads;
    config.dynamicSmemBytes = Tile::kBytes;
    config.stream = where.stream;
    config.attrs = attributes;
    config.numAttrs = 2;
  }

  // How many clusters the device runs at once.
  cudaError_t resident(const Launch& where, int* clusters) const {
    static OncePerDevice known;
    return known.get(where.device, clusters, [&](int* found) {
      const cudaError_t error = cudaFuncSetAttribute(function, cudaFuncAttributeMaxDynamicSharedMemorySize, Tile::kBytes);
      return error == cudaSuccess ? cudaOccupancyMaxActiveClusters(found, function, &config) : error;
    });
  }

  cudaError_t launch(const FusedSwiGLUProblem<T>& p, const Order& order, int clusters) {
    const GemmSizes& s = p.sizes;
    Arguments<T> a;
    a.gate_function = p.gate_function;
    a.order = order;
    a.n = int(s.n), a.k = int(s.k);
    a.b_gate = p.b_gate, a.b_up = p.b_up;
    a.wants_gate = p.gate != nullptr, a.wants_up = p.up != nullptr;
    const int rows_x = Tile::kSharing == Sharing::x ? kTileRows / Tile::kCluster : kTileRows;
    for (const cudaError_t error : {encode({p.x, kTensorMapType<T>, s.m, s.k, rows_x, kTileDepth, swizzle(2 * kTileDepth)}, &a.x),
                                    encode_maps<Tile, typename Tile::Wide>(p, &a.wide),
                                    encode_maps<Tile, typename Tile::Narrow>(p, &a.narrow)}) {
      if (error != cudaSuccess) return error;
    }
    config.gridDim = std::min(order.count(), clusters) * Tile::kCluster;
    return cudaLaunchKernelEx(&config, kernel<Tile, T>, a);
  }
};

// Tiles of one shape for a problem, and the time that they are expected to take.
template <class T> struct Candidate {
  double time = 0;
  Order order = {};
  int clusters = 0;
  cudaError_t error = cudaSuccess;
  cudaError_t (*launch)(const FusedSwiGLUProblem<T>&, const Launch&, const Order&, int clusters) = nullptr;
};

template <class Tile> Candidate<typename Tile::Element> candidate(const GemmSizes& s, const Launch& where, double relative_time) {
  using T = typename Tile::Element;
  Candidate<T> c;
  c.error = Launcher<Tile>(where).resident(where, &c.clusters);
  if (c.error != cudaSuccess) return c;
  c.order = Order::best<Tile>(int(s.m), int(s.n), c.clusters);
  c.time = c.order.time * Tile::Wide::kColumns * relative_time;
  c.launch = [](const FusedSwiGLUProblem<T>& p, const Launch& where, const Order& order, int clusters) {
    return Launcher<Tile>(where).launch(p, order, clusters);
  };
  return c;
}

// The shape that is done first. On an H200 all of them compute about the same number of columns in the same time, so what decides
// is how well they fill the last wave; sharing X pays where the weights are read for one row of tiles only.
template <class T> Candidate<T> choose(const GemmSizes& s, const Launch& where) {
  constexpr Sharing weights = Sharing::weights, x = Sharing::x;
  if (s.trans_b) {
    return s.m <= kTileRows ? candidate<Tile<T, 128, 64, true>>(s, where, 1) : candidate<Tile<T, 128, 64, true, weights, 2>>(s, where, 1);
  }
  if (s.m <= kTileRows) {
    return std::min({candidate<Tile<T, 128, 64, false, x, 4>>(s, where, 1), candidate<Tile<T, 96, 96, false, x, 4>>(s, where, 1)},
                    [](const auto& a, const auto& b) { return a.time < b.time; });
  }
  return std::min({candidate<Tile<T, 128, 64, false>>(s, where, 1), candidate<Tile<T, 128, 96, false>>(s, where, 1),
                   candidate<Tile<T, 96, 96, false, weights, 2>>(s, where, 1.01),
                   candidate<Tile<T, 112, 112, false, weights, 2>>(s, where, 1.015)},
                  [](const auto& a, const auto& b) { return a.time < b.time; });
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
  const Candidate<T> best = choose<T>(p.sizes, where);
  return best.error != cudaSuccess ? best.error : best.launch(p, where, best.order, best.clusters);
}

template bool gemm_sm90_16bit_takes(const FusedSwiGLUProblem<float16>&);
template bool gemm_sm90_16bit_takes(const FusedSwiGLUProblem<bfloat16>&);
template cudaError_t gemm_sm90_16bit(const FusedSwiGLUProblem<float16>&, const Launch&);
template cudaError_t gemm_sm90_16bit(const FusedSwiGLUProblem<bfloat16>&, const Launch&);

}  // namespace swiglu::cuda
