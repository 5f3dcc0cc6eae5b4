// Y = act(X·W_gate + b_gate) ⊙ (X·W_up + b_up)  with X [m, k], weights [k, n] or [n, k], on mma.sync.
//
// float16 and bfloat16 products are exact, float32 operands are rounded to TF32; sums, biases and gate are float32, each output is
// rounded once. Deterministic: every sum has a fixed order.
//
// A block computes a tile of Y, kRows x kColumns, from tiles of X, W_gate and W_up that cp.async brings, kStages in flight, to shared
// memory. A warp multiplies 32 gate columns and the same 32 up columns at a time. The fragments of the next 32 bytes of depth are loaded,
// and the copies of a later step started, among the products, which leaves the tensor cores waiting once a step, at its only barrier.
// For few rows two sets of warps share the depth of a step; their sums meet in shared memory. A thread finishes the pairs of columns that
// it has in registers. Neighbouring blocks take different rows of the same columns, so that the weights come from the L2 cache. Where rows
// do not begin at multiples of 16 bytes, threads copy element by element.
#include "cuda/fused/mma_sm80/mma_sm80.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <type_traits>

#include "cuda/fused/mma_sm80/finish_sums.h"
#include "cuda/fused/mma_sm80/shared_panel.h"
#include "cuda/fused/mma_sm80/tile.h"
#include "cuda/ptx/mma.h"

