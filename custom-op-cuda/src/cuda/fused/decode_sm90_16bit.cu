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
constexpr int kColumns = kDecodeColumns, kRows = kDecodeRows;
constexpr int kQuad = 4;  // columns that one thread finishes together

struct Maps {
  CUtensorMap x, w_gate, w_up;
};

struct Work {
  int tiles, row_blocks, cluster, stages;
};

struct Barriers {
  ptx::Barrier full[kDecodeMostStages], empty[kDecodeMostStages];
  // Of each warpgroup's 64 columns: all blocks' sums are there; all blocks have read this block's sums.
  ptx::Barrier summed[2], read[2];
};
static_assert(sizeof(Barriers) <= kDecodeBarrierBytes);

// Sums over one block's part of k. Columns are permuted by token so that neither the writes, in the order of the tensor cores'
// results, nor the reads along columns meet in one of shared memory's banks.
template <int kTokens> struct Sums {
  float gate[kTokens * kColumns], up[kTokens * kColumns];

  static __device__ int place(int token, int column) { return token * kColumns + (column ^ (token / 2 % 4 * 8)); }
};

template <int kTokens, int kBoxes> struct Shared {
  static constexpr int kStageBytes = decode_stage_bytes(kTokens, kBoxes);
  static_assert(sizeof(Sums<kTokens>) * kBoxes == decode_partial_bytes(kTokens, kBoxes));

  unsigned char* base;

  __device__ Sums<kTokens>* sums() const { return reinterpret_cast<Sums<kTokens>*>(base); }
  __device__ Barriers& barriers() const { return *reinterpret_cast<Barriers*>(base + decode_partial_bytes(kTokens, kBoxes)); }
  __device__ unsigned char* stage(int i) const { return base + decode_shared_bytes(kTokens, kBoxes, 0) + i * kStageBytes; }
  __device__ unsigned char* w_gate(int i, int box) const { return stage(i) + 2 * box * kDecodeBoxBytes; }
  __device__ unsigned char* w_up(int i, int box) const { return w_gate(i, box) + kDecodeBoxBytes; }
  __device__ unsigned char* x(int i) const { return stage(i) + 2 * kBoxes * kDecodeBoxBytes; }
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
__device__ void load_weights(const CUtensorMap& map, void* to, int column, int row, ptx::Barrier* barrier) {
  ptx::tma_load(&map, to, kTransB ? row : column, kTransB ? column : row, barrier, ptx::kEvictFirst);
}

template <bool kTransB> __device__ void prefetch_weights(const CUtensorMap& map, int column, int row) {
  ptx::tma_prefetch(&map, kTransB ? row : column, kTransB ? column : row);
}

template <int kBoxes, bool kTransB> __device__ void prefetch(const Maps& maps, const Work& work, const Place& place) {
  const int last = min(place.last_row_block, place.first_row_block + work.stages);
  for (int block = place.first_row_block; block < last; ++block) {
    for (int box = 0; box < kBoxes; ++box) {
      const int column = (place.first_tile * kBoxes + box) * kColumns;
      prefetch_weights<kTransB>(maps.w_gate, column, block * kRows);
      prefetch_weights<kTransB>(maps.w_up, column, block * kRows);
    }
  }
}

template <int kTokens, int kBoxes, bool kTransB>
__device__ void produce(const Maps& maps, const Work& work, const Place& place, const Shared<kTokens, kBoxes>& shared) {
  Barriers& barriers = shared.barriers();
  RingPosition at;
  for (int tile = place.first_tile; tile < work.tiles; tile += place.tile_step) {
    for (int block = place.first_row_block; block < place.last_row_block; ++block) {
      ptx::Barrier* full = &barriers.full[at.stage];
      ptx::barrier_wait(&barriers.empty[at.stage], at.parity ^ 1);
      ptx::barrier_arrive_expecting(full, shared.kStageBytes);
#pragma unroll
      for (int box = 0; box < kBoxes; ++box) {
        const int column = (tile * kBoxes + box) * kColumns;
        load_weights<kTransB>(maps.w_gate, shared.w_gate(at.stage, box), column, block * kRows, full);
        load_weights<kTransB>(maps.w_up, shared.w_up(at.stage, box), column, block * kRows, full);
      }
      ptx::tma_load(&maps.x, shared.x(at.stage), block * kRows, 0, full);
      at.advance(work.stages);
    }
  }
}

// The consumers: a warpgroup for each box of columns.

// Adds 64 columns (the rows of a product) by all tokens (its columns) over this block's part of k.
template <class T, int kTokens, int kBoxes, bool kTransB>
__device__ void multiply(float (&gate)[kTokens / 2], float (&up)[kTokens / 2], const Place& place, int stages, int box,
                         const Shared<kTokens, kBoxes>& shared, RingPosition& at) {
  constexpr int kDepth = 16;  // rows of the weights in one product; the steps are bytes to the next ones
  constexpr int kXStep = kDepth * 2, kWeightStep = kTransB ? kDepth * 2 : kDepth * kColumns * 2;
  Barriers& barriers = shared.barriers();
  const bool releases = threadIdx.x % kWarp == 0;
  int previous = -1;
  for (int block = place.first_row_block; block < place.last_row_block; ++block) {
    ptx::barrier_wait(&barriers.full[at.stage], at.parity);
    const uint64_t w_gate = ptx::wgmma_descriptor(shared.w_gate(at.stage, box));
    const uint64_t w_up = ptx::wgmma_descriptor(shared.w_up(at.stage, box));
    const uint64_t x = ptx::wgmma_descriptor(shared.x(at.stage));
    ptx::wgmma_fence();
#pragma unroll
    for (int i = 0; i < kRows / kDepth; ++i) {
      ptx::wgmma<T, kTokens, !kTransB>(gate, w_gate + i * kWeightStep / 16, x + i * kXStep / 16);
      ptx::wgmma<T, kTokens, !kTransB>(up, w_up + i * kWeightStep / 16, x + i * kXStep / 16);
    }
    ptx::wgmma_commit();
    ptx::wgmma_wait<1>();
    if (previous >= 0 && releases) ptx::barrier_arrive(&barriers.empty[previous]);
    previous = at.stage;
    at.advance(stages);
  }
  ptx::wgmma_wait<0>();
  ptx::wgmma_results(gate);
  ptx::wgmma_results(up);
  if (releases) ptx::barrier_arrive(&barriers.empty[previous]);
}

template <int kTokens>
__device__ void write_sums(const float (&gate)[kTokens / 2], const float (&up)[kTokens / 2], Sums<kTokens>& sums, int thread) {
  const int warp = thread / kWarp, lane = thread % kWarp;
#pragma unroll
  for (int i = 0; i < kTokens / 2; ++i) {
    const int column = 16 * warp + 8 * (i / 2 % 2) + lane / 4, token = 8 * (i / 4) + 2 * (lane % 4) + i % 2;
    sums.gate[sums.place(token, column)] = gate[i];
    sums.up[sums.place(token, column)] = up[i];
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
template <int kTokens> __device__ GateAndUp<float> add_cluster(const Sums<kTokens>& mine, int at, int cluster) {
  float4 gate[kDecodeMostCluster], up[kDecodeMostCluster];
#pragma unroll
  for (int rank = 0; rank < kDecodeMostCluster; ++rank) {
    if (rank < cluster) {
      gate[rank] = ptx::load_cluster_float4(ptx::cluster_address(&mine.gate[at], rank));
      up[rank] = ptx::load_cluster_float4(ptx::cluster_address(&mine.up[at], rank));
    }
  }
  GateAndUp<float> sums = {};
#pragma unroll
  for (int rank = 0; rank < kDecodeMostCluster; ++rank) {
    if (rank < cluster) add(gate[rank], sums.gate), add(up[rank], sums.up);
  }
  return sums;
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

template <class T, int kTokens, int kBoxes, bool kTransB>
__device__ void consume(const FusedSwiGLUProblem<T>& p, const Work& work, const Place& place,
                        const Shared<kTokens, kBoxes>& shared) {
  const int thread = threadIdx.x % kWarpgroup, box = threadIdx.x / kWarpgroup;
  const int quads = kColumns / kQuad / work.cluster;  // of each block; the cluster's sizes divide it
  const int column_in_box = (place.rank * quads + thread % quads) * kQuad;
  Sums<kTokens>& sums = shared.sums()[box];
  ptx::Barrier *summed = &shared.barriers().summed[box], *read = &shared.barriers().read[box];
  RingPosition at;
  uint32_t parity = 0;
  for (int tile = place.first_tile; tile < work.tiles; tile += place.tile_step, parity ^= 1) {
    const int64_t column = (int64_t(tile) * kBoxes + box) * kColumns + column_in_box;
    const GateAndUp<T> biases = load_biases(p, column);
    float gate[kTokens / 2] = {}, up[kTokens / 2] = {};
    multiply<T, kTokens, kBoxes, kTransB>(gate, up, place, work.stages, box, shared, at);
    ptx::barrier_wait_cluster(read, parity ^ 1);
    write_sums(gate, up, sums, thread);
    arrive_at_cluster(summed, work.cluster);
    ptx::barrier_wait_cluster(summed, parity);
    for (int token = thread / quads; column < p.sizes.n && token < p.sizes.m; token += kWarpgroup / quads) {
      GateAndUp<float> values = add_cluster(sums, sums.place(token, column_in_box), work.cluster);
#pragma unroll
      for (int i = 0; i < kQuad; ++i) values.gate[i] += widen(biases.gate[i]), values.up[i] += widen(biases.up[i]);
      finish_quad(p, values, token, column);
    }
    arrive_at_cluster(read, work.cluster);
  }
}

template <int kBoxes> constexpr int kThreads = kBoxes * kWarpgroup + kWarp;

__device__ void init(Barriers& barriers, const Work& work, int boxes) {
  constexpr int kWarps = kWarpgroup / kWarp;
  for (int stage = 0; stage < work.stages; ++stage) {
    ptx::barrier_init(&barriers.full[stage], 1);
    ptx::barrier_init(&barriers.empty[stage], boxes * kWarps);
  }
  for (int box = 0; box < boxes; ++box) {
    ptx::barrier_init(&barriers.summed[box], work.cluster * kWarps);
    ptx::barrier_init(&barriers.read[box], work.cluster * kWarps);
  }
  ptx::barrier_init_fence();
}

template <class T, int kTokens, int kBoxes, bool kTransB>
__global__ void __launch_bounds__(kThreads<kBoxes>, 1)
    decode_kernel(const __grid_constant__ Maps maps, const __grid_constant__ FusedSwiGLUProblem<T> p, const Work work) {
  extern __shared__ __align__(1024) unsigned char memory[];
  const Shared<kTokens, kBoxes> shared{memory};
  const Place place(work);
  const bool produces = threadIdx.x == kBoxes * kWarpgroup;
  if (threadIdx.x == 0) init(shared.barriers(), work, kBoxes);
  if (produces) {
    for (const CUtensorMap* map : {&maps.x, &maps.w_gate, &maps.w_up}) ptx::prefetch_tensor_map(map);
    prefetch<kBoxes, kTransB>(maps, work, place);
  }
  __syncwarp();
  ptx::cluster_sync();
  ptx::wait_for_previous_kernel();
  if (produces) {
    produce<kTokens, kBoxes, kTransB>(maps, work, place, shared);
    ptx::let_next_kernel_start();
  } else if (threadIdx.x < kBoxes * kWarpgroup) {
    consume<T, kTokens, kBoxes, kTransB>(p, work, place, shared);
  }
  // No block leaves while another reads its sums.
  __syncwarp();
  ptx::cluster_sync();
}

// The host's side.

// A stand-in for any of the kernels above with a multiprocessor to itself.
__global__ void fills_a_multiprocessor() {}

// Clusters that run at once; each thread asks the driver once for a device.
int resident_clusters(const Device& device, int cluster) {
  static thread_local int asked_device = -1, known[kDecodeMostCluster + 1];
  if (asked_device != device.index) {
    const void* kernel = reinterpret_cast<const void*>(fills_a_multiprocessor);
    allow_shared_memory(kernel, kDecodeWholeBytes);
    for (int size = 1; size <= kDecodeMostCluster; size *= 2) {
      cudaLaunchAttribute attribute = {};
      attribute.id = cudaLaunchAttributeClusterDimension;
      attribute.val.clusterDim = {unsigned(size), 1, 1};
      cudaLaunchConfig_t config = {};
      config.gridDim = size, config.blockDim = kThreads<1>, config.dynamicSmemBytes = kDecodeWholeBytes;
      config.attrs = &attribute, config.numAttrs = 1;
      if (cudaOccupancyMaxActiveClusters(&known[size], kernel, &config) != cudaSuccess) known[size] = 0, cudaGetLastError();
    }
    asked_device = device.index;
  }
  return known[cluster];
}

template <class T> DecodePlan plan_for(const FusedSwiGLUProblem<T>& p, const Device& device) {
  return decode_plan(p.sizes, device.multiprocessors, [&](int cluster) { return resident_clusters(device, cluster); });
}

template <class T> cudaError_t encode_maps(const FusedSwiGLUProblem<T>& p, int tokens, Maps* maps) {
  const auto [m, k, n, trans_b] = p.sizes;
  static_assert(kRows == kColumns, "a box of weights is the same in either layout");
  const auto box = [](const T* data, int64_t rows, int64_t columns, int box_rows) {
    return MatrixMap{data, kTensorMapType<T>, rows, columns, box_rows, kRows, CU_TENSOR_MAP_SWIZZLE_128B};
  };
  const int64_t rows = trans_b ? n : k, columns = trans_b ? k : n;
  if (const cudaError_t error = encode(box(p.x, m, k, tokens), &maps->x); error != cudaSuccess) return error;
  if (const cudaError_t error = encode(box(p.w_gate, rows, columns, kRows), &maps->w_gate); error != cudaSuccess) return error;
  return encode(box(p.w_up, rows, columns, kRows), &maps->w_up);
}

// The most that any plan asks for, so that threads with different plans agree; and the cache gives way to it even if one block
// alone does not need that, so that the next kernel's blocks find room.
cudaError_t allow_all_shared_memory(const void* kernel) {
  if (const cudaError_t error = allow_shared_memory(kernel, kDecodeWholeBytes); error != cudaSuccess) return error;
  return cudaFuncSetAttribute(kernel, cudaFuncAttributePreferredSharedMemoryCarveout, cudaSharedmemCarveoutMaxShared);
}

template <class T, int kTokens, int kBoxes, bool kTransB>
cudaError_t launch_kernel(const FusedSwiGLUProblem<T>& p, const Launch& launch, const DecodePlan& plan) {
  const auto kernel = decode_kernel<T, kTokens, kBoxes, kTransB>;
  const int bytes = decode_shared_bytes(kTokens, kBoxes, plan.stages);
  constexpr int kWidth = kBoxes * kColumns;
  const Work work = {int((p.sizes.n + kWidth - 1) / kWidth), int((p.sizes.k + kRows - 1) / kRows), plan.cluster, plan.stages};
  assert(plan.cluster <= work.row_blocks && "a block of the cluster would have nothing to add");
  assert(bytes <= kDecodeWholeBytes && plan.stages <= kDecodeMostStages && "more stages than there is room for");

  Maps maps;
  if (const cudaError_t error = encode_maps(p, kTokens, &maps); error != cudaSuccess) return error;
  const cudaError_t allowed = allow_all_shared_memory(reinterpret_cast<const void*>(kernel));
  if (allowed != cudaSuccess) return allowed;

  cudaLaunchAttribute attributes[2] = {};
  attributes[0].id = cudaLaunchAttributeClusterDimension;
  attributes[0].val.clusterDim = {unsigned(plan.cluster), 1, 1};
  attributes[1].id = cudaLaunchAttributeProgrammaticStreamSerialization;
  attributes[1].val.programmaticStreamSerializationAllowed = 1;
  cudaLaunchConfig_t config = {};
  config.gridDim = plan.cluster * std::min(work.tiles, std::max(1, resident_clusters(launch.device, plan.cluster)));
  config.blockDim = kThreads<kBoxes>;
  config.dynamicSmemBytes = bytes;
  config.stream = launch.stream;
  config.attrs = attributes, config.numAttrs = 2;
  return cudaLaunchKernelEx(&config, kernel, maps, p, work);
}

template <class T, int kTokens>
cudaError_t launch_tokens(const FusedSwiGLUProblem<T>& p, const Launch& launch, const DecodePlan& plan) {
  const bool wide = plan.column_boxes == 2;
  const auto launches = p.sizes.trans_b ? (wide ? launch_kernel<T, kTokens, 2, true> : launch_kernel<T, kTokens, 1, true>)
                                        : (wide ? launch_kernel<T, kTokens, 2, false> : launch_kernel<T, kTokens, 1, false>);
  return launches(p, launch, plan);
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
    case 8: return launch_tokens<T, 8>(p, launch, plan);
    case 16: return launch_tokens<T, 16>(p, launch, plan);
    case 32: return launch_tokens<T, 32>(p, launch, plan);
    default: return launch_tokens<T, 64>(p, launch, plan);
  }
}

template <class T> cudaError_t decode_sm90_16bit(const FusedSwiGLUProblem<T>& p, const Launch& launch) {
  return decode_sm90_16bit(p, launch, plan_for(p, launch.device));
}

#define SWIGLU_INSTANTIATE(T)                                                                                  \
  template bool decode_sm90_16bit_takes(const FusedSwiGLUProblem<T>&);                                         \
  template cudaError_t decode_sm90_16bit(const FusedSwiGLUProblem<T>&, const Launch&, const DecodePlan&);      \
  template cudaError_t decode_sm90_16bit(const FusedSwiGLUProblem<T>&, const Launch&);
SWIGLU_INSTANTIATE(float16)
SWIGLU_INSTANTIATE(bfloat16)
#undef SWIGLU_INSTANTIATE

}  // namespace swiglu::cuda
