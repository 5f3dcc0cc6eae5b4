// gate = X·W_gate + b_gate,  up = X·W_up + b_up,  Y = act(gate) ⊙ up          X [m, k], weights [k, n] or [n, k], Y [m, n], float32
//
// The copy engine rounds X and the weights to the nearest TF32 numbers as it brings them to shared memory. Products accumulate in
// float32; bias, gate and activation are float32 throughout.
//
// The tensor cores take a TF32 operand from shared memory only where k is contiguous, which it is not in weights [k, n]. So the
// product is computed transposed, with the weights as the operand that may come from registers and 128 tokens as the columns. Of the
// 64 rows of a wgmma, a warpgroup makes 32 columns of W_gate and the same 32 of W_up, eight in turn, so that every gate meets its up
// in one thread. Which weight column stands for which row is free, and chosen such that the threads of a warp find their elements in
// different banks: shared memory is as busy here as the tensor cores are, and that makes the tile 256 tokens long.
//
// A block computes tiles of 256 tokens × 64 columns. One warpgroup keeps a ring of k-steps filled with bulk copies; two others
// multiply, 32 columns each. Each loads the weights of the next k-step while the tensor cores work on the last. The second one
// starts a few k-steps behind the first, so that while one finishes its tile the other has the tensor cores. Blocks stay until all
// tiles are done, and the copies of the next tile run ahead. Where the last tiles would leave half of the blocks idle, each is cut
// into two of 128 tokens.
#include "cuda/fused/tf32_sm90/tf32_sm90.h"

#include <algorithm>
#include <cassert>

#include "cuda/fused/ring_position.h"
#include "cuda/ptx/cluster.h"
#include "cuda/ptx/tma.h"
#include "cuda/ptx/wgmma.h"
#include "cuda/ptx/wgmma_tf32.h"
#include "cuda/tensor_map.h"
#include "math/gate_element.h"

namespace swiglu::cuda {

using ptx::Barrier;

namespace {

constexpr int kTokens = 256;
constexpr int kBoxTokens = 128;  // the columns of one wgmma; a tile has two such boxes, or one
constexpr int kDepth = 32;       // k of one step: a swizzled row of 128 bytes
constexpr int kColumns = 32;     // of gate, and of up, that one warpgroup computes: likewise
constexpr int kWarpgroups = 2;
constexpr int kThreads = 128 * (1 + kWarpgroups);
constexpr int kRoundTokens = 64;  // stored at a time
constexpr int kStages = 4;
constexpr int kLag = 2;  // k-steps by which the second warpgroup starts behind the first; even

struct Stage {
  float x[kTokens / kBoxTokens][kBoxTokens * kDepth];
  float w[2][kWarpgroups][kDepth * kColumns];  // of gate and of up
};

struct alignas(1024) Shared {
  Stage stages[kStages];
  float results[kWarpgroups][2][kRoundTokens * kColumns];  // in turn
  Barrier full[kStages], empty[kStages];
};

constexpr int kBytesX = kBoxTokens * kDepth * 4, kBytesW = 2 * kWarpgroups * kDepth * kColumns * 4;
constexpr int kSharedBytes = sizeof(Shared) + 1024;  // to align it
static_assert(kSharedBytes <= 232448, "a block has 227 KB");

// Where the element is, in floats, in rows of 128 bytes whose 16-byte pieces are swizzled as the copy engine does.
__device__ __forceinline__ int swizzled(uint32_t row, uint32_t column) {
  return int(row * 32 + ((column / 4) ^ (row % 8)) * 4 + column % 4);
}

// A tile or a half of one, from this token and column on; half a tile may have no token.
struct Place {
  int token, column, boxes;
};

// Tiles in the order in which they are computed: down a group of token tiles, then on to the next columns, so that the blocks at
// work share their columns of the weights, and the tokens of one group stay in the L2 cache.
struct Order {
  int m, token_tiles, column_tiles;
  int whole;  // the tiles after these are cut in two

  static constexpr int kGroup = 8;

  static Order of(const GemmSizes& sizes, int blocks) {
    Order order = {int(sizes.m), int((sizes.m + kTokens - 1) / kTokens), int((sizes.n + 2 * kColumns - 1) / (2 * kColumns)), 0};
    const int tiles = order.token_tiles * order.column_tiles, rest = tiles % blocks;
    order.whole = 2 * rest <= blocks ? tiles - rest : tiles;
    return order;
  }

  __host__ __device__ int count() const { return 2 * token_tiles * column_tiles - whole; }

