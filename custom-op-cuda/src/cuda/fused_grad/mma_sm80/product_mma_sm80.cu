// c = Σ a·b + bias (matrix_product.h) on mma.sync, whichever way the operands lie.
//
// float16 and bfloat16 products are exact, float32 operands are rounded to TF32; sums are float32, each output is rounded once.
// Deterministic: every sum runs over terms and depth in order.
//
// The design is that of fused/mma_sm80: a block computes 128 x 128 elements of c from panels of a and b that cp.async brings, kStages in
// flight, to shared memory; each of four warps multiplies 64 x 64 of them, and the fragments of the next 32 bytes of depth are loaded
// among the products. Where the depth adjoins, a panel holds lines of it, else steps of depth, whose fragments are transposed on their
// way to the registers: by ldmatrix if they are 16 bits wide, word by word if 32. One term follows the other into the same sums. At the
// end those pass through shared memory, so that a thread stores adjacent columns.
#include "cuda/fused_grad/mma_sm80/product_mma_sm80.h"

#include <cassert>
#include <limits>
#include <type_traits>

#include "cuda/fused/mma_sm80/shared_panel.h"
#include "cuda/ptx/mma.h"

namespace swiglu::cuda {

constexpr int kTile = 128, kWarpTile = 64, kThreads = 128;  // lines of a and of b
constexpr int kStepBytes = 64, kSubsteps = kStepBytes / 32, kStages = 3;
constexpr int kPanelBytes = kTile * kStepBytes, kStageBytes = 2 * kPanelBytes, kSharedBytes = kStages * kStageBytes;
constexpr int kRowTilesTogether = 16;  // neighbouring blocks take different rows of the same columns

constexpr int kRowFragments = kWarpTile / 16, kBlocks = kWarpTile / 8;

// At the end, 32 rows of each row of warps at a time.
constexpr int kPassRows = 32, kSumStride = kTile + 8;  // the 8 keep the rows of a product's result in different banks
static_assert(2 * kPassRows * kSumStride * 4 <= kSharedBytes, "the sums fit where the stages were");

template <class T> constexpr int kStepDepth = kStepBytes / sizeof(T);
template <class T> constexpr int kLinesBytes = kTile * sizeof(T);  // of one step of depth, where the lines adjoin

template <class T, bool kDepthAdjoins>
using Panel = std::conditional_t<kDepthAdjoins, SharedPanel<T, kTile, kStepBytes>, SharedPanel<T, kStepDepth<T>, kLinesBytes<T>>>;

// Fragments of a: 64 rows, 32 bytes of depth. What of a place depends on the thread is found once; the rest is added, or, for a place
// within the order of pieces, combined by XOR, and known at compile time.
template <class T, bool kDepthAdjoins> struct RowFragments {
  using Memory = Panel<T, kDepthAdjoins>;
  uint32_t words[kRowFragments][4];

  static __device__ int place(int lane, int first_row) {
    if constexpr (kDepthAdjoins) return Memory::place(first_row + lane % 16, lane / 16);
    if constexpr (sizeof(T) == 4) return Memory::place(lane % 4, first_row / 4 + lane / 16) + lane / 4 % 4 * 4;
    return Memory::place(lane % 8 + lane / 16 * 8, first_row / 8 + lane / 8 % 2);
  }

  __device__ __forceinline__ void load(uint32_t panel, int place, int substep) {
#pragma unroll
    for (int i = 0; i < kRowFragments; ++i) {
      if constexpr (kDepthAdjoins) {
        ptx::load_matrices(words[i], panel + (place ^ substep * 32) + i * 16 * kStepBytes);
      } else if constexpr (sizeof(T) == 4) {
#pragma unroll
        for (int word = 0; word < 4; ++word) {
          const int lower_rows = word % 2 * 32, later_depth = word / 2 * 4;
          words[i][word] = ptx::load_word(panel + (place ^ i * 64 ^ lower_rows) + (substep * 8 + later_depth) * kLinesBytes<T>);
        }
      } else {
        ptx::load_matrices_transposed(words[i], panel + (place ^ i * 32) + substep * 16 * kLinesBytes<T>);
      }
    }
  }
};

// Fragments of b: 64 columns.
template <class T, bool kDepthAdjoins> struct ColumnFragments {
  using Memory = Panel<T, kDepthAdjoins>;
  uint32_t words[kBlocks][2];

  static __device__ int place(int lane, int first_column) {
    if constexpr (kDepthAdjoins) return Memory::place(first_column + lane / 16 * 8 + lane % 8, lane / 8 % 2);
    if constexpr (sizeof(T) == 4) return Memory::place(lane % 4, first_column / 4 + lane / 16) + lane / 4 % 4 * 4;
    return Memory::place(lane % 16, first_column / 8 + lane / 16);
  }

  __device__ __forceinline__ void load(uint32_t panel, int place, int substep) {
    if constexpr (!kDepthAdjoins && sizeof(T) == 4) {
#pragma unroll
      for (int j = 0; j < kBlocks; ++j) {
#pragma unroll
        for (int half = 0; half < 2; ++half) {
          words[j][half] = ptx::load_word(panel + (place ^ j * 32) + (substep * 8 + half * 4) * kLinesBytes<T>);
        }
      }
    } else {
#pragma unroll
      for (int j = 0; j < kBlocks; j += 2) {
        uint32_t two[4];
        if constexpr (kDepthAdjoins) {
          ptx::load_matrices(two, panel + (place ^ substep * 32) + j * 8 * kStepBytes);
        } else {
          ptx::load_matrices_transposed(two, panel + (place ^ j * 16) + substep * 16 * kLinesBytes<T>);
        }
        words[j][0] = two[0], words[j][1] = two[1];
        words[j + 1][0] = two[2], words[j + 1][1] = two[3];
      }
    }
  }
};

using Sums = float[kRowFragments][kBlocks][4];

template <class T, class A, class B> __device__ __forceinline__ void multiply_add(Sums& sums, A& a, B& b) {
  if constexpr (sizeof(T) == 4) {
#pragma unroll
    for (auto& fragment : a.words) {
#pragma unroll
      for (uint32_t& word : fragment) word = ptx::round_to_tf32(word);
    }
#pragma unroll
    for (auto& fragment : b.words) {
#pragma unroll
      for (uint32_t& word : fragment) word = ptx::round_to_tf32(word);
    }
  }
#pragma unroll
  for (int i = 0; i < kRowFragments; ++i) {
#pragma unroll
    for (int j = 0; j < kBlocks; ++j) ptx::multiply_add<T>(sums[i][j], a.words[i], b.words[j]);
  }
}

__device__ __forceinline__ int at_most(int64_t count, int limit) { return count < limit ? static_cast<int>(count) : limit; }

// One operand's panels as a thread copies them, step by step.
template <class T, bool kDepthAdjoins> class Source {
 public:
  using Copier = typename Panel<T, kDepthAdjoins>::template Copier<kThreads>;

  __device__ Source(const T* operand, int64_t all_lines, int64_t depth, int64_t first_line, int lines)
      : copier_(operand + first_line * (kDepthAdjoins ? depth : 1), kDepthAdjoins ? depth : all_lines,
                kDepthAdjoins ? kStepDepth<T> : kStepDepth<T> * all_lines),
        lines_(lines) {}

  // One part in kSubsteps of a step of which `depth` is there.
  template <bool kAligned> __device__ __forceinline__ void copy(int part, char* panel, int depth) {
    // Copies element by element are made one after another: all at once do not find enough registers.
    constexpr int kTogether = kAligned ? Copier::kCopies : 1;
#pragma unroll kTogether
    for (int i = part * Copier::kCopies / kSubsteps; i < (part + 1) * Copier::kCopies / kSubsteps; ++i) {
      copier_.template start<kAligned>(i, panel, kDepthAdjoins ? lines_ : depth, kDepthAdjoins ? depth : lines_);
    }
  }

 private:
  Copier copier_;
  int lines_;
};

// Where a block's tile begins: groups of row tiles, in a group column by column.
struct Origin {
  int64_t row, column;
};

__device__ Origin origin(int64_t tile, int64_t rows, int64_t columns) {
  const int64_t row_tiles = (rows + kTile - 1) / kTile, group_tiles = (columns + kTile - 1) / kTile * kRowTilesTogether;
  const int64_t group = tile / group_tiles, in_group = tile - group * group_tiles;
  const int64_t height = min(int64_t(kRowTilesTogether), row_tiles - group * kRowTilesTogether);
  return {(group * kRowTilesTogether + in_group % height) * kTile, in_group / height * kTile};
}

template <class T> __device__ void store_sums(const MatrixProduct<T>& p, int result, const Origin& at, const Sums& sums, float* staged) {
  constexpr int kWidth = kPackWidth<T>, kPacks = kTile / kWidth;
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, row_warp = warp / 2;
  const int pack_column = threadIdx.x % kPacks * kWidth;
  const int rows = at_most(p.rows - at.row, kTile), columns = at_most(p.columns - at.column - pack_column, kWidth);
  const bool packs = p.columns % kWidth == 0 && aligned_for_packs<kWidth>(p.c[result]);
  float bias[kWidth];
#pragma unroll
  for (int j = 0; j < kWidth; ++j) {
    bias[j] = p.bias[result] != nullptr && j < columns ? widen(p.bias[result][at.column + pack_column + j]) : 0.0f;
  }
#pragma unroll 1
  for (int pass = 0; pass < kWarpTile / kPassRows; ++pass) {
    __syncthreads();
#pragma unroll
    for (int i = 0; i < kRowFragments; ++i) {
      if (i * 16 / kPassRows != pass) continue;
      const int row = row_warp * kPassRows + i * 16 % kPassRows + lane / 4;
#pragma unroll
      for (int j = 0; j < kBlocks; ++j) {
        float* const to = staged + row * kSumStride + warp % 2 * kWarpTile + j * 8 + lane % 4 * 2;
        *reinterpret_cast<float2*>(to) = {sums[i][j][0], sums[i][j][1]};
        *reinterpret_cast<float2*>(to + 8 * kSumStride) = {sums[i][j][2], sums[i][j][3]};
      }
    }
    __syncthreads();
#pragma unroll 1
    for (int r = threadIdx.x / kPacks; r < 2 * kPassRows; r += kThreads / kPacks) {
      const int row = r / kPassRows * kWarpTile + pass * kPassRows + r % kPassRows;
      if (row >= rows || columns <= 0) continue;
      Floats<kWidth> values;
#pragma unroll
      for (int j = 0; j < kWidth; ++j) values.values[j] = staged[r * kSumStride + pack_column + j] + bias[j];
      const Pack<T, kWidth> pack = narrow_pack<T>(values);
      T* const to = p.c[result] + (at.row + row) * p.columns + at.column + pack_column;
      if (packs) {
        store_pack(to, pack);
        continue;
      }
#pragma unroll
      for (int j = 0; j < kWidth; ++j) {
        if (j < columns) to[j] = pack.values[j];
      }
    }
  }
}

template <class T, bool kADepthAdjoins, bool kBDepthAdjoins, bool kAligned>
__global__ void __launch_bounds__(kThreads, 2) product_kernel(const __grid_constant__ MatrixProduct<T> p) {
  using A = RowFragments<T, kADepthAdjoins>;
  using B = ColumnFragments<T, kBDepthAdjoins>;
  extern __shared__ __align__(128) char shared[];
  const int result = blockIdx.x % p.results;
  const Origin at = origin(blockIdx.x / p.results, p.rows, p.columns);
  const int rows = at_most(p.rows - at.row, kTile), columns = at_most(p.columns - at.column, kTile);
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  const int a_place = A::place(lane, warp / 2 * kWarpTile), b_place = B::place(lane, warp % 2 * kWarpTile) + kPanelBytes;
  const uint32_t stages = ptx::shared_address(shared);

  Sums sums = {};
  A a[2];
  B b[2];
#pragma unroll 1
  for (int term = 0; term < p.terms; ++term) {
    Source<T, kADepthAdjoins> from_a(p.a[result + term], p.rows, p.depth, at.row, rows);
    Source<T, kBDepthAdjoins> from_b(p.b[result + term], p.columns, p.depth, at.column, columns);
    int64_t left_to_copy = p.depth;
    int filling = 0, reading = 0;
    const auto copy_part = [&](int part) {
      const int depth = at_most(left_to_copy, kStepDepth<T>);
      from_a.template copy<kAligned>(part, shared + filling, depth);
      from_b.template copy<kAligned>(part, shared + filling + kPanelBytes, depth);
      if (part == kSubsteps - 1) {
        ptx::end_copy_group();
        left_to_copy -= kStepDepth<T>;
        filling = filling + kStageBytes == kSharedBytes ? 0 : filling + kStageBytes;
      }
    };
    const auto load = [&](int set, int substep) {
      a[set].load(stages + reading, a_place, substep);
      b[set].load(stages + reading, b_place, substep);
    };

    __syncthreads();  // the term before may still be read
#pragma unroll 1
    for (int step = 0; step < kStages - 1; ++step) {
#pragma unroll
      for (int part = 0; part < kSubsteps; ++part) copy_part(part);
    }
    ptx::wait_for_copies<kStages - 2>();
    __syncthreads();
    load(0, 0);
    for (int64_t left = p.depth; left > 0; left -= kStepDepth<T>) {
#pragma unroll
      for (int substep = 0; substep < kSubsteps; ++substep) {
        copy_part(substep);
        if (substep == kSubsteps - 1) {
          // From here on this step's stage is not read any more: the copies that the next step starts may overwrite it.
          ptx::wait_for_copies<kStages - 2>();
          __syncthreads();
          reading = reading + kStageBytes == kSharedBytes ? 0 : reading + kStageBytes;
        }
        load((substep + 1) % 2, (substep + 1) % kSubsteps);
        multiply_add<T>(sums, a[substep % 2], b[substep % 2]);
      }
    }
    ptx::wait_for_copies<0>();
  }
  store_sums(p, result, at, sums, reinterpret_cast<float*>(shared));
}

template <class T> bool aligned(const MatrixProduct<T>& p) {
  constexpr int kWidth = kPackWidth<T>;
  bool aligned = (p.a_depth_adjoins ? p.depth : p.rows) % kWidth == 0 && (p.b_depth_adjoins ? p.depth : p.columns) % kWidth == 0;
  for (int i = 0; i < p.results + p.terms - 1; ++i) {
    aligned = aligned && aligned_for_packs<kWidth>(p.a[i]) && aligned_for_packs<kWidth>(p.b[i]);
  }
  return aligned;
}

template <class T, bool kAligned> auto kernel_for(const MatrixProduct<T>& p) {
  assert((p.a_depth_adjoins || !p.b_depth_adjoins) && "no product of the gradient lies so");
  return !p.a_depth_adjoins  ? product_kernel<T, false, false, kAligned>
         : p.b_depth_adjoins ? product_kernel<T, true, true, kAligned>
                             : product_kernel<T, true, false, kAligned>;
}

template <class T> cudaError_t product_mma_sm80(const MatrixProduct<T>& p, const Launch& launch) {
  if (p.empty()) return cudaSuccess;
  const int64_t blocks = (p.rows + kTile - 1) / kTile * ((p.columns + kTile - 1) / kTile) * p.results;
  assert(blocks <= std::numeric_limits<int>::max() && "the grid's first dimension counts the tiles");
  const auto kernel = aligned(p) ? kernel_for<T, true>(p) : kernel_for<T, false>(p);
  kernel<<<static_cast<unsigned>(blocks), kThreads, kSharedBytes, launch.stream>>>(p);
  return cudaGetLastError();
}

template cudaError_t product_mma_sm80(const MatrixProduct<float>&, const Launch&);
template cudaError_t product_mma_sm80(const MatrixProduct<float16>&, const Launch&);
template cudaError_t product_mma_sm80(const MatrixProduct<bfloat16>&, const Launch&);

}  // namespace swiglu::cuda
