// The elementwise derivative beside the products of gradients_sm90_16bit.cu: d_gate = dY ⊙ up ⊙ act'(gate),  d_up = dY ⊙ act(gate),
// Y = act(gate) ⊙ up and the sums of d_gate and d_up over all rows, db_gate and db_up, where they are wanted.
//
// Its units are 64 rows of 64 columns; four of those columns side by side make a strip. Warps take units, in the order in which tiles will
// need strips, from a counter; values do not depend on who takes what. Sums go down a unit's rows, then through the units in their order.
#pragma once

#include "cuda/fused_grad/gemm_sm90/block.h"
#include "cuda/gate_16bit.h"
#include "cuda/pack.h"
#include "cuda/ptx/read_only.h"
#include "cuda/ptx/signal.h"

namespace swiglu::cuda::grad_sm90 {

constexpr int kStripColumns = 256, kUnit = 64;

// How far warps may be ahead of their block's products, so that strips are still in the L2 cache when they are needed. It is more than
// the blocks at work need at a time, about four strips: no warp holds up another block's tile.
constexpr int kStripsAhead = 8;

// All zero in the beginning.
struct Progress {
  uint32_t next_unit, finished_strips;
  uint32_t finished_units[1];  // of each strip
};

template <class T> struct Derivative {
  Gate gate_function;
  const T *dy, *gate, *up;
  T *d_gate, *d_up, *y, *db_gate, *db_up;
  int m, n;
  Progress* progress;
  float *sums_gate, *sums_up;  // of each unit's columns, [unit rows, n]; null where no sums are wanted

  __host__ __device__ int strips() const { return (n + kStripColumns - 1) / kStripColumns; }
  __host__ __device__ int unit_rows() const { return (m + kUnit - 1) / kUnit; }
  // Those of the last strip that lie outside are counted, too.
  __host__ __device__ int units_a_strip() const { return unit_rows() * (kStripColumns / kUnit); }
};

// For the producer, which tells the warps of its block how far it is.
template <class T> struct WhenDerived {
  const Derivative<T>& f;
  volatile int* needed_strip;

  static __device__ void wait(const uint32_t* counter, uint32_t count) {
    while (ptx::load_acquire(counter) < count) __nanosleep(64);
    ptx::fence_all_proxies();
  }
  __device__ void for_dw(int first_column) const {
    const int strip = first_column / kStripColumns;
    *needed_strip = strip < *needed_strip ? f.strips() : strip;  // another round through all strips
    wait(&f.progress->finished_units[strip], f.units_a_strip());
  }
  __device__ void for_dx() const {
    *needed_strip = f.strips();
    wait(&f.progress->finished_strips, f.strips());
  }
};

constexpr int kPack = 8;
using Sums = Floats<kPack>;

// Sums of the lanes that have the same columns, and of lane 0 to 7 what they are to store.
__device__ __forceinline__ void store_sums(float* to, Sums sums, bool inside) {
#pragma unroll
  for (int i = 0; i < kPack; ++i) {
    sums.values[i] += __shfl_xor_sync(0xffffffff, sums.values[i], 8);
    sums.values[i] += __shfl_xor_sync(0xffffffff, sums.values[i], 16);
  }
  if (!inside || threadIdx.x % 32 >= 8) return;
  *reinterpret_cast<float4*>(to) = make_float4(sums.values[0], sums.values[1], sums.values[2], sums.values[3]);
  *reinterpret_cast<float4*>(to + 4) = make_float4(sums.values[4], sums.values[5], sums.values[6], sums.values[7]);
}

// Eight lanes side by side have the columns, and the warp goes down four rows at a time.
template <class T, Activation kActivation>
__device__ __forceinline__ void derive_unit(const Derivative<T>& f, const Gate& function, int unit_row, int unit_column) {
  constexpr int kRowsAtOnce = 4, kBatch = 4;
  const int lane = threadIdx.x % 32;
  const int column = unit_column * kUnit + lane % 8 * kPack, first = unit_row * kUnit + lane / 8;
  const bool inside = column < f.n;
  Sums sum_gate = {}, sum_up = {};
  for (int batch = 0; batch < kUnit / kRowsAtOnce; batch += kBatch) {
    Pack<T, kPack> dy[kBatch], gate[kBatch], up[kBatch];
#pragma unroll
    for (int i = 0; i < kBatch; ++i) {
      const int row = first + (batch + i) * kRowsAtOnce;
      if (!inside || row >= f.m) continue;
      const int64_t at = int64_t(row) * f.n + column;
      dy[i] = ptx::load_constant<kPack>(f.dy + at);
      gate[i] = ptx::load_constant<kPack>(f.gate + at);
      up[i] = ptx::load_constant<kPack>(f.up + at);
    }
#pragma unroll
    for (int i = 0; i < kBatch; ++i) {
      const int row = first + (batch + i) * kRowsAtOnce;
      if (!inside || row >= f.m) continue;
      const int64_t at = int64_t(row) * f.n + column;
      const Floats<kPack> given = widen_pack(dy[i]), g = widen_pack(gate[i]), u = widen_pack(up[i]);
      Floats<kPack> d_gate, d_up, y;
#pragma unroll
      for (int j = 0; j < kPack; ++j) {
        const GateGradient<float> d = gated_gradient_16bit<kActivation>(function, given.values[j], g.values[j], u.values[j]);
        d_gate.values[j] = d.gate, d_up.values[j] = d.up, y.values[j] = d.y;
        sum_gate.values[j] += d.gate, sum_up.values[j] += d.up;
      }
      store_pack(f.d_gate + at, narrow_pack<T>(d_gate));
      store_pack(f.d_up + at, narrow_pack<T>(d_up));
      if (f.y != nullptr) store_pack(f.y + at, narrow_pack<T>(y));
    }
  }
  if (f.sums_gate != nullptr) {
    const int64_t at = int64_t(unit_row) * f.n + column;
    store_sums(f.sums_gate + at, sum_gate, inside);
    store_sums(f.sums_up + at, sum_up, inside);
  }
}

template <class T> __device__ __forceinline__ void add_units(const Derivative<T>& f, int strip) {
  for (int column = strip * kStripColumns + threadIdx.x % 32; column < min(f.n, (strip + 1) * kStripColumns); column += 32) {
    float gate = 0, up = 0;
#pragma unroll 8
    for (int row = 0; row < f.unit_rows(); ++row) {
      gate += __ldcg(f.sums_gate + int64_t(row) * f.n + column), up += __ldcg(f.sums_up + int64_t(row) * f.n + column);
    }
    if (f.db_gate != nullptr) f.db_gate[column] = narrow<T>(gate);
    if (f.db_up != nullptr) f.db_up[column] = narrow<T>(up);
  }
}

// The work of one warp.
template <class T, Activation kActivation>
__device__ __forceinline__ void derive_as(const Derivative<T>& f, const Gate& function, volatile int* needed_strip) {
  constexpr int kAcross = kStripColumns / kUnit;
  const bool leader = threadIdx.x % 32 == 0;
  const int units = f.units_a_strip(), count = f.strips() * units;
  for (;;) {
    int unit = leader ? int(ptx::count_up(&f.progress->next_unit)) : 0;
    unit = __shfl_sync(0xffffffff, unit, 0);
    if (unit >= count) return;
    const int strip = unit / units, within = unit - strip * units;
    while (strip > *needed_strip + kStripsAhead) __nanosleep(200);
    derive_unit<T, kActivation>(f, function, within / kAcross, strip * kAcross + within % kAcross);
    ptx::fence_all_proxies();
    __syncwarp();
    bool last = leader && ptx::count_up(&f.progress->finished_units[strip]) == uint32_t(units - 1);
    last = __shfl_sync(0xffffffff, last, 0);
    if (!last) continue;
    if (f.sums_gate != nullptr) add_units(f, strip);
    if (leader) ptx::count_up(&f.progress->finished_strips);
  }
}

template <class T> __device__ void derive(const Derivative<T>& f, volatile int* needed_strip) {
  with_activation(f.gate_function.activation, [&](auto activation) {
    Gate function = f.gate_function;
    if (function.limited) return derive_as<T, decltype(activation)::value>(f, function, needed_strip);
    function.limited = false;  // as the compiler then knows
    derive_as<T, decltype(activation)::value>(f, function, needed_strip);
  });
}

}  // namespace swiglu::cuda::grad_sm90
