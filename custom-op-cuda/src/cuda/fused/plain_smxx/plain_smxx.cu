// Y = act(X·W_gate + b_gate) ⊙ (X·W_up + b_up)  with X [m, k], weights [k, n] or [n, k], on the ordinary units of any chip.
//
// Every operand is widened to float32, products and sums are float32 (fused multiply-adds), each output is rounded once.
// Deterministic: every sum runs over k in order.
//
// A block of 8 x 16 threads computes 8·kThreadRows rows and 64 columns of Y from tiles of X and both weights, 16 deep, that lie in shared
// memory depth first; the next tiles travel through registers meanwhile. A thread keeps kThreadRows x (4 gate + 4 up) sums: eight
// rows where there are many, so that a value from shared memory is used eight times, one for the few rows of decoding.
#include "cuda/fused/plain_smxx/plain_smxx.h"

#include <cassert>
#include <limits>

#include "cuda/fused/finish.h"

namespace swiglu::cuda {

constexpr int kThreadsDown = 8, kThreadsAcross = 16, kThreads = kThreadsDown * kThreadsAcross;
constexpr int kDepth = 16, kWidth = 4, kColumns = kThreadsAcross * kWidth;

// A tile of kLines rows of X, or columns of a weight matrix, on its way from memory, kWidth adjacent elements at a time, to
// to[depth][line] in shared memory; the next call takes the next kDepth.
template <class T, int kLines> class Carrier {
 public:
  static constexpr int kStride = kLines + 4;

  // Line `l` at depth `d` is matrix[l * stride + d] where `depth_adjoins`, else matrix[d * stride + l].
  __device__ __forceinline__ Carrier(const T* matrix, int64_t stride, bool depth_adjoins, int lines)
      : stride_(stride), depth_adjoins_(depth_adjoins), lines_(lines) {
    const unsigned packs_across = (depth_adjoins ? kDepth : kLines) / kWidth;
    outer_ = threadIdx.x / packs_across;
    outer_move_ = kThreads / packs_across;
    inner_ = threadIdx.x % packs_across * kWidth;
    from_ = matrix + outer_ * stride + inner_;
    packs_ = stride % kWidth == 0 && aligned_for_packs<kWidth>(matrix);
  }

  __device__ __forceinline__ void fetch(int depth) {
#pragma unroll
    for (int i = 0; i < kMoves; ++i) {
      const int outers = depth_adjoins_ ? lines_ : depth, inners = depth_adjoins_ ? depth : lines_;
      const int inside = outer_ + i * outer_move_ < outers ? inners - inner_ : 0;
      const T* from = from_ + i * outer_move_ * stride_;
      moving_[i] = {};
      if (packs_ && inside >= kWidth) {
        moving_[i] = load_pack<kWidth>(from);
      } else {
#pragma unroll
        for (int j = 0; j < kWidth; ++j) {
          if (j < inside) moving_[i].values[j] = from[j];
        }
      }
    }
    from_ += depth_adjoins_ ? kDepth : kDepth * stride_;
  }

  __device__ __forceinline__ void put(float* to) const {
    if (outer_ >= (depth_adjoins_ ? kLines : kDepth)) return;
#pragma unroll
    for (int i = 0; i < kMoves; ++i) {
      const int outer = outer_ + i * outer_move_;
      Pack<float, kWidth> wide;
#pragma unroll
      for (int j = 0; j < kWidth; ++j) wide.values[j] = widen(moving_[i].values[j]);
      if (depth_adjoins_) {
#pragma unroll
        for (int j = 0; j < kWidth; ++j) to[(inner_ + j) * kStride + outer] = wide.values[j];
      } else {
        store_pack(to + outer * kStride + inner_, wide);
      }
    }
  }

 private:
  static constexpr int kMoves = (kLines * kDepth / kWidth + kThreads - 1) / kThreads;

  const T* from_;
  int64_t stride_;
  bool depth_adjoins_, packs_;
  int lines_;
  int outer_, inner_, outer_move_;  // of the thread's first pack; `inner` counts along the direction in which elements adjoin
  Pack<T, kWidth> moving_[kMoves];
};

__device__ __forceinline__ int at_most(int64_t count, int limit) { return count < limit ? static_cast<int>(count) : limit; }

template <class T, int kThreadRows>
__global__ void __launch_bounds__(kThreads, 3) plain_kernel(const __grid_constant__ FusedSwiGLUProblem<T> p) {
  constexpr int kRows = kThreadsDown * kThreadRows, kVector = kThreadRows < kWidth ? kThreadRows : kWidth;
  using X = Carrier<T, kRows>;
  using W = Carrier<T, kColumns>;
  struct Tiles {
    alignas(16) float x[kDepth][X::kStride];
    alignas(16) float w_gate[kDepth][W::kStride];
    alignas(16) float w_up[kDepth][W::kStride];
  };
  __shared__ Tiles tiles[2];

  const int64_t m = p.sizes.m, k = p.sizes.k, n = p.sizes.n, row_tiles = (m + kRows - 1) / kRows;
  const int64_t first_row = blockIdx.x % row_tiles * kRows, first_column = blockIdx.x / row_tiles * kColumns;
  const int rows = at_most(m - first_row, kRows), columns = at_most(n - first_column, kColumns);
  const int row = threadIdx.x / kThreadsAcross * kThreadRows, column = threadIdx.x % kThreadsAcross * kWidth;
  const bool adjoins = p.sizes.trans_b;
  const int64_t w_origin = adjoins ? first_column * k : first_column, w_stride = adjoins ? k : n;
  X x(p.x + first_row * k, k, true, rows);
  W w_gate(p.w_gate + w_origin, w_stride, adjoins, columns), w_up(p.w_up + w_origin, w_stride, adjoins, columns);

  const auto fetch = [&](int depth) { x.fetch(depth), w_gate.fetch(depth), w_up.fetch(depth); };
  const auto put = [&](Tiles& to) { x.put(to.x[0]), w_gate.put(to.w_gate[0]), w_up.put(to.w_up[0]); };

  Floats<kWidth> gate[kThreadRows] = {}, up[kThreadRows] = {};
  if (k > 0) {
    fetch(at_most(k, kDepth));
    put(tiles[0]);
  }
  __syncthreads();
  int slot = 0;
  for (int64_t left = k; left > 0; left -= kDepth, slot ^= 1) {
    const bool more = left > kDepth;
    if (more) fetch(at_most(left - kDepth, kDepth));
#pragma unroll
    for (int depth = 0; depth < kDepth; ++depth) {
      const Pack<float, kWidth> g = load_pack<kWidth>(&tiles[slot].w_gate[depth][column]);
      const Pack<float, kWidth> u = load_pack<kWidth>(&tiles[slot].w_up[depth][column]);
#pragma unroll
      for (int i = 0; i < kThreadRows; i += kVector) {
        const Pack<float, kVector> values = load_pack<kVector>(&tiles[slot].x[depth][row + i]);
#pragma unroll
        for (int part = 0; part < kVector; ++part) {
#pragma unroll
          for (int j = 0; j < kWidth; ++j) {
            gate[i + part].values[j] = fmaf(values.values[part], g.values[j], gate[i + part].values[j]);
            up[i + part].values[j] = fmaf(values.values[part], u.values[j], up[i + part].values[j]);
          }
        }
      }
    }
    if (more) put(tiles[slot ^ 1]);
    __syncthreads();
  }

  const Finish<T, kWidth> finish(p, first_column + column);
#pragma unroll
  for (int i = 0; i < kThreadRows; ++i) {
    if (row + i < rows) finish.write(first_row + row + i, gate[i], up[i]);
  }
}

template <int kThreadRows, class T> cudaError_t launch_rows(const FusedSwiGLUProblem<T>& p, cudaStream_t stream) {
  constexpr int kRows = kThreadsDown * kThreadRows;
  const int64_t blocks = (p.sizes.m + kRows - 1) / kRows * ((p.sizes.n + kColumns - 1) / kColumns);
  assert(blocks <= std::numeric_limits<int>::max() && "the grid's first dimension counts the tiles");
  plain_kernel<T, kThreadRows><<<static_cast<unsigned>(blocks), kThreads, 0, stream>>>(p);
  return cudaGetLastError();
}

template <class T> cudaError_t plain_smxx(const FusedSwiGLUProblem<T>& p, const Launch& launch) {
  constexpr int kFewRows = 2 * kThreadsDown;
  return p.sizes.m <= kFewRows ? launch_rows<1>(p, launch.stream) : launch_rows<8>(p, launch.stream);
}

template cudaError_t plain_smxx(const FusedSwiGLUProblem<float>&, const Launch&);
template cudaError_t plain_smxx(const FusedSwiGLUProblem<float16>&, const Launch&);
template cudaError_t plain_smxx(const FusedSwiGLUProblem<bfloat16>&, const Launch&);

}  // namespace swiglu::cuda
