// What follows the products of a tile in gemm_sm90_16bit.cu: biases, the gate, rounding, and the way to memory through shared memory.
#pragma once

#include "cuda/fused/gemm_sm90/block.h"
#include "cuda/gate_16bit.h"
#include "cuda/ptx/convert.h"
#include "cuda/ptx/tma.h"

namespace swiglu::cuda::gemm_sm90 {

// Where a thread keeps its pair j (of columns) in row half h of its warpgroup's rows while they wait to be stored.
template <class Tile, class Width> __device__ __forceinline__ int staged(int j, int h) {
  constexpr int kSpan = 2 * Width::kColumnsY, kPieces = kSpan / 16;
  const int row = threadIdx.x % 128 / 32 * 16 + threadIdx.x % 32 / 4 + 8 * h;
  const int piece = j % kPieces ^ row / (8 / kPieces) % kPieces;
  return j / kPieces * (Tile::kRowsEach * kSpan) + row * kSpan + piece * 16 + threadIdx.x % 4 * 4;
}

// Rounds value(i) of every accumulator i of gate, and stores them.
template <class Tile, class Width, class Value>
__device__ __forceinline__ void store_tile(const CUtensorMap* map, uint8_t* staging, int warpgroup, int row, int column,
                                           const Value& value) {
  const bool leader = threadIdx.x % 128 == 0;
  if (leader) ptx::tma_store_wait_read();
  ptx::named_barrier_sync(1 + warpgroup, 128);
#pragma unroll
  for (int j = 0; j < Width::kColumns / 8; ++j) {
#pragma unroll
    for (int h = 0; h < 2; ++h) {
      const int i = 4 * j + 2 * h;
      *reinterpret_cast<uint32_t*>(staging + staged<Tile, Width>(j, h)) = ptx::pack<typename Tile::Element>(value(i), value(i + 1));
    }
  }
  ptx::fence_async_proxy();
  ptx::named_barrier_sync(1 + warpgroup, 128);
  if (leader) {
    for (int c = 0; c < Width::kColumns; c += Width::kColumnsY) {
      ptx::tma_store(map, staging + Tile::kRowsEach * c * 2, column + c, row);
    }
    ptx::tma_store_commit();
  }
}

// Columns come in pairs: n is a multiple of 8 here.
template <class Width, class T> __device__ __forceinline__ void add_bias(const T* bias, int column, int n, float* d) {
  if (bias == nullptr) return;
#pragma unroll
  for (int j = 0; j < Width::kColumns / 8; ++j) {
    const int c = column + 8 * j + threadIdx.x % 4 * 2;
    const float first = c < n ? widen(bias[c]) : 0, second = c < n ? widen(bias[c + 1]) : 0;
    d[4 * j] += first, d[4 * j + 1] += second;
    d[4 * j + 2] += first, d[4 * j + 3] += second;
  }
}

// From the accumulators of gate, and behind them those of up.
template <class Tile, class Width, class T>
__device__ __forceinline__ void finish_tile(const Arguments<T>& a, const Shared<Tile>& shared, int warpgroup, const Place& place,
                                            float (&d)[Width::kColumns]) {
  constexpr int kUp = Width::kColumns / 2;
  const int row = place.row + warpgroup * Tile::kRowsEach, column = place.column;
  const FusedSwiGLUProblem<T>& p = a.problem;
  add_bias<Width>(p.b_gate, column, int(p.sizes.n), d);
  add_bias<Width>(p.b_up, column, int(p.sizes.n), d + kUp);
  uint8_t* staging = shared.y(warpgroup);
  const Maps& to = maps<Tile, Width>(a);
  if (p.gate != nullptr) store_tile<Tile, Width>(&to.gate, staging, warpgroup, row, column, [&](int i) { return d[i]; });
  if (p.up != nullptr) store_tile<Tile, Width>(&to.up, staging, warpgroup, row, column, [&](int i) { return d[kUp + i]; });
  const Gate& function = p.gate_function;
  // Apart from the gate itself, so that a gate without limits pays nothing for them.
  if (function.limited || function.up_offset != 0) {
#pragma unroll
    for (int i = 0; i < kUp; ++i) {
      d[i] = clamp_gate(d[i], function.limited, function.limit);
      d[kUp + i] = clamp_up(d[kUp + i], function.limited, function.limit) + function.up_offset;
    }
  }
  with_activation(function.activation, [&](auto activation) {
    store_tile<Tile, Width>(&to.y, staging, warpgroup, row, column, [&](int i) {
      return activate_16bit<decltype(activation)::value>(d[i], function.alpha) * d[kUp + i];
    });
  });
}

}  // namespace swiglu::cuda::gemm_sm90
