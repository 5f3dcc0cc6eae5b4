// The elementwise derivative beside the products of gradients_sm90_16bit.cu: d_gate = dY ⊙ up ⊙ act'(gate),  d_up = dY ⊙ act(gate),
// Y = act(gate) ⊙ up and the sums of d_gate and d_up over all rows, db_gate and db_up, where they are wanted.
//
// A strip is 256 columns, as many as the widest tile, and a portion 256 rows of it: a product goes down a strip as its portions get ready.
// Warps draw units, 64 columns wide, from a counter: the strips that blocks need at a time row by row, then the next ones. Values do
// not depend on who takes what. Sums go down a unit's rows, then through the units in their order.
#pragma once

#include "cuda/fused_grad/gemm_sm90/block.h"
#include "cuda/gate_16bit.h"
#include "cuda/pack.h"
#include "cuda/ptx/read_only.h"
#include "cuda/ptx/signal.h"

namespace swiglu::cuda::grad_sm90 {

constexpr int kStripColumns = 256, kPortionRows = 256, kUnitColumns = 64, kUnitsAcross = kStripColumns / kUnitColumns;
constexpr int kPortionSteps = kPortionRows / kTileDepth;

// Low units let the first products start early; high ones leave fewer sums to add up.
constexpr int kLowUnit = 16, kHighUnit = 64;

// How far warps may be ahead of their block's products, so that strips are still in the L2 cache when they are needed.
constexpr int kStripsAhead = 8;

template <class T> struct Derivative {
  Gate gate_function;
  const T *dy, *gate, *up;
  T *d_gate, *d_up, *y, *db_gate, *db_up;
  int m, n;
  int together;                // strips that the blocks need at a time
  int unit_rows;               // of one unit
  uint32_t* counters;          // all zero in the beginning
  float *sums_gate, *sums_up;  // of each unit's columns, [units_down(), n]; null where no sums are wanted

  __host__ __device__ int strips() const { return (n + kStripColumns - 1) / kStripColumns; }
  __host__ __device__ int portions() const { return (m + kPortionRows - 1) / kPortionRows; }
  __host__ __device__ int units_down() const { return (m + unit_rows - 1) / unit_rows; }
  // Those of the last strip that lie outside are counted, too.
  __host__ __device__ int units_of_portion(int portion) const {
    const int down = kPortionRows / unit_rows;
    return min(down, units_down() - portion * down) * kUnitsAcross;
  }

  __host__ __device__ int counter_count() const { return 2 + strips() * (1 + portions()); }
  __device__ uint32_t* next_unit() const { return counters; }
  __device__ uint32_t* finished_strips() const { return counters + 1; }
  __device__ uint32_t* finished_portions(int strip) const { return counters + 2 + strip; }
  __device__ uint32_t* finished_units(int strip, int portion) const { return counters + 2 + strips() + strip * portions() + portion; }
};

// For the producer, which tells the warps of its block how far it is.
template <class T> class WhenDerived {
 public:
  __device__ WhenDerived(const Derivative<T>& f, volatile int* needed_strip) : f_(f), needed_strip_(needed_strip) {}

  __device__ void begin_dw(int first_column) {
    strip_ = first_column / kStripColumns;
    *needed_strip_ = strip_ < *needed_strip_ ? f_.strips() : strip_;  // another round through all strips
    whole_ = ptx::load_acquire(f_.finished_portions(strip_)) == uint32_t(f_.portions());
    ptx::fence_all_proxies();
  }
  __device__ void step_dw(int step) const {
    if (whole_ || step % kPortionSteps != 0) return;
    const int portion = step / kPortionSteps;
    wait(f_.finished_units(strip_, portion), f_.units_of_portion(portion));
  }
  __device__ void begin_dx() {
    *needed_strip_ = f_.strips();
    wait(f_.finished_strips(), f_.strips());
  }

 private:
  static __device__ void wait(const uint32_t* counter, uint32_t count) {
    while (ptx::load_acquire(counter) < count) __nanosleep(64);
    ptx::fence_all_proxies();
  }

  const Derivative<T>& f_;
  volatile int* needed_strip_;
  int strip_ = 0;
  bool whole_ = false;
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

struct Unit {
  int down, across;

  __device__ int strip() const { return across / kUnitsAcross; }
};

template <class T> __device__ __forceinline__ Unit unit_at(const Derivative<T>& f, int index) {
  const int across = f.together * kUnitsAcross, group = index / (f.units_down() * across), within = index - group * f.units_down() * across;
  return {within / across, group * across + within % across};
}

// Eight lanes side by side have the columns, and the warp goes down four rows at a time.
template <class T, Activation kActivation>
__device__ __forceinline__ void derive_unit(const Derivative<T>& f, const Gate& function, const Unit& unit) {
  constexpr int kRowsAtOnce = 4, kBatch = 4;
  static_assert(kLowUnit % (kRowsAtOnce * kBatch) == 0 && kHighUnit % kLowUnit == 0, "a unit is so many batches");
  const int lane = threadIdx.x % 32;
  const int column = unit.across * kUnitColumns + lane % 8 * kPack, first = unit.down * f.unit_rows + lane / 8;
  const bool inside = column < f.n;
  Sums sum_gate = {}, sum_up = {};
  for (int batch = 0; batch < f.unit_rows / kRowsAtOnce; batch += kBatch) {
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
    const int64_t at = int64_t(unit.down) * f.n + column;
    store_sums(f.sums_gate + at, sum_gate, inside);
    store_sums(f.sums_up + at, sum_up, inside);
  }
}

template <class T> __device__ __forceinline__ void add_units(const Derivative<T>& f, int strip) {
  for (int column = strip * kStripColumns + threadIdx.x % 32; column < min(f.n, (strip + 1) * kStripColumns); column += 32) {
    float gate = 0, up = 0;
#pragma unroll 8
    for (int row = 0; row < f.units_down(); ++row) {
      gate += __ldcg(f.sums_gate + int64_t(row) * f.n + column), up += __ldcg(f.sums_up + int64_t(row) * f.n + column);
    }
    if (f.db_gate != nullptr) f.db_gate[column] = narrow<T>(gate);
    if (f.db_up != nullptr) f.db_up[column] = narrow<T>(up);
  }
}

// Whether this warp's unit, which is stored, was the last of its strip.
template <class T> __device__ __forceinline__ bool finishes_strip(const Derivative<T>& f, const Unit& unit) {
  ptx::fence_all_proxies();
  __syncwarp();
  bool last = false;
  if (threadIdx.x % 32 == 0) {
    const int strip = unit.strip(), portion = unit.down * f.unit_rows / kPortionRows;
    last = ptx::count_up(f.finished_units(strip, portion)) == uint32_t(f.units_of_portion(portion) - 1) &&
           ptx::count_up(f.finished_portions(strip)) == uint32_t(f.portions() - 1);
  }
  return __shfl_sync(0xffffffff, last, 0);
}

// The work of one warp. It never waits with a unit that another warp's products need: those of blocks at work are together.
template <class T, Activation kActivation>
__device__ __forceinline__ void derive_as(const Derivative<T>& f, const Gate& function, volatile int* needed_strip) {
  const bool leader = threadIdx.x % 32 == 0;
  const int groups = (f.strips() + f.together - 1) / f.together, count = groups * f.units_down() * f.together * kUnitsAcross;
  const auto draw = [&] { return leader ? int(atomicAdd(f.next_unit(), 1)) : 0; };
  for (int index = __shfl_sync(0xffffffff, draw(), 0); index < count;) {
    const int next = draw();
    const Unit unit = unit_at(f, index);
    if (unit.strip() < f.strips()) {
      while (unit.strip() > *needed_strip + f.together + kStripsAhead) __nanosleep(200);
      derive_unit<T, kActivation>(f, function, unit);
      if (finishes_strip(f, unit)) {
        if (f.sums_gate != nullptr) add_units(f, unit.strip());
        __syncwarp();
        if (leader) ptx::count_up(f.finished_strips());
      }
    }
    index = __shfl_sync(0xffffffff, next, 0);
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