namespace swiglu::cuda {

// As many blocks as a multiprocessor should hold, to overlap each other's beginnings, ends and barriers.
constexpr int kResident = 2;

// Two blocks of the large tile need the 228 KB of a Hopper's multiprocessor. Two of the lean one fit into the 100 KB that any has, with a
// barrier at half the depth. The small one takes the weights of few rows at the memory's speed.
using Large = Tile<128, 2, 1, 128, 3>;
using Lean = Tile<128, 2, 1, 64, 3>;
using Small = Tile<32, 1, 2, 128, 4>;

template <class T, class Tile, bool kTransB> struct Stage {
  static constexpr int kDepth = Tile::kStepBytes / sizeof(T);
  using X = SharedPanel<T, Tile::kRows, Tile::kStepBytes>;
  using W = std::conditional_t<kTransB, SharedPanel<T, kColumns, Tile::kStepBytes>,
                               SharedPanel<T, kDepth, kColumns * sizeof(T)>>;
  static constexpr int kGate = X::kSize, kUp = kGate + W::kSize, kSize = kUp + W::kSize;
  static_assert(kSize * Tile::kStages == Tile::kSharedBytes, "either form of the weights takes the same room");
};

// Where in a stage a thread finds the beginnings of its rows. All else is added, or, for a place within the order of pieces,
// combined by XOR, and known at compile time.
template <class T, class Tile, bool kTransB> struct Places {
  using Memory = Stage<T, Tile, kTransB>;
  int x, w;

  __device__ explicit Places(const Role<Tile>& role) {
    const int lane = role.lane, part = role.depth_warp * Tile::kSubsteps;
    x = Memory::X::place(role.row_warp * Tile::kWarpRows + lane % 16, part * 2 + lane / 16);
    if constexpr (kTransB) {
      w = Memory::W::place(role.column + lane / 16 * 8 + lane % 8, part * 2 + lane / 8 % 2);
    } else if constexpr (sizeof(T) == 4) {
      w = Memory::W::place(part * 8 + lane % 4, role.column / 4 + lane / 16) + lane / 4 % 4 * 4;
    } else {
      w = Memory::W::place(part * 16 + lane % 16, role.column / 8 + lane / 16);
    }
  }
};

// What a warp multiplies in 32 bytes of depth.
template <class T, class Tile, bool kTransB> struct Fragments {
  using Memory = Stage<T, Tile, kTransB>;
  uint32_t x[Tile::kFragments][4];
  uint32_t w[kBlocks][2];

  __device__ __forceinline__ void load(uint32_t stage, const Places<T, Tile, kTransB>& places, int substep) {
    const uint32_t rows = stage + (places.x ^ substep * 32);
#pragma unroll
    for (int i = 0; i < Tile::kFragments; ++i) ptx::load_matrices(x[i], rows + i * 16 * Tile::kStepBytes);
    load_weights(stage + Memory::kGate, places.w, substep, 0);
    load_weights(stage + Memory::kUp, places.w, substep, kBlocks / 2);
  }

  __device__ __forceinline__ void load_weights(uint32_t panel, int place, int substep, int first) {
    constexpr int kRowBytes = kColumns * sizeof(T);  // of weights that are not transposed
    if constexpr (!kTransB && sizeof(T) == 4) {
#pragma unroll
      for (int j = 0; j < kBlocks / 2; ++j) {
#pragma unroll
        for (int half = 0; half < 2; ++half) {
          w[first + j][half] = ptx::load_word(panel + (place ^ j * 32) + (substep * 8 + half * 4) * kRowBytes);
        }
      }
    } else {
#pragma unroll
      for (int j = 0; j < kBlocks / 2; j += 2) {
        uint32_t two[4];
        if constexpr (kTransB) {
          ptx::load_matrices(two, panel + (place ^ substep * 32) + j * 8 * Tile::kStepBytes);
        } else {
          ptx::load_matrices_transposed(two, panel + (place ^ j * 16) + substep * 16 * kRowBytes);
        }
        w[first + j][0] = two[0], w[first + j][1] = two[1];
        w[first + j + 1][0] = two[2], w[first + j + 1][1] = two[3];
      }
    }
  }

  __device__ __forceinline__ void multiply_add_to(Sums<Tile>& sums) {
    if constexpr (sizeof(T) == 4) {
#pragma unroll
      for (auto& fragment : x) {
#pragma unroll
        for (uint32_t& word : fragment) word = ptx::round_to_tf32(word);
      }
#pragma unroll
      for (auto& fragment : w) {
#pragma unroll
        for (uint32_t& word : fragment) word = ptx::round_to_tf32(word);
      }
    }
#pragma unroll
    for (int i = 0; i < Tile::kFragments; ++i) {
#pragma unroll
      for (int j = 0; j < kBlocks; ++j) ptx::multiply_add<T>(sums[i][j], x[i], w[j]);
    }
  }
};

__device__ __forceinline__ int at_most(int64_t count, int limit) { return count < limit ? static_cast<int>(count) : limit; }

template <class T> bool aligned(const FusedSwiGLUProblem<T>& p) {
  constexpr int kWidth = kPackWidth<T>;
  return p.sizes.k % kWidth == 0 && (p.sizes.trans_b || p.sizes.n % kWidth == 0) && aligned_for_packs<kWidth>(p.x) &&
         aligned_for_packs<kWidth>(p.w_gate) && aligned_for_packs<kWidth>(p.w_up);
}

template <class T, class Tile, bool kTransB, bool kAligned>
__global__ void __launch_bounds__(Tile::kThreads, kResident) mma_kernel(const __grid_constant__ FusedSwiGLUProblem<T> p) {
  using Memory = Stage<T, Tile, kTransB>;
  using WarpFragments = Fragments<T, Tile, kTransB>;
  using CopyX = typename Memory::X::template Copier<Tile::kThreads>;
  using CopyW = typename Memory::W::template Copier<Tile::kThreads>;
  constexpr int kStages = Tile::kStages, kSubsteps = Tile::kSubsteps, kDepth = Memory::kDepth;
  extern __shared__ __align__(128) char shared[];

  const int64_t m = p.sizes.m, k = p.sizes.k, n = p.sizes.n;
  const Origin at = origin<Tile>(p.sizes);
  const Role<Tile> role;
  const int rows = at_most(m - at.row, Tile::kRows), columns = at_most(n - at.column, kColumns);

  const int64_t w_origin = kTransB ? at.column * k : at.column, w_stride = kTransB ? k : n, w_advance = kTransB ? kDepth : kDepth * n;
  CopyX copy_x(p.x + at.row * k, k, kDepth);
  CopyW copy_gate(p.w_gate + w_origin, w_stride, w_advance), copy_up(p.w_up + w_origin, w_stride, w_advance);
  int64_t left_to_copy = k;
  int filling = 0;
  // Copies element by element are made one after another: all at once do not find enough registers.
  constexpr int kCopiesTogether = kAligned ? CopyX::kCopies + CopyW::kCopies : 1;
  // One part in kSubsteps of what a stage needs, so that the copies of a step lie scattered among its products.
  const auto copy_part = [&](int part) {
    const int depth = at_most(left_to_copy, kDepth), w_rows = kTransB ? columns : depth, w_columns = kTransB ? depth : columns;
    char* const stage = shared + filling;
#pragma unroll kCopiesTogether
    for (int i = part * CopyX::kCopies / kSubsteps; i < (part + 1) * CopyX::kCopies / kSubsteps; ++i) {
      copy_x.template start<kAligned>(i, stage, rows, depth);
    }
#pragma unroll kCopiesTogether
    for (int i = part * CopyW::kCopies / kSubsteps; i < (part + 1) * CopyW::kCopies / kSubsteps; ++i) {
      copy_gate.template start<kAligned>(i, stage + Memory::kGate, w_rows, w_columns);
      copy_up.template start<kAligned>(i, stage + Memory::kUp, w_rows, w_columns);
    }
    if (part == kSubsteps - 1) {
      ptx::end_copy_group();
      left_to_copy -= kDepth;
      filling = filling + Memory::kSize == Tile::kSharedBytes ? 0 : filling + Memory::kSize;
    }
  };

  Sums<Tile> sums = {};
  WarpFragments fragments[2];
#pragma unroll 1
  for (int step = 0; step < kStages - 1; ++step) {
#pragma unroll
    for (int part = 0; part < kSubsteps; ++part) copy_part(part);
  }
  ptx::wait_for_copies<kStages - 2>();
  __syncthreads();
  const Places<T, Tile, kTransB> places(role);
  const uint32_t stages = ptx::shared_address(shared);
  int reading = 0;
  fragments[0].load(stages, places, 0);
  for (int64_t left = k; left > 0; left -= kDepth) {
#pragma unroll
    for (int substep = 0; substep < kSubsteps; ++substep) {
      copy_part(substep);
      if (substep == kSubsteps - 1) {
        // From here on this step's stage is not read any more: the copies that the next step starts may overwrite it.
        ptx::wait_for_copies<kStages - 2>();
        __syncthreads();
        reading = reading + Memory::kSize == Tile::kSharedBytes ? 0 : reading + Memory::kSize;
      }
      fragments[(substep + 1) % 2].load(stages + reading, places, (substep + 1) % kSubsteps);
      fragments[substep % 2].multiply_add_to(sums);
    }
  }
  ptx::wait_for_copies<0>();

  if constexpr (Tile::kDepthWarps == 2) add_partial_sums(role, reinterpret_cast<float4*>(shared), sums);
  finish_fragments(p, at, role, rows, sums);
}

template <class Tile> int64_t tiles(const GemmSizes& sizes) {
  return (sizes.m + Tile::kRows - 1) / Tile::kRows * ((sizes.n + kColumns - 1) / kColumns);
}

template <class T, class Tile, bool kAligned> cudaError_t launch_tile(const FusedSwiGLUProblem<T>& p, const Launch& launch) {
  const auto kernel = p.sizes.trans_b ? mma_kernel<T, Tile, true, kAligned> : mma_kernel<T, Tile, false, kAligned>;
  const cudaError_t error = allow_shared_memory(reinterpret_cast<const void*>(kernel), Tile::kSharedBytes);
  if (error != cudaSuccess) return error;
  assert(tiles<Tile>(p.sizes) <= std::numeric_limits<int>::max() && "the grid's first dimension counts the tiles");
  kernel<<<static_cast<unsigned>(tiles<Tile>(p.sizes)), Tile::kThreads, Tile::kSharedBytes, launch.stream>>>(p);
  return cudaGetLastError();
}

// How many blocks a multiprocessor with `room` bytes of shared memory holds; CUDA itself takes 1 KB for each.
template <class Tile> int resident(int room) { return std::clamp(room / (Tile::kSharedBytes + 1024), 1, kResident); }

// What the tiles of a problem take, wave by wave, where `tile_time` is a full multiprocessor's for one.
template <class Tile> double duration(const GemmSizes& sizes, const Device& device, int room, double tile_time) {
  const int64_t at_once = int64_t(resident<Tile>(room)) * device.multiprocessors;
  const int64_t waves = (tiles<Tile>(sizes) + at_once - 1) / at_once;
  return waves * resident<Tile>(room) * tile_time;
}

template <class T> cudaError_t mma_sm80(const FusedSwiGLUProblem<T>& p, const Launch& launch) {
  int room = 0;
  const cudaError_t error = cudaDeviceGetAttribute(&room, cudaDevAttrMaxSharedMemoryPerMultiprocessor, launch.device.index);
  if (error != cudaSuccess) return error;
  // Of bfloat16, 4096 deep, a multiprocessor of an H200 does a small tile in 17 us, a lean one in 40 and a large one in 38.
  const bool small = duration<Small>(p.sizes, launch.device, room, 17) < duration<Lean>(p.sizes, launch.device, room, 40);
  if (!aligned(p)) return small ? launch_tile<T, Small, false>(p, launch) : launch_tile<T, Lean, false>(p, launch);
  if (small) return launch_tile<T, Small, true>(p, launch);
  return resident<Large>(room) == kResident ? launch_tile<T, Large, true>(p, launch) : launch_tile<T, Lean, true>(p, launch);
}

template cudaError_t mma_sm80(const FusedSwiGLUProblem<float>&, const Launch&);
template cudaError_t mma_sm80(const FusedSwiGLUProblem<float16>&, const Launch&);
template cudaError_t mma_sm80(const FusedSwiGLUProblem<bfloat16>&, const Launch&);

}  // namespace swiglu::cuda
