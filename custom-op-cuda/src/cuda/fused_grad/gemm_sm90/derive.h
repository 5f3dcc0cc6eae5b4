// The elementwise derivative beside the products of gradients_sm90_16bit.cu: d_gate = dY ⊙ up ⊙ act'(gate),  d_up = dY ⊙ act(gate),
// and Y = act(gate) ⊙ up where it is wanted.
//
// A strip is 256 columns, as many as the widest tile, and a portion 256 rows of it: a product goes down a strip as its portions get ready.
// Warps draw units of 16 rows and 64 columns from a counter: the strips that blocks need at a time row by row, then the next ones.
// Values do not depend on who takes what.
#pragma once

#include "cuda/fused_grad/gemm_sm90/block.h"
#include "cuda/gate_16bit.h"
#include "cuda/pack.h"
#include "cuda/ptx/read_only.h"
#include "cuda/ptx/signal.h"

namespace swiglu::cuda::grad_sm90 {

constexpr int kStripColumns = 256, kPortionRows = 256, kUnitColumns = 64, kUnitRows = 16, kUnitsAcross = kStripColumns / kUnitColumns;
constexpr int kPortionSteps = kPortionRows / kTileDepth;

// How far warps may be ahead of their block's products, so that strips are still in the L2 cache when they are needed.
constexpr int kStripsAhead = 8;

template <class T> struct Derivative {
  Gate gate_function;
  const T *dy, *gate, *up;
  T *d_gate, *d_up, *y;
  int m, n;
  int together;        // strips that the blocks need at a time
  uint32_t* counters;  // all zero in the beginning

  __host__ __device__ int strips() const { return (n + kStripColumns - 1) / kStripColumns; }
  __host__ __device__ int portions() const { return (m + kPortionRows - 1) / kPortionRows; }
  __host__ __device__ int units_down() const { return (m + kUnitRows - 1) / kUnitRows; }
  // Those of the last strip that lie outside are counted, too.
  __host__ __device__ int units_of_portion(int portion) const {
    constexpr int kDown = kPortionRows / kUnitRows;
    return min(kDown, units_down() - portion * kDown) * kUnitsAcross;
  }

  __host__ __device__ int counter_count() const { return 2 + strips() * (1 + portions()); }
  __device__ uint32_t* next_unit() const { return counters; }
  __device__ uint32_t* finished_strips() const { return counters + 1; }
  __device__ uint32_t* finished_portions(int strip) const { return counters + 2 + strip; }
  __device__ uint32_t* finished_units(int strip, int portion) const { return counters + 2 + strips() + strip * portions() + portion; }
};

// The strip that a block's products are at, in shared memory: the thread that loads moves it, the warps that derive look at it, at any time.
class NeededStrip {
 public:
  __device__ explicit NeededStrip(void* shared) : strip_(static_cast<int*>(shared)) {}

  __device__ void move(int strip) const { atomicExch(strip_, strip); }
  __device__ int seen() const { return atomicOr(strip_, 0); }

 private:
  int* strip_;
};

// For the producer, which tells the warps of its block how far it is.
template <class T> class WhenDerived {
 public:
  __device__ WhenDerived(const Derivative<T>& f, NeededStrip needed) : f_(f), needed_(needed) {}

  __device__ void begin_dw(int first_column) {
    const int before = strip_;
    strip_ = first_column / kStripColumns;
    another_round_ |= strip_ < before;  // through all strips
    needed_.move(another_round_ ? f_.strips() : strip_);
    whole_ = ptx::load_acquire(f_.finished_portions(strip_)) == uint32_t(f_.portions());
    ptx::fence_all_proxies();
  }
  __device__ void step_dw(int step) const {
    if (whole_ || step % kPortionSteps != 0) return;
    const int portion = step / kPortionSteps;
    wait(f_.finished_units(strip_, portion), f_.units_of_portion(portion));
  }
  __device__ void begin_dx() {
    needed_.move(f_.strips());
    wait(f_.finished_strips(), f_.strips());
  }

 private:
  static __device__ void wait(const uint32_t* counter, uint32_t count) {
    while (ptx::load_acquire(counter) < count) __nanosleep(64);
    ptx::fence_all_proxies();
  }

  const Derivative<T>& f_;
  const NeededStrip needed_;
  int strip_ = 0;
  bool another_round_ = false, whole_ = false;
};

constexpr int kPack = 8;

struct Unit {
  int down, across;

