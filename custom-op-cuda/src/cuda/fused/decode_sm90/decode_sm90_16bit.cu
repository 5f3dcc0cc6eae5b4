//   gate = x·w_gate + b_gate,  up = x·w_up + b_up,  y = act(gate) ⊙ up
//
// x [m, k] with 1 ≤ m ≤ 64, weights [k, n] or, transposed, [n, k]; float16 and bfloat16. Products are summed, biases added and
// the gate evaluated in float32, and each output is rounded once.
//
// The weights are read once, and reading them is all that takes time: they are the tensor cores' wide operand, 64 columns of a
// matrix at a time, straight from shared memory in either layout; x, padded to 8, 16, 32 or 64 rows ("tokens"), is the narrow
// one. A thread block adds up a part of k for one tile of columns (plan.h has how the work is cut, and what was
// measured): one warp keeps a ring of stages full through the copy engine, a warpgroup for each 64 columns multiplies. The sums
// take the ring's place; where a cluster's blocks have a part of k each, all of them finish a share of the tokens.
// A launch may overlap the end of the kernel before: until that is done, only the L2 cache is filled.
//
// Results do not vary from run to run: a block adds along k in order, and parts are added in the order of rank.
// A block leaves when its whole cluster has finished: nobody reads, copies or signals into the memory of one that has left.
#include "cuda/fused/decode_sm90/decode_sm90_16bit.h"

#include <algorithm>
#include <cassert>

#include "cuda/fused/decode_sm90/ring.h"
#include "cuda/fused/decode_sm90/sum.h"
#include "cuda/fused/finish.h"
#include "cuda/ptx/cluster.h"
#include "cuda/ptx/tma.h"
#include "cuda/ptx/wgmma_small.h"
#include "cuda/tensor_map.h"

