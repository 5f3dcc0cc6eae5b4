//   gate = x·w_gate + b_gate,  up = x·w_up + b_up,  y = act(gate) ⊙ up
//
// x [m, k] with 1 ≤ m ≤ 64, weights [k, n] or, transposed, [n, k]; float16 and bfloat16. Products are summed, biases added and
// the gate evaluated in float32, and each output is rounded once.
//
// The weights are read once, and reading them is all that takes time. They are the tensor cores' wide operand, 64 columns of a
// matrix at a time, straight from shared memory in either layout; x, padded to 8, 16, 32 or 64 rows ("tokens"), is the narrow
// one. Persistent thread blocks in clusters (decode_plan.h): one warp keeps a ring of stages full through the copy engine and
// runs ahead into the next tile; a warpgroup for each 64 columns multiplies. The blocks of a cluster share k; each leaves its
// sums in its own shared memory and finishes its part of the tile's columns, adding the cluster's sums in the order of rank, so
// that results do not vary from run to run. A launch may overlap the end of the kernel before: until that is done, only the L2
// cache is filled.
#include "cuda/fused/decode_sm90_16bit.h"

#include <algorithm>
#include <cassert>

#include "cuda/gate_16bit.h"
#include "cuda/pack.h"
#include "cuda/ptx/cluster.h"
#include "cuda/ptx/mbarrier.h"
#include "cuda/ptx/tma.h"
#include "cuda/ptx/wgmma_small.h"
#include "cuda/tensor_map.h"

namespace swiglu::cuda {
namespace {

constexpr int kWarp = 32, kWarpgroup = 128;
constexpr int kColumns = kDecodeColumns;
constexpr int kQuad = 4;  // columns that one thread finishes together

struct Maps {
  CUtensorMap x, w_gate, w_up;
};

struct Work {
  int row_blocks, parts, sharing, stages, trigger, prefetch, skew;
  bool products, loads_x;
};

struct Barriers {
  ptx::Barrier full[kDecodeMostStages], empty[kDecodeMostStages];
};
static_assert(sizeof(Barriers) <= kDecodeBarrierBytes);

// Sums over one block's part of k. Columns are permuted by token so that neither the writes, in the order of the tensor cores'
// results, nor the reads along columns meet in one of shared memory's banks.
template <int kTokens> struct Sums {
  float gate[kTokens * kColumns], up[kTokens * kColumns];

  static __device__ int place(int token, int column) { return token * kColumns + (column ^ (token / 2 % 4 * 8)); }
};

// kBoxes boxes of 64 columns, each with a warpgroup of its own, kRows rows a stage, kTokens rows of x.
template <int kBoxesOfTile, int kRowsOfStage, int kRowsOfX, bool kTransposed> struct Shape {
  static constexpr int kBoxes = kBoxesOfTile, kRows = kRowsOfStage, kTokens = kRowsOfX;
  static constexpr bool kTransB = kTransposed;
  static constexpr int kConsumers = kBoxes * kWarpgroup, kThreads = kConsumers + kWarp;
  static constexpr int kResident = kTokens <= 32 || kBoxes == 1 ? 3 : 2;
  static constexpr int kBoxBytes = decode_box_bytes(kRows), kXBytes = kTokens * kRows * 2;
  static constexpr int kStageBytes = decode_stage_bytes(kTokens, kBoxes, kRows);
};

template <class S> struct Shared {
  unsigned char* base;
  unsigned char* x_ring;

  __device__ Shared(unsigned char* base, int stages)
      : base(base), x_ring(base + kDecodeBarrierBytes + stages * 2 * S::kBoxes * S::kBoxBytes) {}
  __device__ Barriers& barriers() const { return *reinterpret_cast<Barriers*>(base); }
  __device__ unsigned char* w_gate(int i, int box) const {
    return base + kDecodeBarrierBytes + (2 * S::kBoxes * i + box) * S::kBoxBytes;
  }
  __device__ unsigned char* w_up(int i, int box) const { return w_gate(i, S::kBoxes + box); }
  __device__ unsigned char* x(int i) const { return x_ring + i * S::kXBytes; }
  __device__ Sums<S::kTokens>& sums(int box) const {
    return reinterpret_cast<Sums<S::kTokens>*>(base + kDecodeBarrierBytes)[box];
  }
};

// The stage that is next, and the parity of the phase in which it is filled.
struct RingPosition {
  int stage = 0;
  uint32_t parity = 0;

