// Sums over a thread block's part of k for one box of columns: they leave the tensor cores' registers for shared memory, where
// every block of the cluster adds all parts, each for its share of the tokens, in the order of rank.
#pragma once

#include "cuda/fused/decode_sm90/plan.h"
#include "cuda/pack.h"
#include "cuda/ptx/cluster.h"

namespace swiglu::cuda {

constexpr int kQuad = 4;  // adjacent columns that one thread finishes

// As wgmma leaves them: columns are the rows of its product, tokens the columns.
template <int kTokens> struct DecodeAccumulators {
  float gate[kTokens / 2], up[kTokens / 2];
};

// Columns are permuted by token so that neither the writes, in the order of the accumulators, nor the reads along columns meet
// in one of shared memory's banks.
template <int kTokens> struct DecodeSums {
  float gate[kTokens * kDecodeColumns], up[kTokens * kDecodeColumns];

  static __device__ int place(int token, int column) { return token * kDecodeColumns + (column ^ (token / 2 % 4 * 8)); }

  __device__ void write(const DecodeAccumulators<kTokens>& from, int thread) {
    const int warp = thread / 32, lane = thread % 32;
#pragma unroll
    for (int i = 0; i < kTokens / 2; ++i) {
      const int column = 16 * warp + 8 * (i / 2 % 2) + lane / 4, token = 8 * (i / 4) + 2 * (lane % 4) + i % 2;
      gate[place(token, column)] = from.gate[i];
      up[place(token, column)] = from.up[i];
    }
  }
};

using Quad = Floats<kQuad>;

__device__ __forceinline__ void add(const float4& from, Quad& to) {
  to.values[0] += from.x, to.values[1] += from.y, to.values[2] += from.z, to.values[3] += from.w;
}

// The sum of all parts, each from its block's sums, at the place where this block has `mine`. Loads of a round are all on their way
// before the first is used.
__device__ __forceinline__ Quad add_parts(const float* mine, int parts) {
  constexpr int kAtOnce = 4;
  Quad sum = {};
  if (parts == 1) {
    add(*reinterpret_cast<const float4*>(mine), sum);
    return sum;
  }
#pragma unroll 1
  for (int first = 0; first < parts; first += kAtOnce) {
    float4 loaded[kAtOnce];
#pragma unroll
    for (int i = 0; i < kAtOnce; ++i) {
      if (first + i < parts) loaded[i] = ptx::load_cluster_float4(ptx::cluster_address(mine, first + i));
    }
#pragma unroll
    for (int i = 0; i < kAtOnce; ++i) {
      if (first + i < parts) add(loaded[i], sum);
    }
  }
  return sum;
}

}  // namespace swiglu::cuda
