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
  int tiles, row_blocks, cluster, stages, trigger, prefetch;
  bool evict_first, products;
};

struct Barriers {
  ptx::Barrier full[kDecodeMostStages], empty[kDecodeMostStages];
  // Of each warpgroup's 64 columns: all blocks' sums are there; all blocks have read this block's sums.
  ptx::Barrier summed[4], read[4];
};
static_assert(sizeof(Barriers) <= kDecodeBarrierBytes);

// Sums over one block's part of k. Columns are permuted by token so that neither the writes, in the order of the tensor cores'
// results, nor the reads along columns meet in one of shared memory's banks.
template <int kTokens> struct Sums {
  float gate[kTokens * kColumns], up[kTokens * kColumns];

  static __device__ int place(int token, int column) { return token * kColumns + (column ^ (token / 2 % 4 * 8)); }
};

// kBoxes boxes of 64 columns, kRows rows a stage, kTokens rows of x.
template <int kBoxesOfTile, int kRowsOfStage, int kRowsOfX, bool kTransposed> struct Shape {
  static constexpr int kBoxes = kBoxesOfTile, kRows = kRowsOfStage, kTokens = kRowsOfX;
  static constexpr bool kTransB = kTransposed;
  static constexpr int kGroups = kBoxes == 1 ? 1 : kTokens <= 16 ? 2 : kBoxes, kBoxesOfGroup = kBoxes / kGroups;  // warpgroups
  static constexpr int kThreads = kGroups * kWarpgroup + kWarp;
  static constexpr int kResident = kTokens <= 16 || kBoxes == 1 ? 3 : kBoxes == 2 ? 2 : 1;
  static constexpr int kBoxBytes = decode_box_bytes(kRows), kXBytes = kTokens * kRows * 2;
  static constexpr int kStageBytes = decode_stage_bytes(kTokens, kBoxes, kRows);
};

template <class S> struct Shared {
  static_assert(sizeof(Sums<S::kTokens>) * S::kBoxes == decode_partial_bytes(S::kTokens, S::kBoxes));
  static constexpr int kRing = decode_shared_bytes(S::kTokens, S::kBoxes, S::kRows, 0);

  unsigned char* base;
  unsigned char* x_ring;

  __device__ Shared(unsigned char* base, int stages) : base(base), x_ring(base + kRing + stages * 2 * S::kBoxes * S::kBoxBytes) {}
  __device__ Sums<S::kTokens>* sums() const { return reinterpret_cast<Sums<S::kTokens>*>(base); }
  __device__ Barriers& barriers() const { return *reinterpret_cast<Barriers*>(base + decode_partial_bytes(S::kTokens, S::kBoxes)); }
  __device__ unsigned char* w_gate(int i, int box) const { return base + kRing + (2 * S::kBoxes * i + box) * S::kBoxBytes; }
  __device__ unsigned char* w_up(int i, int box) const { return w_gate(i, S::kBoxes + box); }
  __device__ unsigned char* x(int i) const { return x_ring + i * S::kXBytes; }
};

// The stage that is next, and the parity of the phase in which it is filled.
struct RingPosition {
  int stage = 0;
  uint32_t parity = 0;

  __device__ void advance(int stages) {
    if (++stage == stages) stage = 0, parity ^= 1;
  }
};

// Where one thread block stands: its cluster's first tile and the tiles between one and the next, its rank and its part of k.
struct Place {
  int first_tile, tile_step, rank, first_row_block, last_row_block;

  __device__ explicit Place(const Work& work)
      : first_tile(blockIdx.x / work.cluster), tile_step(gridDim.x / work.cluster), rank(ptx::cluster_rank()) {
    first_row_block = int64_t(work.row_blocks) * rank / work.cluster;
    last_row_block = int64_t(work.row_blocks) * (rank + 1) / work.cluster;
  }
};

// The producer: one thread. Weights pass through the cache once and should not displace anything.

template <bool kTransB>
__device__ void load_weights(const CUtensorMap& map, void* to, int column, int row, ptx::Barrier* barrier, uint64_t cache) {
  ptx::tma_load(&map, to, kTransB ? row : column, kTransB ? column : row, barrier, cache);
}

template <bool kTransB> __device__ void prefetch_weights(const CUtensorMap& map, int column, int row) {
  ptx::tma_prefetch(&map, kTransB ? row : column, kTransB ? column : row);
}