  __device__ int strip() const { return across / kUnitsAcross; }
};

template <class T> __device__ __forceinline__ Unit unit_at(const Derivative<T>& f, int index) {
  const int across = f.together * kUnitsAcross, group = index / (f.units_down() * across), within = index - group * f.units_down() * across;
  return {within / across, group * across + within % across};
}

// Eight lanes side by side have the columns, and the warp goes down four rows at a time. Lanes outside stay with the others: were they to
// leave, ptxas would find too few registers for the products of this kernel and serialize them (it says so: C7511).
template <class T> __device__ __forceinline__ void derive_unit(const Derivative<T>& f, const Unit& unit) {
  constexpr int kRowsAtOnce = 4, kTimes = kUnitRows / kRowsAtOnce;
  const int lane = threadIdx.x % 32;
  const int column = unit.across * kUnitColumns + lane % 8 * kPack, first = unit.down * kUnitRows + lane / 8;
  const bool inside = column < f.n;
  Pack<T, kPack> dy[kTimes], gate[kTimes], up[kTimes];
#pragma unroll
  for (int i = 0; i < kTimes; ++i) {
    const int row = first + i * kRowsAtOnce;
    if (!inside || row >= f.m) continue;
    const int64_t at = int64_t(row) * f.n + column;
    dy[i] = ptx::load_constant<kPack>(f.dy + at);
    gate[i] = ptx::load_constant<kPack>(f.gate + at);
    up[i] = ptx::load_constant<kPack>(f.up + at);
  }
#pragma unroll
  for (int i = 0; i < kTimes; ++i) {
    const int row = first + i * kRowsAtOnce;
    if (!inside || row >= f.m) continue;
    const int64_t at = int64_t(row) * f.n + column;
    const Floats<kPack> given = widen_pack(dy[i]), g = widen_pack(gate[i]), u = widen_pack(up[i]);
    Floats<kPack> d_gate, d_up, y;
#pragma unroll
    for (int j = 0; j < kPack; ++j) {
      const GateGradient<float> d = gated_gradient_16bit<Activation::silu>(f.gate_function, given.values[j], g.values[j], u.values[j]);
      d_gate.values[j] = d.gate, d_up.values[j] = d.up, y.values[j] = d.y;
    }
    store_pack(f.d_gate + at, narrow_pack<T>(d_gate));
    store_pack(f.d_up + at, narrow_pack<T>(d_up));
    if (f.y != nullptr) store_pack(f.y + at, narrow_pack<T>(y));
  }
}

// Whether this warp's unit, which is stored, was the last of its strip.
template <class T> __device__ __forceinline__ bool finishes_strip(const Derivative<T>& f, const Unit& unit) {
  ptx::fence_all_proxies();
  __syncwarp();
  bool last = false;
  if (threadIdx.x % 32 == 0) {
    const int strip = unit.strip(), portion = unit.down * kUnitRows / kPortionRows;
    last = ptx::count_up(f.finished_units(strip, portion)) == uint32_t(f.units_of_portion(portion) - 1) &&
           ptx::count_up(f.finished_portions(strip)) == uint32_t(f.portions() - 1);
  }
  return __shfl_sync(0xffffffff, last, 0);
}

// The work of one warp. It never waits with a unit that another warp's products need: those of blocks at work are together.
template <class T> __device__ void derive(Derivative<T> f, NeededStrip needed) {
  f.gate_function.limited = false;  // as it is; now the compiler knows
  const bool leader = threadIdx.x % 32 == 0;
  const int groups = (f.strips() + f.together - 1) / f.together, count = groups * f.units_down() * f.together * kUnitsAcross;
  const auto draw = [&] { return leader ? int(atomicAdd(f.next_unit(), 1)) : 0; };
  for (int index = __shfl_sync(0xffffffff, draw(), 0); index < count;) {
    const int next = draw();
    const Unit unit = unit_at(f, index);
    if (unit.strip() < f.strips()) {
      while (leader && unit.strip() > needed.seen() + f.together + kStripsAhead) __nanosleep(200);
      __syncwarp();
      derive_unit(f, unit);
      if (finishes_strip(f, unit) && leader) ptx::count_up(f.finished_strips());
    }
    index = __shfl_sync(0xffffffff, next, 0);
  }
}

}  // namespace swiglu::cuda::grad_sm90
