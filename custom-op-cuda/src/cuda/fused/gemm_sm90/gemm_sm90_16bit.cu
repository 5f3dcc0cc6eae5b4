// gate = X·W_gate + b_gate,  up = X·W_up + b_up,  Y = act(gate) ⊙ up          X [m, k], weights [k, n] or [n, k], Y [m, n]
//
// Products accumulate in float32, the gate is evaluated there, and Y (gate and up, where they are wanted) is rounded once.
//
// A block computes tiles of 128 rows of Y. Its B operand holds some columns of W_gate and, beside them, the same columns of W_up, so
// that every gate meets its up in one thread's registers. One warpgroup keeps a ring of k-steps filled with bulk copies; two others
// multiply, 64 rows each, and finish their rows themselves. Blocks stay until all tiles are done, and the copies of the next tile
// run ahead while one is finished. The blocks of a cluster help each other (gemm_sm90/tile.h): with copies, or, where there are few
// tiles, each with a part of the depth. What was tried besides, and what it gave, is in LADDER.md.
#include "cuda/fused/gemm_sm90/gemm_sm90_16bit.h"

#include <algorithm>
#include <cassert>
#include <initializer_list>
#include <limits>
#include <utility>

#include "cuda/fused/gemm_sm90/finish_split_tile.h"
#include "cuda/fused/gemm_sm90/finish_tile.h"
#include "cuda/fused/gemm_sm90/load.h"
#include "cuda/fused/gemm_sm90/multiply.h"
#include "cuda/tensor_map.h"