  __device__ Place place(int work) const {
    const int cut = max(work - whole, 0);
    const int tile = work < whole ? work : whole + cut / 2;
    const int group = tile / (kGroup * column_tiles);
    const int within = tile - group * kGroup * column_tiles;
    const int tall = min(kGroup, token_tiles - group * kGroup);
    const int token = (group * kGroup + within % tall) * kTokens + cut % 2 * kBoxTokens;
    const int boxes = min((m - token + kBoxTokens - 1) / kBoxTokens, work < whole ? 2 : 1);
    return {token, within / tall * 2 * kColumns, max(boxes, 0)};
  }
};

struct Arguments {
  CUtensorMap x, w_gate, w_up, y, gate, up;
  Order order;
  Gate gate_function;
  int m, n, steps;
  const float *b_gate, *b_up;
  bool wants_gate, wants_up;
};

template <bool kTransposed> __device__ void produce(const Arguments& a, Shared& shared) {
  RingPosition at;
  for (int work = blockIdx.x; work < a.order.count(); work += gridDim.x) {
    const Place place = a.order.place(work);
    if (place.boxes == 0) continue;
    for (int step = 0; step < a.steps; ++step, at.advance(kStages)) {
      const int depth = step * kDepth;
      Stage& stage = shared.stages[at.stage];
      Barrier* full = &shared.full[at.stage];
      ptx::barrier_wait(&shared.empty[at.stage], at.phase ^ 1);
      ptx::barrier_arrive_expecting(full, place.boxes * kBytesX + kBytesW);
      for (int box = 0; box < place.boxes; ++box) {
        ptx::tma_load(&a.x, stage.x[box], depth, place.token + box * kBoxTokens, full);
      }
      for (int i = 0; i < kWarpgroups; ++i) {
        const int column = place.column + i * kColumns;
        const int inner = kTransposed ? depth : column, outer = kTransposed ? column : depth;
        ptx::tma_load(&a.w_gate, stage.w[0][i], inner, outer, full);
        ptx::tma_load(&a.w_up, stage.w[1][i], inner, outer, full);
      }
    }
  }
}

// A thread's place among the 128 of a warpgroup that multiplies.
struct Member {
  uint32_t warpgroup, warp, lane;
  uint32_t column;  // of gate and of up, that its rows of the operands and accumulators stand for

  template <bool kTransposed> static __device__ Member of(uint32_t warpgroup) {
    const uint32_t warp = threadIdx.x / 32 % 4, lane = threadIdx.x % 32, row = lane / 4;
    return {warpgroup, warp, lane, kTransposed ? 8 * warp + row : 4 * (warp ^ (row / 4 * 5)) + row % 4};
  }
  __device__ bool leads() const { return warp == 0 && lane == 0; }
  __device__ void sync() const { ptx::named_barrier_sync(2 + warpgroup, 128); }
};

// The weights of one k-step: four wgmma operands, whose upper rows are gate and whose rows eight below are up.
struct Fragments {
  uint32_t values[kDepth / 8][4];
};

template <bool kTransposed> __device__ __forceinline__ void load(const Stage& stage, const Member& me, Fragments& fragments) {
#pragma unroll
  for (int i = 0; i < kDepth / 8; ++i) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const uint32_t k = 4 * half + me.lane % 4;
      const int offset = kTransposed ? swizzled(me.column, 8 * i + k) : 8 * i * 32 + swizzled(k, me.column);
      fragments.values[i][2 * half] = __float_as_uint(stage.w[0][me.warpgroup][offset]);
      fragments.values[i][2 * half + 1] = __float_as_uint(stage.w[1][me.warpgroup][offset]);
    }
  }
}

// A group of products of its own for each number of boxes: the compiler keeps count of groups only where no branch divides one.
template <int kBoxes>
__device__ __forceinline__ void begin_products(float (&d)[2][kBoxTokens / 2], const Fragments& fragments, const Stage& stage,
                                               int accumulate) {
  ptx::wgmma_fence();
#pragma unroll
  for (int box = 0; box < kBoxes; ++box) {
    const uint64_t x = ptx::operand<128>(stage.x[box], 0, 1024);
#pragma unroll
    for (int i = 0; i < kDepth / 8; ++i) {
      ptx::wgmma_tf32_n128(d[box], fragments.values[i], ptx::advanced(x, i * 32), accumulate | i);
    }
  }
  ptx::wgmma_commit();
}