namespace swiglu::cuda {
namespace {

constexpr int kColumns = kDecodeColumns;

struct Maps {
  CUtensorMap x, w_gate, w_up;
};

// The producer: one thread.

template <class S> __device__ void warm_cache(const Maps& maps, const DecodePlan& plan, const DecodePlace& place) {
  for (int i = 0; i < min(place.row_blocks, plan.prefetch); ++i) {
    for (const CUtensorMap* map : {&maps.w_gate, &maps.w_up}) {
      for (int box = 0; box < S::kBoxes; ++box) {
        const int row = (place.first_row_block + i) * S::kRows, column = (place.tile * S::kBoxes + box) * kColumns;
        ptx::tma_prefetch(map, S::kTransB ? row : column, S::kTransB ? column : row);
      }
    }
  }
}

// Weights pass through the cache once and should not displace anything.
template <class S>
__device__ void load_weights(const CUtensorMap& map, unsigned char* to, int column, int row, ptx::Barrier* barrier) {
#pragma unroll
  for (int box = 0; box < S::kBoxes; ++box, to += S::kBoxBytes, column += kColumns) {
    ptx::tma_load(&map, to, S::kTransB ? row : column, S::kTransB ? column : row, barrier, ptx::kEvictFirst);
  }
}

// Blocks that share x load some of its rows each, for all of them.
template <class S>
__device__ void load_x(const CUtensorMap& map, unsigned char* to, int row, const DecodePlan& plan, const DecodePlace& place,
                       ptx::Barrier* barrier) {
  if (plan.sharing == 1) return ptx::tma_load(&map, to, row, 0, barrier);
  const int tokens = S::kTokens / plan.sharing, first = place.sharer * tokens;
  ptx::tma_load_multicast(&map, to + first * S::kRows * 2, row, first, barrier, (1 << plan.sharing) - 1);
}

template <class S>
__device__ void produce(const Maps& maps, const DecodePlan& plan, const DecodePlace& place, const DecodeRing<S>& ring) {
  const int trigger = min(plan.trigger, place.row_blocks);
  RingPosition at;
  for (int i = 0; i < place.row_blocks; ++i, at.advance(plan.stages)) {
    if (place.row_blocks - i == trigger) ptx::let_next_kernel_start();
    ptx::Barrier* full = &ring.barriers().full[at.stage];
    ptx::barrier_wait(&ring.barriers().empty[at.stage], at.phase ^ 1);
    ptx::barrier_arrive_expecting(full, S::kStageBytes);
    const int row = (place.first_row_block + i) * S::kRows, column = place.tile * S::kWidth;
    load_x<S>(maps.x, ring.x(at.stage), row, plan, place, full);
    load_weights<S>(maps.w_gate, ring.w_gate(at.stage, 0), column, row, full);
    load_weights<S>(maps.w_up, ring.w_up(at.stage, 0), column, row, full);
  }
}

// The consumers: a warpgroup for each box of columns.

// A stage may be filled again when all blocks that its x is copied to have read it.
__device__ void release(ptx::Barrier* empty, int sharing) {
  const int lane = threadIdx.x % kWarp;
  if (sharing == 1) {
    if (lane == 0) ptx::barrier_arrive(empty);
  } else if (lane < sharing) {
    ptx::barrier_release_remote(empty, lane);
  }
}

// The sums of the warpgroup's columns (64 are the rows of a product) by all tokens (its columns) over this block's part of k.
template <class T, class S>
__device__ DecodeAccumulators<S::kTokens> multiply(const DecodePlan& plan, int row_blocks, int box, const DecodeRing<S>& ring) {
  constexpr int kDepth = 16;  // rows of the weights in one product; the steps are bytes to the next ones
  constexpr int kSpan = S::kRows * 2, kWeightSpan = S::kTransB ? kSpan : kColumns * 2;
  constexpr int kStep = kDepth * 2, kWeightStep = S::kTransB ? kStep : kDepth * kWeightSpan;
  DecodeAccumulators<S::kTokens> sums;
  RingPosition at;
  int previous = -1;
  for (int i = 0; i < row_blocks; ++i, at.advance(plan.stages)) {
    ptx::barrier_wait(&ring.barriers().full[at.stage], at.phase);
    const uint64_t x = ptx::operand<kSpan>(ring.x(at.stage), 0, 8 * kSpan);
    const uint64_t w_gate = ptx::operand<kWeightSpan>(ring.w_gate(at.stage, box), 0, 8 * kWeightSpan);
    const uint64_t w_up = ptx::operand<kWeightSpan>(ring.w_up(at.stage, box), 0, 8 * kWeightSpan);
    ptx::wgmma_fence();
#pragma unroll
    for (int step = 0; step < S::kRows / kDepth; ++step) {
      const uint64_t x_at = ptx::advanced(x, step * kStep);
      ptx::wgmma_narrow<T, S::kTokens, !S::kTransB>(sums.gate, ptx::advanced(w_gate, step * kWeightStep), x_at, i | step);
      ptx::wgmma_narrow<T, S::kTokens, !S::kTransB>(sums.up, ptx::advanced(w_up, step * kWeightStep), x_at, i | step);
    }
    ptx::wgmma_commit();
    ptx::wgmma_wait<1>();
    if (previous >= 0) release(&ring.barriers().empty[previous], plan.sharing);
    previous = at.stage;
  }
  ptx::wgmma_wait<0>();
  ptx::wgmma_results(sums.gate), ptx::wgmma_results(sums.up);
  return sums;
}

// Each part of k finishes its share of the tokens.
template <class T, int kTokens>
__device__ void finish(const FusedSwiGLUProblem<T>& p, const DecodePlan& plan, int part, const DecodeSums<kTokens>& mine,
                       const Finish<T, kQuad>& columns, int thread) {
  constexpr int kQuads = kColumns / kQuad, kTokensAtOnce = kWarpgroup / kQuads;
#pragma unroll 1
  for (int token = part * kTokensAtOnce + thread / kQuads; token < p.sizes.m; token += plan.parts * kTokensAtOnce) {
    const int at = mine.place(token, thread % kQuads * kQuad);
    columns.write(token, add_parts(&mine.gate[at], plan.parts), add_parts(&mine.up[at], plan.parts));
  }
}

__device__ void init(DecodeBarriers& barriers, const DecodePlan& plan, int consumers) {
  for (int stage = 0; stage < plan.stages; ++stage) {
    ptx::barrier_init(&barriers.full[stage], 1);
    ptx::barrier_init(&barriers.empty[stage], plan.sharing * consumers / kWarp);
  }
  ptx::barrier_init_fence();
}

template <class T, class S>
__global__ void __launch_bounds__(S::kThreads, 3)
    decode_kernel(const __grid_constant__ Maps maps, const __grid_constant__ FusedSwiGLUProblem<T> p, const DecodePlan plan) {
  using Sums = DecodeSums<S::kTokens>;
  extern __shared__ __align__(1024) unsigned char memory[];
  const DecodeRing<S> ring(memory, plan.stages);
  const DecodePlace place(plan);
  const bool produces = threadIdx.x == S::kConsumers;
  if (threadIdx.x == 0) init(ring.barriers(), plan, S::kConsumers);
  if (produces) {
    for (const CUtensorMap* map : {&maps.x, &maps.w_gate, &maps.w_up}) ptx::prefetch_tensor_map(map);
    warm_cache<S>(maps, plan, place);
  }
  __syncwarp();
  ptx::cluster_sync();
  ptx::wait_for_previous_kernel();
  if (threadIdx.x < S::kConsumers) {
    const int box = threadIdx.x / kWarpgroup, thread = threadIdx.x % kWarpgroup;
    // Biases come while the first stage does.
    const Finish<T, kQuad> columns(p, (int64_t(place.tile) * S::kBoxes + box) * kColumns + thread * kQuad % kColumns);
    const auto sums = multiply<T>(plan, place.row_blocks, box, ring);
    ptx::named_barrier_sync(1, S::kConsumers);  // the ring is no longer read
    ring.template sums<Sums>(box).write(sums, thread);
    if (plan.parts == 1) {
      ptx::named_barrier_sync(1, S::kConsumers);
    } else {
      ptx::cluster_sync();
    }
    finish(p, plan, place.part, ring.template sums<Sums>(box), columns, thread);
    if (plan.alone) ptx::let_next_kernel_start();
  } else {
    if (produces) produce(maps, plan, place, ring);
    __syncwarp();
    if (plan.parts > 1) ptx::cluster_sync();
  }
  __syncwarp();
  ptx::cluster_sync();
}

// The host's side.

template <class T, class S> cudaError_t encode_maps(const FusedSwiGLUProblem<T>& p, const DecodePlan& plan, Maps* maps) {
  const int64_t m = p.sizes.m, k = p.sizes.k, n = p.sizes.n;
  const auto box = [](const T* data, int64_t rows, int64_t columns, int box_rows, int box_columns) {
    const CUtensorMapSwizzle swizzle = box_columns == 64 ? CU_TENSOR_MAP_SWIZZLE_128B : CU_TENSOR_MAP_SWIZZLE_64B;
    return MatrixMap{data, kTensorMapType<T>, rows, columns, box_rows, box_columns, swizzle};
  };
  const auto weights = [&](const T* data) {
    return S::kTransB ? box(data, n, k, kColumns, S::kRows) : box(data, k, n, S::kRows, kColumns);
  };
  const MatrixMap x = box(p.x, m, k, S::kTokens / plan.sharing, S::kRows);
  if (const cudaError_t error = encode(x, &maps->x); error != cudaSuccess) return error;
  if (const cudaError_t error = encode(weights(p.w_gate), &maps->w_gate); error != cudaSuccess) return error;
  return encode(weights(p.w_up), &maps->w_up);
}

// The most that any plan asks for, so that threads with different plans agree; and the cache gives way to it even if one block
// alone does not need that, so that the next kernel's blocks find room.
cudaError_t allow_all_shared_memory(const void* kernel) {
  if (const cudaError_t error = allow_shared_memory(kernel, kDecodeAloneBytes); error != cudaSuccess) return error;
  return cudaFuncSetAttribute(kernel, cudaFuncAttributePreferredSharedMemoryCarveout, cudaSharedmemCarveoutMaxShared);
}

template <class T, class S>
cudaError_t launch_kernel(const FusedSwiGLUProblem<T>& p, const Launch& launch, const DecodePlan& plan) {
  const auto kernel = decode_kernel<T, S>;
  const int bytes = decode_shared_bytes(S::kTokens, S::kBoxes, S::kRows, plan.stages);
  assert(plan.parts <= plan.row_blocks && "a block of the cluster would have nothing to add");
  assert((plan.parts == 1 || plan.sharing == 1) && "a block has one rank for both");
  assert(S::kTokens / plan.sharing >= 8 && "the swizzle's pattern is 8 rows of x");
  assert(bytes <= kDecodeHalfBytes && plan.stages >= 2 && "no room for a ring");

  Maps maps;
  if (const cudaError_t error = encode_maps<T, S>(p, plan, &maps); error != cudaSuccess) return error;
  static OncePerDevice allowed;
  int yes = 0;
  const auto allow = [&](int*) { return allow_all_shared_memory(reinterpret_cast<const void*>(kernel)); };
  if (const cudaError_t error = allowed.get(launch.device, &yes, allow); error != cudaSuccess) return error;

  const unsigned cluster = plan.parts * plan.sharing;
  cudaLaunchAttribute attributes[2] = {};
  attributes[0].id = cudaLaunchAttributeClusterDimension;
  attributes[0].val.clusterDim = {cluster, 1, 1};
  attributes[1].id = cudaLaunchAttributeProgrammaticStreamSerialization;
  attributes[1].val.programmaticStreamSerializationAllowed = 1;
  cudaLaunchConfig_t config = {};
  config.gridDim = (plan.tiles + plan.sharing - 1) / plan.sharing * cluster;
  config.blockDim = S::kThreads;
  config.dynamicSmemBytes = plan.alone ? std::max(bytes, kDecodeAloneBytes) : bytes;
  config.stream = launch.stream;
  config.attrs = attributes, config.numAttrs = 2;
  return cudaLaunchKernelEx(&config, kernel, maps, p, plan);
}

template <class T, int kTokens, bool kWide, bool kTransB>
cudaError_t launch_cut(const FusedSwiGLUProblem<T>& p, const Launch& launch, const DecodePlan& plan) {
  constexpr DecodeCut kCut = decode_cut(kTokens, kWide, kTransB);
  return launch_kernel<T, DecodeShape<kTokens, kCut.boxes, kCut.rows, kTransB>>(p, launch, plan);
}

template <class T, int kTokens>
cudaError_t launch_tokens(const FusedSwiGLUProblem<T>& p, const Launch& launch, const DecodePlan& plan) {
  if (p.sizes.trans_b) {
    return plan.wide ? launch_cut<T, kTokens, true, true>(p, launch, plan) : launch_cut<T, kTokens, false, true>(p, launch, plan);
  }
  return plan.wide ? launch_cut<T, kTokens, true, false>(p, launch, plan) : launch_cut<T, kTokens, false, false>(p, launch, plan);
}

}  // namespace

template <class T> bool decode_sm90_16bit_takes(const FusedSwiGLUProblem<T>& p) {
  const auto [m, k, n, trans_b] = p.sizes;
  constexpr int64_t kMostCoordinate = INT32_MAX - 8 * 2 * kColumns;  // of the copy engine, up to the last cluster's end
  if (m < 1 || m > 64 || k < 1 || n < 1 || k > kMostCoordinate || n > kMostCoordinate) return false;
  const int64_t columns = trans_b ? k : n;
  return has_tensor_map(p.x, k, sizeof(T)) && has_tensor_map(p.w_gate, columns, sizeof(T)) &&
         has_tensor_map(p.w_up, columns, sizeof(T));
}

template <class T> cudaError_t decode_sm90_16bit(const FusedSwiGLUProblem<T>& p, const Launch& launch) {
  const DecodePlan plan = decode_plan(p.sizes, launch.device.multiprocessors);
  switch (decode_tokens(p.sizes.m)) {
    case 8: return launch_tokens<T, 8>(p, launch, plan);
    case 16: return launch_tokens<T, 16>(p, launch, plan);
    case 32: return launch_tokens<T, 32>(p, launch, plan);
    default: return launch_tokens<T, 64>(p, launch, plan);
  }
}

#define SWIGLU_INSTANTIATE(T)                                                                                  \
  template bool decode_sm90_16bit_takes(const FusedSwiGLUProblem<T>&);                                         \
  template cudaError_t decode_sm90_16bit(const FusedSwiGLUProblem<T>&, const Launch&);
SWIGLU_INSTANTIATE(float16)
SWIGLU_INSTANTIATE(bfloat16)
#undef SWIGLU_INSTANTIATE

}  // namespace swiglu::cuda