namespace swiglu::cuda {

using namespace gemm_sm90;

namespace {

template <class Tile, class T> __device__ void consume(const Arguments<T>& a, const Shared<Tile>& shared, int warpgroup) {
  using Wide = typename Tile::Wide;
  using Narrow = typename Tile::Narrow;
  const Work work = Work::of<Tile>(a);
  const int steps = work.end_step - work.first_step;
  RingPosition at;
  for (int tile = work.first_tile; tile < a.order.count(); tile += work.stride) {
    const Place place = a.order.template place<Tile>(tile, work.rank);
    float d[Wide::kColumns];
    if (!has_rows<Tile>(a, place, warpgroup)) {
      pass_over(shared, steps, at);
    } else if (!Tile::kNarrows || place.wide) {
      multiply<Tile, Wide>(shared, warpgroup, steps, at, d);
      finish_tile<Tile, Wide>(a, shared, warpgroup, place, d);
    } else {
      using Part = float(&)[Narrow::kColumns];
      multiply<Tile, Narrow>(shared, warpgroup, steps, at, reinterpret_cast<Part>(d));
      finish_tile<Tile, Narrow>(a, shared, warpgroup, place, reinterpret_cast<Part>(d));
    }
  }
  if (threadIdx.x % 128 == 0) ptx::tma_store_wait();
}

// The same for the only tile of a cluster that shares the depth.
template <class Tile, class T> __device__ void consume_part(const Arguments<T>& a, const Shared<Tile>& shared, int warpgroup) {
  using Wide = typename Tile::Wide;
  const Work work = Work::of<Tile>(a);
  const Place place = a.order.template place<Tile>(work.first_tile, 0);
  const Finish<T, kQuad> columns(a.problem, place.column + quad_column<Tile, Wide>());  // biases come while the first step does
  const int steps = work.end_step - work.first_step;
  const bool multiplies = has_rows<Tile>(a, place, warpgroup);
  RingPosition at;
  float d[Wide::kColumns];
  if (multiplies) {
    multiply<Tile, Wide>(shared, warpgroup, steps, at, d);
  } else {
    pass_over(shared, steps, at);
  }
  ptx::named_barrier_sync(1, Tile::kWarpgroups * 128);  // the other warpgroup may still read the ring
  if (multiplies) put_sums<Tile, Wide>(shared, warpgroup, d);
  ptx::cluster_sync();
  finish_split_tile<Tile, Wide>(shared, work.rank, place, a.problem.sizes.m, columns);
}

template <class Tile, class T> __global__ void __launch_bounds__(Tile::kThreads, 1) kernel(const __grid_constant__ Arguments<T> a) {
  constexpr bool kClustered = Tile::kSharing != Sharing::none, kSplit = Tile::kSharing == Sharing::depth;
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
  if constexpr (kClustered) {
    ptx::cluster_sync();
  } else {
    __syncthreads();
  }
  ptx::wait_for_previous_kernel();
  ptx::let_next_kernel_start();
  if (warpgroup == 0) {
    ptx::shrink_registers<40>();
    if (threadIdx.x == 0) produce<Tile>(a, shared);
    __syncwarp();
    if constexpr (kSplit) ptx::cluster_sync();
  } else {
    ptx::grow_registers<232>();
    if constexpr (kSplit) {
      consume_part<Tile>(a, shared, warpgroup - 1);
    } else {
      consume<Tile>(a, shared, warpgroup - 1);
    }
    __syncwarp();
  }
  // The other blocks may still copy into this one, signal its barriers and read its sums.
  if constexpr (kClustered) ptx::cluster_sync();
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

constexpr int kMostCluster = 4;

template <class Tile> struct Launcher {
  using T = typename Tile::Element;
  const int cluster;
  cudaLaunchAttribute attributes[2] = {};
  cudaLaunchConfig_t config = {};

  Launcher(const Launcher&) = delete;  // the configuration points into it
  Launcher(const Launch& where, int cluster) : cluster(cluster) {
    attributes[0].id = cudaLaunchAttributeClusterDimension;
    attributes[0].val.clusterDim = {unsigned(cluster), 1, 1};
    attributes[1].id = cudaLaunchAttributeProgrammaticStreamSerialization;
    attributes[1].val.programmaticStreamSerializationAllowed = 1;
    config.gridDim = cluster;
    config.blockDim = Tile::kThreads;
    config.dynamicSmemBytes = Tile::kBytes;
    config.stream = where.stream;
    config.attrs = attributes;
    config.numAttrs = 2;
  }

  // How many clusters the device runs at once.
  cudaError_t resident(const Launch& where, int* clusters) const {
    static OncePerDevice known[kMostCluster + 1];
    return known[cluster].get(where.device, clusters, [&](int* found) {
      const void* function = reinterpret_cast<const void*>(&kernel<Tile, T>);
      const cudaError_t error = cudaFuncSetAttribute(function, cudaFuncAttributeMaxDynamicSharedMemorySize, Tile::kBytes);
      return error == cudaSuccess ? cudaOccupancyMaxActiveClusters(found, function, &config) : error;
    });
  }

  cudaError_t launch(const FusedSwiGLUProblem<T>& p, const Order& order, int blocks) {
    const GemmSizes& s = p.sizes;
    Arguments<T> a = {};
    a.problem = p;
    a.order = order;
    const MatrixMap x = {p.x, kTensorMapType<T>, s.m, s.k, Tile::kRowsBox, kTileDepth, swizzle(2 * kTileDepth)};
    for (const cudaError_t error : {encode(x, &a.x),
                                    encode_maps<Tile, typename Tile::Wide>(p, &a.wide),
                                    encode_maps<Tile, typename Tile::Narrow>(p, &a.narrow)}) {
      if (error != cudaSuccess) return error;
    }
    config.gridDim = blocks;
    return cudaLaunchKernelEx(&config, kernel<Tile, T>, a);
  }
};

// A way to cut a problem, and the time in μs that it is expected to take.
template <class T> struct Plan {
  double time = std::numeric_limits<double>::infinity();
  Order order = {};
  int clusters = 0, cluster = 1;
  cudaError_t (*launch)(const FusedSwiGLUProblem<T>&, const Launch&, const Plan&) = nullptr;

  int blocks() const { return std::min(order.count(), clusters) * cluster; }
};

int steps_of(const GemmSizes& s) { return int((s.k + kTileDepth - 1) / kTileDepth); }

// A k-step of a wide tile: every block takes in its rows of X and its columns of the weights, and the more blocks multiply, the longer
// all of them take. The two products that 112 columns need take a little more than one of twice the width.
//
// These constants and the next are a fit to all tiles at 48 shapes on an H200, where no chosen tile takes more than 1.7 % over the best.
// They tell tiles from each other, not the time, which is 0.8 to 1.6 of the estimate: what memory and clock do, all tiles share.
template <class Tile> double step_time(int64_t m, int blocks) {
  constexpr double kColumn = 0.0016, kColumnOfAll = 3.2e-5, kTwoProducts = Tile::Wide::kColumns == 112 ? 1.025 : 1;
  const double rows = Tile::kSharing == Sharing::x && m <= Tile::kRowsEach ? 0.5 : 1;  // of X that there are, in tiles
  return kTwoProducts * (kColumn * (64 * rows + Tile::Wide::kColumns) + kColumnOfAll * rows * blocks * Tile::Wide::kColumns);
}

// The start and the last tile's end; sums that meet have to be written and read again.
template <class Tile> constexpr double kEnds = Tile::kSharing == Sharing::depth ? 2.9 + 0.043 * Tile::Wide::kColumns : 4.8;

template <class Tile> Plan<typename Tile::Element> plan(const GemmSizes& s, const Launch& where, int cluster = Tile::kCluster) {
  using T = typename Tile::Element;
  Plan<T> plan;
  plan.cluster = cluster;
  if (Launcher<Tile>(where, cluster).resident(where, &plan.clusters) != cudaSuccess || plan.clusters == 0) {
    cudaGetLastError();  // a cluster that the device cannot have is no failure
    return plan;
  }
  plan.order = Order::best<Tile>(int(s.m), int(s.n), plan.clusters);
  const int parts = Tile::kSharing == Sharing::depth ? cluster : 1, steps = (steps_of(s) + parts - 1) / parts;
  plan.time = kEnds<Tile> + plan.order.time * steps * step_time<Tile>(s.m, plan.blocks());
  plan.launch = [](const FusedSwiGLUProblem<T>& p, const Launch& where, const Plan<T>& plan) {
    return Launcher<Tile>(where, plan.cluster).launch(p, plan.order, plan.blocks());
  };
  return plan;
}

// Where the depth is shared, every cluster has one tile, and every block a k-step or more.
template <class T, int kColumns, bool kTransposed> Plan<T> split_plan(const GemmSizes& s, const Launch& where) {
  Plan<T> best;
  for (int cluster = 2; cluster <= kMostCluster && cluster <= steps_of(s); cluster *= 2) {
    const Plan<T> p = plan<Tile<T, kColumns, kColumns, kTransposed, Sharing::depth>>(s, where, cluster);
    if (p.order.count() <= p.clusters && p.time < best.time) best = p;
  }
  return best;
}

template <class T> Plan<T> soonest(std::initializer_list<Plan<T>> plans) {
  return *std::min_element(plans.begin(), plans.end(), [](const Plan<T>& a, const Plan<T>& b) { return a.time < b.time; });
}

// What decides is how well tiles fill the last wave. Sharing X pays where the weights are read for one row of tiles only, sharing the
// depth where there are few tiles at all.
template <class T, bool kTransposed> Plan<T> best_plan(const GemmSizes& s, const Launch& where) {
  constexpr Sharing none = Sharing::none, weights = Sharing::weights, x = Sharing::x;
  Plan<T> split = split_plan<T, 64, kTransposed>(s, where);
  if constexpr (!kTransposed) split = soonest({split, split_plan<T, 96, false>(s, where)});
  if (s.m <= kTileRows) {
    return soonest({plan<Tile<T, 128, 128, kTransposed, x, 4>>(s, where), plan<Tile<T, 96, 96, kTransposed, x, 4>>(s, where), split});
  }
  if constexpr (kTransposed) {
    return soonest({plan<Tile<T, 128, 64, true, none>>(s, where), split});
  } else {
    return soonest({plan<Tile<T, 128, 64, false, none>>(s, where), plan<Tile<T, 128, 96, false, none>>(s, where),
                    plan<Tile<T, 96, 96, false, weights, 2>>(s, where), plan<Tile<T, 112, 112, false, weights, 2>>(s, where), split});
  }
}

}  // namespace

template <class T> bool gemm_sm90_16bit_takes(const FusedSwiGLUProblem<T>& p) {
  const auto [m, k, n, trans_b] = p.sizes;
  constexpr int64_t kMost = (int64_t(1) << 31) - 65536;
  const bool countable = m < kMost && n < kMost && k < kMost && (m / kTileRows + 1) * (n / 64 + 1) < kMost;
  const int64_t weight_columns = trans_b ? k : n;
  return k > 0 && countable && has_tensor_map(p.x, k, 2) && has_tensor_map(p.w_gate, weight_columns, 2) &&
         has_tensor_map(p.w_up, weight_columns, 2) && has_tensor_map(p.y, n, 2) && has_tensor_map(p.gate, n, 2) &&
         has_tensor_map(p.up, n, 2);
}

template <class T> cudaError_t gemm_sm90_16bit(const FusedSwiGLUProblem<T>& p, const Launch& where) {
  assert(gemm_sm90_16bit_takes(p) && "the copy engine cannot address these tensors");
  const Plan<T> best = p.sizes.trans_b ? best_plan<T, true>(p.sizes, where) : best_plan<T, false>(p.sizes, where);
  return best.launch == nullptr ? cudaErrorNotSupported : best.launch(p, where, best);
}

template bool gemm_sm90_16bit_takes(const FusedSwiGLUProblem<float16>&);
template bool gemm_sm90_16bit_takes(const FusedSwiGLUProblem<bfloat16>&);
template cudaError_t gemm_sm90_16bit(const FusedSwiGLUProblem<float16>&, const Launch&);
template cudaError_t gemm_sm90_16bit(const FusedSwiGLUProblem<bfloat16>&, const Launch&);

}  // namespace swiglu::cuda