  __device__ void advance(int stages) {
    if (++stage == stages) stage = 0, parity ^= 1;
  }
};

// Where one thread block stands: its tile, its part of k, its number among those that share X, and the first one's rank.
struct Place {
  int tile, part, sharer, first_sharer, first_row_block, row_blocks, shift;

  __device__ explicit Place(const Work& work) {
    const int cluster = work.parts * work.sharing, rank = blockIdx.x % cluster, number = blockIdx.x / cluster;
    part = rank / work.sharing, sharer = rank % work.sharing, first_sharer = rank - sharer;
    tile = number * work.sharing + sharer;
    first_row_block = int64_t(work.row_blocks) * part / work.parts;
    row_blocks = int64_t(work.row_blocks) * (part + 1) / work.parts - first_row_block;
    shift = row_blocks * (number % work.skew) / work.skew;
  }
  __device__ int row_block(int i) const { return first_row_block + (i + shift < row_blocks ? i + shift : i + shift - row_blocks); }
};

// The producer: one thread. Weights pass through the cache once and should not displace anything.

template <bool kTransB> __device__ void load_weights(const CUtensorMap& map, void* to, int column, int row, ptx::Barrier* barrier) {
  ptx::tma_load(&map, to, kTransB ? row : column, kTransB ? column : row, barrier, ptx::kEvictFirst);
}

template <bool kTransB> __device__ void prefetch_weights(const CUtensorMap& map, int column, int row) {
  ptx::tma_prefetch(&map, kTransB ? row : column, kTransB ? column : row);
}

template <class S> __device__ void prefetch(const Maps& maps, const Work& work, const Place& place) {
  for (int i = 0; i < min(place.row_blocks, work.prefetch); ++i) {
    for (const CUtensorMap* map : {&maps.w_gate, &maps.w_up}) {
      for (int box = 0; box < S::kBoxes; ++box) {
        prefetch_weights<S::kTransB>(*map, (place.tile * S::kBoxes + box) * kColumns, place.row_block(i) * S::kRows);
      }
    }
  }
}

template <class S> __device__ void produce(const Maps& maps, const Work& work, const Place& place, const Shared<S>& shared) {
  Barriers& barriers = shared.barriers();
  const int trigger = min(work.trigger, place.row_blocks), x_rows = S::kTokens / work.sharing;
  const uint16_t sharers = ((1 << work.sharing) - 1) << place.first_sharer;
  RingPosition at;
  for (int i = 0; i < place.row_blocks; ++i) {
    if (place.row_blocks - i == trigger) ptx::let_next_kernel_start();
    ptx::Barrier* full = &barriers.full[at.stage];
    ptx::barrier_wait(&barriers.empty[at.stage], at.parity ^ 1);
    ptx::barrier_arrive_expecting(full, work.loads_x ? S::kStageBytes : S::kStageBytes - S::kXBytes);
    const int row = place.row_block(i) * S::kRows, column = place.tile * S::kBoxes * kColumns;
    if (!work.loads_x) {
    } else if (work.sharing == 1) {
      ptx::tma_load(&maps.x, shared.x(at.stage), row, 0, full);
    } else {
      ptx::tma_load_multicast(&maps.x, shared.x(at.stage) + place.sharer * x_rows * S::kRows * 2, row, place.sharer * x_rows, full,
                              sharers);
    }
#pragma unroll
    for (int box = 0; box < S::kBoxes; ++box) {
      load_weights<S::kTransB>(maps.w_gate, shared.w_gate(at.stage, box), column + box * kColumns, row, full);
    }
#pragma unroll
    for (int box = 0; box < S::kBoxes; ++box) {
      load_weights<S::kTransB>(maps.w_up, shared.w_up(at.stage, box), column + box * kColumns, row, full);
    }
    at.advance(work.stages);
  }
  if (work.trigger <= 0) ptx::let_next_kernel_start();
}

// The consumers: a warpgroup for each box of columns.

template <int kTokens> struct Accumulators {
  float gate[kTokens / 2], up[kTokens / 2];
};

__device__ void release(ptx::Barrier* empty, const Work& work, const Place& place) {
  const int lane = threadIdx.x % kWarp;
  if (work.sharing == 1) {
    if (lane == 0) ptx::barrier_arrive(empty);
  } else {
    if (lane < work.sharing) ptx::barrier_release_remote(empty, place.first_sharer + lane);
  }
}

// Adds the warpgroup's columns (64 are the rows of a product) by all tokens (its columns) over this block's part of k.
template <class T, class S>
__device__ void multiply(Accumulators<S::kTokens>& sums, const Place& place, const Work& work, int box, const Shared<S>& shared) {
  constexpr int kDepth = 16;  // rows of the weights in one product; the steps are bytes to the next ones
  constexpr int kSpan = S::kRows * 2, kWeightSpan = S::kTransB ? kSpan : kColumns * 2;
  constexpr int kXStep = kDepth * 2, kWeightStep = S::kTransB ? kDepth * 2 : kDepth * kColumns * 2;
  Barriers& barriers = shared.barriers();
  RingPosition at;
  int previous = -1;
  for (int i = 0; i < place.row_blocks; ++i) {
    ptx::barrier_wait(&barriers.full[at.stage], at.parity);
    if (work.products) {
      const uint64_t x = ptx::operand<kSpan>(shared.x(at.stage), 0, 8 * kSpan);
      const uint64_t w_gate = ptx::operand<kWeightSpan>(shared.w_gate(at.stage, box), 0, 8 * kWeightSpan);
      const uint64_t w_up = ptx::operand<kWeightSpan>(shared.w_up(at.stage, box), 0, 8 * kWeightSpan);
      ptx::wgmma_fence();
#pragma unroll
      for (int step = 0; step < S::kRows / kDepth; ++step) {
        const uint64_t x_at = ptx::advanced(x, step * kXStep);
        ptx::wgmma_narrow<T, S::kTokens, !S::kTransB>(sums.gate, ptx::advanced(w_gate, step * kWeightStep), x_at, i | step);
        ptx::wgmma_narrow<T, S::kTokens, !S::kTransB>(sums.up, ptx::advanced(w_up, step * kWeightStep), x_at, i | step);
      }
      ptx::wgmma_commit();
      ptx::wgmma_wait<1>();
    }
    if (previous >= 0) release(&barriers.empty[previous], work, place);
    previous = at.stage;
    at.advance(work.stages);
  }
  ptx::wgmma_wait<0>();
  ptx::wgmma_results(sums.gate), ptx::wgmma_results(sums.up);
  if (work.sharing > 1) release(&barriers.empty[previous], work, place);
}

template <int kTokens>
__device__ void write_sums(const Accumulators<kTokens>& from, Sums<kTokens>& sums, int thread) {
  const int warp = thread / kWarp, lane = thread % kWarp;
#pragma unroll
  for (int i = 0; i < kTokens / 2; ++i) {
    const int column = 16 * warp + 8 * (i / 2 % 2) + lane / 4, token = 8 * (i / 4) + 2 * (lane % 4) + i % 2;
    sums.gate[sums.place(token, column)] = from.gate[i];
    sums.up[sums.place(token, column)] = from.up[i];
  }
}

template <class T> struct GateAndUp {
  T gate[kQuad], up[kQuad];
};

// Not widened yet, so that nothing waits for the memory before the products.
template <class T> __device__ GateAndUp<T> load_biases(const FusedSwiGLUProblem<T>& p, int64_t column) {
  GateAndUp<T> biases = {};
#pragma unroll
  for (int i = 0; i < kQuad; ++i) {
    if (column + i < p.sizes.n && p.b_gate != nullptr) biases.gate[i] = p.b_gate[column + i];
    if (column + i < p.sizes.n && p.b_up != nullptr) biases.up[i] = p.b_up[column + i];
  }
  return biases;
}

__device__ void add(const float4& from, float (&to)[kQuad]) {
  to[0] += from.x, to[1] += from.y, to[2] += from.z, to[3] += from.w;
}

// All loads are on their way before the first is used.
__device__ void add_parts(const float* mine, const Work& work, const Place& place, float (&sum)[kQuad]) {
  constexpr int kAtOnce = 4;
#pragma unroll 1
  for (int first = 0; first < work.parts; first += kAtOnce) {
    float4 parts[kAtOnce];
#pragma unroll
    for (int i = 0; i < kAtOnce; ++i) {
      const int rank = (first + i) * work.sharing + place.sharer;
      if (first + i < work.parts) parts[i] = ptx::load_cluster_float4(ptx::cluster_address(mine, rank));
    }
#pragma unroll
    for (int i = 0; i < kAtOnce; ++i) {
      if (first + i < work.parts) add(parts[i], sum);
    }
  }
}

template <class T> __device__ void store_quad(T* to, const float (&values)[kQuad], int64_t columns_left) {
  if (to == nullptr) return;
  if (columns_left >= kQuad && aligned_for_packs<kQuad>(to)) {
    Pack<T, kQuad> pack;
#pragma unroll
    for (int i = 0; i < kQuad; ++i) pack.values[i] = narrow<T>(values[i]);
    return store_pack(to, pack);
  }
#pragma unroll
  for (int i = 0; i < kQuad; ++i) {
    if (i < columns_left) to[i] = narrow<T>(values[i]);
  }
}

template <class T>
__device__ void finish_quad(const FusedSwiGLUProblem<T>& p, const GateAndUp<float>& values, int64_t token, int64_t column) {
  const int64_t at = token * p.sizes.n + column, left = p.sizes.n - column;
  float y[kQuad];
  with_activation(p.gate_function.activation, [&](auto activation) {
#pragma unroll
    for (int i = 0; i < kQuad; ++i) {
      y[i] = gated_16bit<decltype(activation)::value>(p.gate_function, values.gate[i], values.up[i]);
    }
  });
  store_quad(p.y + at, y, left);
  store_quad(p.gate == nullptr ? nullptr : p.gate + at, values.gate, left);
  store_quad(p.up == nullptr ? nullptr : p.up + at, values.up, left);
}

// Each part of k finishes its share of the tokens.
template <class T, class S>
__device__ void finish(const FusedSwiGLUProblem<T>& p, const Work& work, const Place& place, const Sums<S::kTokens>& mine,
                       const GateAndUp<T>& biases, int64_t column, int thread) {
  constexpr int kQuads = kColumns / kQuad, kTokensAtOnce = kWarpgroup / kQuads;
  const int column_in_box = thread % kQuads * kQuad;
  if (column >= p.sizes.n) return;
#pragma unroll 1
  for (int token = place.part * kTokensAtOnce + thread / kQuads; token < p.sizes.m; token += work.parts * kTokensAtOnce) {
    GateAndUp<float> values = {};
    const int at = mine.place(token, column_in_box);
    if (work.parts == 1) {
      add(*reinterpret_cast<const float4*>(&mine.gate[at]), values.gate);
      add(*reinterpret_cast<const float4*>(&mine.up[at]), values.up);
    } else {
      add_parts(&mine.gate[at], work, place, values.gate);
      add_parts(&mine.up[at], work, place, values.up);
    }
#pragma unroll
    for (int i = 0; i < kQuad; ++i) values.gate[i] += widen(biases.gate[i]), values.up[i] += widen(biases.up[i]);
    finish_quad(p, values, token, column);
  }
}

__device__ void init(Barriers& barriers, const Work& work, int consumers) {
  for (int stage = 0; stage < work.stages; ++stage) {
    ptx::barrier_init(&barriers.full[stage], 1);
    ptx::barrier_init(&barriers.empty[stage], work.sharing * consumers / kWarp);
  }
  ptx::barrier_init_fence();
}

template <class T, class S>
__global__ void __launch_bounds__(S::kThreads, S::kResident)
    decode_kernel(const __grid_constant__ Maps maps, const __grid_constant__ FusedSwiGLUProblem<T> p, const Work work) {
  extern __shared__ __align__(1024) unsigned char memory[];
  const Shared<S> shared(memory, work.stages);
  const Place place(work);
  const bool consumes = threadIdx.x < S::kConsumers, produces = threadIdx.x == S::kConsumers;
  if (work.trigger == INT32_MAX) ptx::let_next_kernel_start();
  if (threadIdx.x == 0) init(shared.barriers(), work, S::kConsumers);
  if (produces) {
    for (const CUtensorMap* map : {&maps.x, &maps.w_gate, &maps.w_up}) ptx::prefetch_tensor_map(map);
    prefetch<S>(maps, work, place);
  }
  __syncwarp();
  ptx::cluster_sync();
  ptx::wait_for_previous_kernel();
  const int box = threadIdx.x / kWarpgroup, thread = threadIdx.x % kWarpgroup;
  const int64_t column = (int64_t(place.tile) * S::kBoxes + box) * kColumns + thread * kQuad % kColumns;
  GateAndUp<T> biases;
  if (consumes) {
    biases = load_biases(p, column);
    Accumulators<S::kTokens> sums;
    multiply<T>(sums, place, work, box, shared);
    ptx::named_barrier_sync(1, S::kConsumers);  // the ring is no longer read
    write_sums(sums, shared.sums(box), thread);
  } else if (produces) {
    produce<S>(maps, work, place, shared);
  }
  __syncwarp();
  if (work.parts == 1) {
    __syncthreads();
  } else {
    ptx::cluster_sync();
  }
  if (consumes) finish<T, S>(p, work, place, shared.sums(box), biases, column, thread);
  // No block leaves while another reads its sums, copies into it or signals its barriers.
  __syncwarp();
  ptx::cluster_sync();
}

// The host's side.

template <class T, class S>
cudaError_t encode_maps(const FusedSwiGLUProblem<T>& p, const DecodePlan& plan, Maps* maps) {
  const int64_t m = p.sizes.m, k = p.sizes.k, n = p.sizes.n;
  const auto box = [&](const T* data, int64_t rows, int64_t columns, int box_rows, int box_columns) {
    const CUtensorMapSwizzle swizzle = box_columns == 64   ? CU_TENSOR_MAP_SWIZZLE_128B
                                       : box_columns == 32 ? CU_TENSOR_MAP_SWIZZLE_64B
                                                           : CU_TENSOR_MAP_SWIZZLE_32B;
    return MatrixMap{data, kTensorMapType<T>, rows, columns, box_rows, box_columns, swizzle, CUtensorMapL2promotion(plan.promotion)};
  };
  const auto weights = [&](const T* data) {
    return S::kTransB ? box(data, n, k, kColumns, S::kRows) : box(data, k, n, S::kRows, kColumns);
  };
  if (const cudaError_t error = encode(box(p.x, m, k, S::kTokens / plan.sharing, S::kRows), &maps->x); error != cudaSuccess) return error;
  if (const cudaError_t error = encode(weights(p.w_gate), &maps->w_gate); error != cudaSuccess) return error;
  return encode(weights(p.w_up), &maps->w_up);
}

// The most that any plan asks for, so that threads with different plans agree; and the cache gives way to it even if one block
// alone does not need that, so that the next kernel's blocks find room.
cudaError_t allow_all_shared_memory(const void* kernel) {
  if (const cudaError_t error = allow_shared_memory(kernel, kDecodeWholeBytes); error != cudaSuccess) return error;
  return cudaFuncSetAttribute(kernel, cudaFuncAttributePreferredSharedMemoryCarveout, cudaSharedmemCarveoutMaxShared);
}

template <class T, class S>
cudaError_t launch_kernel(const FusedSwiGLUProblem<T>& p, const Launch& launch, const DecodePlan& plan) {
  const auto kernel = decode_kernel<T, S>;
  const int bytes = decode_shared_bytes(S::kTokens, S::kBoxes, S::kRows, plan.stages);
  constexpr int kWidth = S::kBoxes * kColumns;
  const int tiles = int((p.sizes.n + kWidth - 1) / kWidth), cluster = plan.parts * plan.sharing;
  const Work work = {int((p.sizes.k + S::kRows - 1) / S::kRows), plan.parts, plan.sharing, plan.stages,
                     plan.trigger, plan.prefetch, plan.skew, plan.products, plan.loads_x};
  assert(plan.parts <= work.row_blocks && "a block of the cluster would have nothing to add");
  assert(S::kTokens / plan.sharing >= 8 && "the swizzle's pattern is 8 rows of X");
  assert(bytes <= kDecodeWholeBytes && plan.stages <= kDecodeMostStages && "more stages than there is room for");

  Maps maps;
  if (const cudaError_t error = encode_maps<T, S>(p, plan, &maps); error != cudaSuccess) return error;
  const cudaError_t allowed = allow_all_shared_memory(reinterpret_cast<const void*>(kernel));
  if (allowed != cudaSuccess) return allowed;

  cudaLaunchAttribute attributes[2] = {};
  attributes[0].id = cudaLaunchAttributeClusterDimension;
  attributes[0].val.clusterDim = {unsigned(cluster), 1, 1};
  attributes[1].id = cudaLaunchAttributeProgrammaticStreamSerialization;
  attributes[1].val.programmaticStreamSerializationAllowed = 1;
  cudaLaunchConfig_t config = {};
  config.gridDim = (tiles + plan.sharing - 1) / plan.sharing * cluster;
  config.blockDim = S::kThreads;
  config.dynamicSmemBytes = bytes;
  config.stream = launch.stream;
  config.attrs = attributes, config.numAttrs = 2;
  return cudaLaunchKernelEx(&config, kernel, maps, p, work);
}

template <class T, int kTokens, bool kTransB>
cudaError_t launch_tokens(const FusedSwiGLUProblem<T>& p, const Launch& launch, const DecodePlan& plan) {
  switch (plan.boxes * 100 + plan.rows) {
    case 132: return launch_kernel<T, Shape<1, 32, kTokens, kTransB>>(p, launch, plan);
    case 164: return launch_kernel<T, Shape<1, 64, kTokens, kTransB>>(p, launch, plan);
    case 232: return launch_kernel<T, Shape<2, 32, kTokens, kTransB>>(p, launch, plan);
    case 264: return launch_kernel<T, Shape<2, 64, kTokens, kTransB>>(p, launch, plan);
  }
  return cudaErrorInvalidValue;
}

}  // namespace

template <class T> bool decode_sm90_16bit_takes(const FusedSwiGLUProblem<T>& p) {
  const auto [m, k, n, trans_b] = p.sizes;
  constexpr int64_t kMostCoordinate = INT32_MAX - 2 * kColumns;  // of the copy engine, up to the last tile's end
  if (m < 1 || m > 64 || k < 1 || n < 1 || k > kMostCoordinate || n > kMostCoordinate) return false;
  const int64_t columns = trans_b ? k : n;
  return has_tensor_map(p.x, k, sizeof(T)) && has_tensor_map(p.w_gate, columns, sizeof(T)) &&
         has_tensor_map(p.w_up, columns, sizeof(T));
}

template <class T> cudaError_t decode_sm90_16bit(const FusedSwiGLUProblem<T>& p, const Launch& launch, const DecodePlan& plan) {
  switch (decode_tokens(p.sizes.m)) {
    case 8: return launch_tokens<T, 8, false>(p, launch, plan);
    case 16: return launch_tokens<T, 16, false>(p, launch, plan);
    case 32: return launch_tokens<T, 32, false>(p, launch, plan);
    default: return launch_tokens<T, 64, false>(p, launch, plan);
  }
}

#define SWIGLU_INSTANTIATE(T)                                                                                  \
  template bool decode_sm90_16bit_takes(const FusedSwiGLUProblem<T>&);                                         \
  template cudaError_t decode_sm90_16bit(const FusedSwiGLUProblem<T>&, const Launch&, const DecodePlan&);
SWIGLU_INSTANTIATE(bfloat16)
#undef SWIGLU_INSTANTIATE

}  // namespace swiglu::cuda
