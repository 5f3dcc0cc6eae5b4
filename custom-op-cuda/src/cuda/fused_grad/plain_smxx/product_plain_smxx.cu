// c = Σ a·b + bias (matrix_product.h) on the ordinary units of any chip.
//
// Every operand is widened to float32, products and sums are float32 (fused multiply-adds), each output is rounded once.
// Deterministic: every sum runs over terms and depth in order.
//
// A block of 16 x 16 threads computes 64 x 64 elements of c from tiles of a and b, 16 deep, that lie in shared memory depth first; a
// thread keeps 4 x 4 sums.
#include "cuda/fused_grad/plain_smxx/product_plain_smxx.h"

#include <cassert>
#include <limits>

#include "cuda/pack.h"

namespace swiglu::cuda {

constexpr int kThreads = 256, kTile = 64, kDepth = 16, kWidth = 4, kThreadsAcross = kTile / kWidth;

struct OperandTile {
  alignas(16) float values[kDepth][kTile + 4];

  // Zeros where the operand ends. Neighbouring threads take elements that adjoin.
  template <class T>
  __device__ void fill(const T* operand, bool depth_adjoins, int64_t lines, int64_t depth, int64_t first_line, int64_t first_depth) {
#pragma unroll
    for (int i = threadIdx.x; i < kDepth * kTile; i += kThreads) {
      const int d = depth_adjoins ? i % kDepth : i / kTile, line = depth_adjoins ? i / kDepth : i % kTile;
      const int64_t at_depth = first_depth + d, at_line = first_line + line;
      const bool inside = at_depth < depth && at_line < lines;
      values[d][line] = inside ? widen(operand[depth_adjoins ? at_line * depth + at_depth : at_depth * lines + at_line]) : 0.0f;
    }
  }
};

template <class T> __global__ void __launch_bounds__(kThreads) product_kernel(const __grid_constant__ MatrixProduct<T> p) {
  __shared__ OperandTile a, b;
  const int result = blockIdx.x % p.results;
  const int64_t tile = blockIdx.x / p.results, row_tiles = (p.rows + kTile - 1) / kTile;
  const int64_t first_row = tile % row_tiles * kTile, first_column = tile / row_tiles * kTile;
  const int row = threadIdx.x / kThreadsAcross * kWidth, column = threadIdx.x % kThreadsAcross * kWidth;

  float sums[kWidth][kWidth] = {};
  for (int term = 0; term < p.terms; ++term) {
    for (int64_t depth = 0; depth < p.depth; depth += kDepth) {
      __syncthreads();
      a.fill(p.a[result + term], p.a_depth_adjoins, p.rows, p.depth, first_row, depth);
      b.fill(p.b[result + term], p.b_depth_adjoins, p.columns, p.depth, first_column, depth);
      __syncthreads();
#pragma unroll
      for (int d = 0; d < kDepth; ++d) {
        const Pack<float, kWidth> x = load_pack<kWidth>(&a.values[d][row]), y = load_pack<kWidth>(&b.values[d][column]);
#pragma unroll
        for (int i = 0; i < kWidth; ++i) {
#pragma unroll
          for (int j = 0; j < kWidth; ++j) sums[i][j] = fmaf(x.values[i], y.values[j], sums[i][j]);
        }
      }
    }
  }

  const T* bias = p.bias[result];
  for (int i = 0; i < kWidth; ++i) {
    for (int j = 0; j < kWidth; ++j) {
      const int64_t r = first_row + row + i, c = first_column + column + j;
      if (r < p.rows && c < p.columns) p.c[result][r * p.columns + c] = narrow<T>(sums[i][j] + (bias == nullptr ? 0 : widen(bias[c])));
    }
  }
}

template <class T> cudaError_t product_plain_smxx(const MatrixProduct<T>& p, const Launch& launch) {
  if (p.empty()) return cudaSuccess;
  const int64_t blocks = (p.rows + kTile - 1) / kTile * ((p.columns + kTile - 1) / kTile) * p.results;
  assert(blocks <= std::numeric_limits<int>::max() && "the grid's first dimension counts the tiles");
  product_kernel<<<static_cast<unsigned>(blocks), kThreads, 0, launch.stream>>>(p);
  return cudaGetLastError();
}

template cudaError_t product_plain_smxx(const MatrixProduct<float>&, const Launch&);
template cudaError_t product_plain_smxx(const MatrixProduct<float16>&, const Launch&);
template cudaError_t product_plain_smxx(const MatrixProduct<bfloat16>&, const Launch&);

}  // namespace swiglu::cuda