template <class S> __device__ void prefetch(const Maps& maps, const Work& work, const Place& place) {
  const int last = min(place.last_row_block, place.first_row_block + work.prefetch);
  for (int block = place.first_row_block; block < last; ++block) {
    for (const CUtensorMap* map : {&maps.w_gate, &maps.w_up}) {
      for (int box = 0; box < S::kBoxes; ++box) {
        prefetch_weights<S::kTransB>(*map, (place.first_tile * S::kBoxes + box) * kColumns, block * S::kRows);
      }
    }
  }
}

template <class S> __device__ void produce(const Maps& maps, const Work& work, const Place& place, const Shared<S>& shared) {
  Barriers& barriers = shared.barriers();
  const uint64_t cache = work.evict_first ? ptx::kEvictFirst : ptx::kEvictNormal;
  int left = (work.tiles - place.first_tile + place.tile_step - 1) / place.tile_step *
             (place.last_row_block - place.first_row_block);
  const int trigger = min(work.trigger, left);
  RingPosition at;
  for (int tile = place.first_tile; tile < work.tiles; tile += place.tile_step) {
    for (int block = place.first_row_block; block < place.last_row_block; ++block) {
      if (left-- == trigger) ptx::let_next_kernel_start();
      ptx::Barrier* full = &barriers.full[at.stage];
      ptx::barrier_wait(&barriers.empty[at.stage], at.parity ^ 1);
      ptx::barrier_arrive_expecting(full, S::kStageBytes);
      const int row = block * S::kRows;
#pragma unroll
      for (int box = 0; box < S::kBoxes; ++box) {
        load_weights<S::kTransB>(maps.w_gate, shared.w_gate(at.stage, box), (tile * S::kBoxes + box) * kColumns, row, full, cache);
      }
#pragma unroll
      for (int box = 0; box < S::kBoxes; ++box) {
        load_weights<S::kTransB>(maps.w_up, shared.w_up(at.stage, box), (tile * S::kBoxes + box) * kColumns, row, full, cache);
      }
      ptx::tma_load(&maps.x, shared.x(at.stage), row, 0, full);
      at.advance(work.stages);
    }
  }
  if (work.trigger <= 0) ptx::let_next_kernel_start();
}

// The consumers: a warpgroup for each box of columns.

template <int kTokens> struct Accumulators {
  float gate[kTokens / 2] = {}, up[kTokens / 2] = {};
};