// d = [W_gate | W_up]ᵀ·Xᵀ for this warpgroup's columns and the tokens of `boxes` boxes. `steps` is even.
template <bool kTransposed>
__device__ __forceinline__ void multiply(Shared& shared, const Member& me, int boxes, int steps, bool first, RingPosition& at,
                                         float (&d)[2][kBoxTokens / 2]) {
  Fragments even, odd;
  int previous = -1;
  const auto fetch = [&](Fragments& fragments) {
    ptx::barrier_wait(&shared.full[at.stage], at.phase);
    load<kTransposed>(shared.stages[at.stage], me, fragments);
  };
  const auto release = [&](int stage) {
    __syncwarp();
    if (me.lane == 0) ptx::barrier_arrive(&shared.empty[stage]);
  };
  // The wait leaves only the products just begun under way: the stage and the fragments of the step before are free.
  const auto multiply_step = [&](const Fragments& fragments, int step) {
    const Stage& stage = shared.stages[at.stage];
    if (boxes == 2) {
      begin_products<2>(d, fragments, stage, step);
    } else {
      begin_products<1>(d, fragments, stage, step);
    }
    ptx::wgmma_wait<1>();
    if (previous >= 0) release(previous);
    previous = at.stage;
    at.advance(kStages);
  };
  if (first && me.warpgroup == 1) ptx::named_barrier_sync(1, 256);
  fetch(even);
  for (int step = 0; step < steps; step += 2) {
    multiply_step(even, step);
    fetch(odd);
    multiply_step(odd, step + 1);
    if (first && me.warpgroup == 0 && step == min(kLag, steps) - 2) ptx::named_barrier_arrive(1, 256);
    if (step + 2 < steps) fetch(even);
  }
  ptx::wgmma_wait<0>();
  ptx::wgmma_results(d[0]), ptx::wgmma_results(d[1]);
  release(previous);
}

__device__ __forceinline__ float bias_at(const float* bias, int column, int n) {
  return bias != nullptr && column < n ? bias[column] : 0.0f;
}

// Stores one round's tokens of this warpgroup's columns by way of shared memory. value(j) is the thread's j-th of 16 tokens: they
// come in pairs, eight tokens from one pair to the next.
template <class Value>
__device__ __forceinline__ void store(const CUtensorMap* map, float* staging, const Member& me, int token, int column,
                                      const Value& value) {
  if (me.leads()) ptx::tma_store_wait_read<1>();
  me.sync();
#pragma unroll
  for (int j = 0; j < kRoundTokens / 4; ++j) {
    staging[j / 2 * 8 * 32 + swizzled(me.lane % 4 * 2 + j % 2, me.column)] = value(j);
  }
  ptx::fence_async_proxy();
  me.sync();
  if (me.leads()) {
    ptx::tma_store(map, staging, column, token);
    ptx::tma_store_commit();
  }
}

template <bool kTransposed> __device__ void consume(const Arguments& a, Shared& shared, uint32_t warpgroup) {
  const Member me = Member::of<kTransposed>(warpgroup);
  int turn = 0;
  RingPosition at;
  bool first = true;
  for (int work = blockIdx.x; work < a.order.count(); work += gridDim.x) {
    const Place place = a.order.place(work);
    if (place.boxes == 0) continue;
    float d[2][kBoxTokens / 2];
    multiply<kTransposed>(shared, me, place.boxes, a.steps, first, at, d);
    first = false;
    const int column = place.column + warpgroup * kColumns;
    const float b_gate = bias_at(a.b_gate, column + me.column, a.n), b_up = bias_at(a.b_up, column + me.column, a.n);
#pragma unroll 1
    for (int box = 0; box < place.boxes; ++box) {
#pragma unroll
      for (int done = 0; done < kBoxTokens; done += kRoundTokens) {
        const int token = place.token + box * kBoxTokens + done;
        const auto gate = [&](int j) { return d[0][done / 2 + j / 2 * 4 + j % 2] + b_gate; };
        const auto up = [&](int j) { return d[0][done / 2 + j / 2 * 4 + 2 + j % 2] + b_up; };
        const auto write = [&](const CUtensorMap* map, const auto& value) {
          store(map, shared.results[warpgroup][turn ^= 1], me, token, column, value);
        };
        if (a.wants_gate) write(&a.gate, gate);
        if (a.wants_up) write(&a.up, up);
        with_activation(a.gate_function.activation, [&](auto activation) {
          write(&a.y, [&](int j) { return gated<decltype(activation)::value>(a.gate_function, gate(j), up(j)); });
        });
      }
      // Moved, so that the loop need not be unrolled and the code stays small.
#pragma unroll
      for (int i = 0; i < kBoxTokens / 2; ++i) d[0][i] = d[1][i];
    }
  }
  if (me.leads()) ptx::tma_store_wait();
}

template <bool kTransposed> __global__ void __launch_bounds__(kThreads, 1) kernel(const __grid_constant__ Arguments a) {
  extern __shared__ uint8_t memory[];
  Shared& shared = *reinterpret_cast<Shared*>(memory + (-ptx::shared_address(memory) & 1023));
  const int warpgroup = threadIdx.x / 128;
  if (threadIdx.x == 0) {
    for (const CUtensorMap* map : {&a.x, &a.w_gate, &a.w_up, &a.y}) ptx::prefetch_tensor_map(map);
    for (int i = 0; i < kStages; ++i) {
      ptx::barrier_init(&shared.full[i], 1);
      ptx::barrier_init(&shared.empty[i], kWarpgroups * 4);
    }
    ptx::barrier_init_fence();
  }
  __syncthreads();
  ptx::wait_for_previous_kernel();
  ptx::let_next_kernel_start();
  if (warpgroup == 0) {
    ptx::shrink_registers<40>();
    if (threadIdx.x == 0) produce<kTransposed>(a, shared);
  } else {
    ptx::grow_registers<232>();
    consume<kTransposed>(a, shared, warpgroup - 1);
  }
}

template <bool kTransposed> cudaError_t launch(const FusedSwiGLUProblem<float>& p, const Launch& where) {
  const GemmSizes& s = p.sizes;
  // An even number of k-steps; what lies beyond k reads as zeros.
  const int steps = int((s.k + 2 * kDepth - 1) / (2 * kDepth)) * 2;
  Arguments a = {{}, {}, {}, {}, {}, {}, Order::of(s, where.device.multiprocessors), p.gate_function, int(s.m), int(s.n), steps,
                 p.b_gate, p.b_up, p.gate != nullptr, p.up != nullptr};
  const auto add = [](const float* data, CUtensorMapDataType type, int64_t rows, int64_t columns, int box_rows, CUtensorMap* map) {
    if (data == nullptr) return cudaSuccess;
    return encode({data, type, rows, columns, box_rows, 32, CU_TENSOR_MAP_SWIZZLE_128B}, map);
  };
  const auto rounded = CU_TENSOR_MAP_DATA_TYPE_TFLOAT32, exact = CU_TENSOR_MAP_DATA_TYPE_FLOAT32;
  const int64_t rows = kTransposed ? s.n : s.k, columns = kTransposed ? s.k : s.n;
  for (const cudaError_t error :
       {add(p.x, rounded, s.m, s.k, kBoxTokens, &a.x), add(p.w_gate, rounded, rows, columns, 32, &a.w_gate),
        add(p.w_up, rounded, rows, columns, 32, &a.w_up), add(p.y, exact, s.m, s.n, kRoundTokens, &a.y),
        add(p.gate, exact, s.m, s.n, kRoundTokens, &a.gate), add(p.up, exact, s.m, s.n, kRoundTokens, &a.up),
        allow_shared_memory(reinterpret_cast<const void*>(&kernel<kTransposed>), kSharedBytes)}) {
    if (error != cudaSuccess) return error;
  }
  cudaLaunchAttribute attribute = {};
  attribute.id = cudaLaunchAttributeProgrammaticStreamSerialization;
  attribute.val.programmaticStreamSerializationAllowed = 1;
  cudaLaunchConfig_t config = {};
  config.gridDim = std::min(a.order.count(), where.device.multiprocessors);
  config.blockDim = kThreads;
  config.dynamicSmemBytes = kSharedBytes;
  config.stream = where.stream;
  config.attrs = &attribute;
  config.numAttrs = 1;
  return cudaLaunchKernelEx(&config, kernel<kTransposed>, a);
}

}  // namespace

bool tf32_sm90_takes(const FusedSwiGLUProblem<float>& p) {
  const auto [m, k, n, trans_b] = p.sizes;
  constexpr int64_t kMost = (int64_t(1) << 31) - 2 * kTokens;
  const int64_t weight_columns = trans_b ? k : n;
  return k > 0 && m < kMost && n < kMost && k < kMost && has_tensor_map(p.x, k, 4) && has_tensor_map(p.w_gate, weight_columns, 4) &&
         has_tensor_map(p.w_up, weight_columns, 4) && has_tensor_map(p.y, n, 4) && has_tensor_map(p.gate, n, 4) &&
         has_tensor_map(p.up, n, 4);
}

cudaError_t tf32_sm90(const FusedSwiGLUProblem<float>& p, const Launch& where) {
  assert(tf32_sm90_takes(p) && "the copy engine cannot address these tensors");
  return p.sizes.trans_b ? launch<true>(p, where) : launch<false>(p, where);
}

}  // namespace swiglu::cuda