// Adds the warpgroup's columns (64 are the rows of a product) by all tokens (its columns) over this block's part of k.
template <class T, class S>
__device__ void multiply(Accumulators<S::kTokens> (&sums)[S::kBoxesOfGroup], const Place& place, const Work& work, int first_box,
                         const Shared<S>& shared, RingPosition& at) {
  constexpr int kDepth = 16;  // rows of the weights in one product; the steps are bytes to the next ones
  constexpr int kSpan = S::kRows * 2, kWeightSpan = S::kTransB ? kSpan : kColumns * 2;
  constexpr int kXStep = kDepth * 2, kWeightStep = S::kTransB ? kDepth * 2 : kDepth * kColumns * 2;
  Barriers& barriers = shared.barriers();
  const bool releases = threadIdx.x % kWarp == 0;
  int previous = -1;
  for (int block = place.first_row_block; block < place.last_row_block; ++block) {
    ptx::barrier_wait(&barriers.full[at.stage], at.parity);
    if (work.products) {
      const uint64_t x = ptx::operand<kSpan>(shared.x(at.stage), 0, 8 * kSpan);
      ptx::wgmma_fence();
#pragma unroll
      for (int i = 0; i < S::kRows / kDepth; ++i) {
#pragma unroll
        for (int b = 0; b < S::kBoxesOfGroup; ++b) {
          const uint64_t w_gate = ptx::operand<kWeightSpan>(shared.w_gate(at.stage, first_box + b), 0, 8 * kWeightSpan);
          const uint64_t w_up = ptx::operand<kWeightSpan>(shared.w_up(at.stage, first_box + b), 0, 8 * kWeightSpan);
          const uint64_t x_at = ptx::advanced(x, i * kXStep);
          ptx::wgmma_narrow<T, S::kTokens, !S::kTransB>(sums[b].gate, ptx::advanced(w_gate, i * kWeightStep), x_at);
          ptx::wgmma_narrow<T, S::kTokens, !S::kTransB>(sums[b].up, ptx::advanced(w_up, i * kWeightStep), x_at);
        }
      }
      ptx::wgmma_commit();
      ptx::wgmma_wait<1>();
    }
    if (previous >= 0 && releases) ptx::barrier_arrive(&barriers.empty[previous]);
    previous = at.stage;
    at.advance(work.stages);
  }
  ptx::wgmma_wait<0>();
#pragma unroll
  for (int b = 0; b < S::kBoxesOfGroup; ++b) ptx::wgmma_results(sums[b].gate), ptx::wgmma_results(sums[b].up);
  if (releases) ptx::barrier_arrive(&barriers.empty[previous]);
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
__device__ void add_cluster(const float* mine, int cluster, float (&sum)[kQuad]) {
  constexpr int kAtOnce = 4;
#pragma unroll 1
  for (int first = 0; first < cluster; first += kAtOnce) {
    float4 parts[kAtOnce];
#pragma unroll
    for (int i = 0; i < kAtOnce; ++i) {
      if (first + i < cluster) parts[i] = ptx::load_cluster_float4(ptx::cluster_address(mine, first + i));
    }
#pragma unroll
    for (int i = 0; i < kAtOnce; ++i) {
      if (first + i < cluster) add(parts[i], sum);
    }
  }
}

// Single elements: beside the weights the outputs are next to nothing, and so need no alignment.
template <class T> __device__ void store_quad(T* to, const float (&values)[kQuad], int64_t columns_left) {
  if (to == nullptr) return;
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

// Arrives, for the calling warp, at the barrier at this place in every block of the cluster.
__device__ void arrive_at_cluster(ptx::Barrier* barrier, int cluster) {
  const int lane = threadIdx.x % kWarp;
  __syncwarp();
  if (lane < cluster) ptx::barrier_arrive_remote(barrier, lane);
}

template <class T, class S>
__device__ void consume(const FusedSwiGLUProblem<T>& p, const Work& work, const Place& place, const Shared<S>& shared) {
  constexpr int kQuads = S::kBoxesOfGroup * kColumns / kQuad, kTokensAtOnce = kWarpgroup / kQuads;
  const int thread = threadIdx.x % kWarpgroup, group = threadIdx.x / kWarpgroup;
  const int first_box = group * S::kBoxesOfGroup, quad = thread % kQuads;
  const int box = first_box + quad / (kColumns / kQuad), column_in_box = quad * kQuad % kColumns;
  ptx::Barrier *summed = &shared.barriers().summed[group], *read = &shared.barriers().read[group];
  RingPosition at;
  uint32_t parity = 0;
  for (int tile = place.first_tile; tile < work.tiles; tile += place.tile_step, parity ^= 1) {
    const int64_t column = (int64_t(tile) * S::kBoxes + box) * kColumns + column_in_box;
    const GateAndUp<T> biases = load_biases(p, column);
    Accumulators<S::kTokens> sums[S::kBoxesOfGroup];
    multiply<T>(sums, place, work, first_box, shared, at);
    ptx::barrier_wait_cluster(read, parity ^ 1);
#pragma unroll
    for (int b = 0; b < S::kBoxesOfGroup; ++b) write_sums(sums[b], shared.sums()[first_box + b], thread);
    arrive_at_cluster(summed, work.cluster);
    ptx::barrier_wait_cluster(summed, parity);
    const Sums<S::kTokens>& mine = shared.sums()[box];
#pragma unroll 1
    for (int token = place.rank * kTokensAtOnce + thread / kQuads; column < p.sizes.n && token < p.sizes.m;
         token += work.cluster * kTokensAtOnce) {
      GateAndUp<float> values = {};
      const int at_sums = mine.place(token, column_in_box);
      add_cluster(&mine.gate[at_sums], work.cluster, values.gate);
      add_cluster(&mine.up[at_sums], work.cluster, values.up);
#pragma unroll
      for (int i = 0; i < kQuad; ++i) values.gate[i] += widen(biases.gate[i]), values.up[i] += widen(biases.up[i]);
      finish_quad(p, values, token, column);
    }
    arrive_at_cluster(read, work.cluster);
  }
}

__device__ void init(Barriers& barriers, const Work& work, int groups) {
  constexpr int kWarps = kWarpgroup / kWarp;
  for (int stage = 0; stage < work.stages; ++stage) {
    ptx::barrier_init(&barriers.full[stage], 1);
    ptx::barrier_init(&barriers.empty[stage], groups * kWarps);
  }
  for (int group = 0; group < groups; ++group) {
    ptx::barrier_init(&barriers.summed[group], work.cluster * kWarps);
    ptx::barrier_init(&barriers.read[group], work.cluster * kWarps);
  }
  ptx::barrier_init_fence();
}

template <class T, class S>
__global__ void __launch_bounds__(S::kThreads, S::kResident)
    decode_kernel(const __grid_constant__ Maps maps, const __grid_constant__ FusedSwiGLUProblem<T> p, const Work work) {
  extern __shared__ __align__(1024) unsigned char memory[];
  const Shared<S> shared(memory, work.stages);
  const Place place(work);
  const bool produces = threadIdx.x == S::kGroups * kWarpgroup;
  if (work.trigger == INT32_MAX) ptx::let_next_kernel_start();
  if (threadIdx.x == 0) init(shared.barriers(), work, S::kGroups);
  if (produces) {
    for (const CUtensorMap* map : {&maps.x, &maps.w_gate, &maps.w_up}) ptx::prefetch_tensor_map(map);
    prefetch<S>(maps, work, place);
  }
  __syncwarp();
  ptx::cluster_sync();
  ptx::wait_for_previous_kernel();
  if (produces) {
    produce<S>(maps, work, place, shared);
  } else if (threadIdx.x < S::kGroups * kWarpgroup) {
    consume<T, S>(p, work, place, shared);
  }
  // No block leaves while another reads its sums.
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
  if (const cudaError_t error = encode(box(p.x, m, k, S::kTokens, S::kRows), &maps->x); error != cudaSuccess) return error;
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
  const Work work = {int((p.sizes.n + kWidth - 1) / kWidth), int((p.sizes.k + S::kRows - 1) / S::kRows), plan.cluster, plan.stages,
                     plan.trigger, plan.prefetch, plan.evict_first, plan.products};
  assert(plan.cluster <= work.row_blocks && "a block of the cluster would have nothing to add");
  assert(bytes <= kDecodeWholeBytes && plan.stages <= kDecodeMostStages && "more stages than there is room for");

  Maps maps;
  if (const cudaError_t error = encode_maps<T, S>(p, plan, &maps); error != cudaSuccess) return error;
  const cudaError_t allowed = allow_all_shared_memory(reinterpret_cast<const void*>(kernel));
  if (allowed != cudaSuccess) return allowed;

  cudaLaunchAttribute attributes[2] = {};
  attributes[0].id = cudaLaunchAttributeClusterDimension;
  attributes[0].val.clusterDim = {unsigned(plan.cluster), 1, 1};
  attributes[1].id = cudaLaunchAttributeProgrammaticStreamSerialization;
  attributes[1].val.programmaticStreamSerializationAllowed = 1;
  cudaLaunchConfig_t config = {};
  config.gridDim = plan.cluster * work.tiles;
  config.blockDim = S::kThreads;
  config.dynamicSmemBytes = bytes;
  config.stream = launch.stream;
  config.attrs = attributes, config.numAttrs = 2;
  if (plan.grid != DecodeGrid::all) {
    cudaLaunchConfig_t asked = config;
    asked.gridDim = plan.cluster, asked.numAttrs = 1;
    if (plan.grid == DecodeGrid::whole) asked.dynamicSmemBytes = kDecodeWholeBytes;
    int clusters = 0;
    if (const cudaError_t error = cudaOccupancyMaxActiveClusters(&clusters, kernel, &asked); error != cudaSuccess) return error;
    config.gridDim = plan.cluster * std::min(work.tiles, clusters);
  }
  return cudaLaunchKernelEx(&config, kernel, maps, p, work);
}

template <class T, int kTokens, bool kTransB>
cudaError_t launch_tokens(const FusedSwiGLUProblem<T>& p, const Launch& launch, const DecodePlan& plan) {
  switch (plan.column_boxes * 100 + plan.rows) {
    case 132: return launch_kernel<T, Shape<1, 32, kTokens, kTransB>>(p, launch, plan);
    case 164: return launch_kernel<T, Shape<1, 64, kTokens, kTransB>>(p, launch, plan);
    case 216: return launch_kernel<T, Shape<2, 16, kTokens, kTransB>>(p, launch, plan);
    case 232: return launch_kernel<T, Shape<2, 32, kTokens, kTransB>>(p, launch, plan);
    case 264: return launch_kernel<T, Shape<2, 64, kTokens, kTransB>>(p, launch, plan);
    case 416: return launch_kernel<T, Shape<4, 16, kTokens, kTransB>>(p, launch, plan);
    case 432: return launch_kernel<T, Shape<4, 32, kTokens, kTransB>>(p, launch, plan);
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
    default: return launch_tokens<T, 64, false>(p, launch, plan);
  }
}

#define SWIGLU_INSTANTIATE(T)                                                                                  \
  template bool decode_sm90_16bit_takes(const FusedSwiGLUProblem<T>&);                                         \
  template cudaError_t decode_sm90_16bit(const FusedSwiGLUProblem<T>&, const Launch&, const DecodePlan&);
SWIGLU_INSTANTIATE(bfloat16)
#undef SWIGLU_INSTANTIATE

}  // namespace swiglu::cuda
