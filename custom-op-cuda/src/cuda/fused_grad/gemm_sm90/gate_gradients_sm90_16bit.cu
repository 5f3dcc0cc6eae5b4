// gate = X·W_gate + b_gate,  up = X·W_up + b_up        X [m, k], weights [k, n] or [n, k]
// d_gate = dY ⊙ up ⊙ act'(gate),  d_up = dY ⊙ act(gate),  Y = act(gate) ⊙ up where it is wanted        all [m, n]
//
// gate and up stay in float32, in the registers in which they were summed up; each output is rounded once.
//
// A block makes tiles of 128 rows by 128 (at last 64) columns, of gate and of up side by side, so that every gate meets its up in one
// thread. dY's tile arrives while the products are made, in the place where results will wait to be stored, and a thread finds there
// just those of its own elements.
#include "cuda/fused_grad/gemm_sm90/gate_gradients_sm90_16bit.h"

#include <array>
#include <cassert>

#include "cuda/fused/gemm_sm90/tile.h"
#include "cuda/fused_grad/gemm_sm90/box_map.h"
#include "cuda/fused_grad/gemm_sm90/launch.h"
#include "cuda/fused_grad/gemm_sm90/operand.h"
#include "cuda/fused_grad/gemm_sm90/store_tile.h"
#include "cuda/gate_16bit.h"
#include "cuda/ptx/convert.h"
#include "cuda/ptx/mma.h"

namespace swiglu::cuda {

using namespace grad_sm90;

namespace {

using gemm_sm90::Order;
template <class T> using ForwardTile = gemm_sm90::Tile<T, kMostColumns / 2, kFewColumns / 2, false>;

// Of pairs, the first is gate's.
template <class T> struct Arguments {
  CUtensorMap x, w[2], dy, d[2], y;
  const T *b_gate, *b_up;
  Gate gate_function;
  Order order;
  int n, steps;
  bool with_y;
};

template <class T, Major kW> __device__ void produce(const Arguments<T>& a, const Shared& shared) {
  constexpr int kBoxesX = kTileRows / kBox;
  RingPosition at;
  for (int tile = blockIdx.x; tile < a.order.count(); tile += gridDim.x) {
    const gemm_sm90::Place place = a.order.template place<ForwardTile<T>>(tile, 0);
    const int boxes = (place.wide ? kMostColumns : kFewColumns) / 2 / kBox;
    for (int step = 0; step < a.steps; ++step, at.advance(kStages)) {
      ptx::Barrier* full = &shared.full[at.stage];
      const int depth = step * kTileDepth;
      ptx::barrier_wait(&shared.empty[at.stage], at.phase ^ 1);
      ptx::barrier_arrive_expecting(full, (kBoxesX + 2 * boxes) * kBoxBytes);
      load_operand<Major::depth>(&a.x, shared.a(at.stage), kBoxesX, place.row, depth, full);
      load_operand<kW>(&a.w[0], shared.b(at.stage), boxes, place.column, depth, full);
      load_operand<kW>(&a.w[1], shared.b(at.stage) + boxes * kBoxBytes, boxes, place.column, depth, full);
    }
  }
}

// Columns come in pairs: n is a multiple of 8 here.
template <int kCount, class T> __device__ __forceinline__ void add_bias(const T* bias, int column, int n, float* d) {
  if (bias == nullptr) return;
  const int first = ptx::computed_here(column + threadIdx.x % 4 * 2);
#pragma unroll
  for (int i = 0; i < kCount; i += 4) {
    const bool inside = first + 2 * i < n;
    const float even = inside ? widen(bias[first + 2 * i]) : 0, odd = inside ? widen(bias[first + 2 * i + 1]) : 0;
    d[i] += even, d[i + 1] += odd;
    d[i + 2] += even, d[i + 3] += odd;
  }
}

// Which of a thread's elements a limit cut off: a bit each.
struct CutOff {
  uint64_t gate = 0, up = 0;
};

template <int kCount> __device__ __forceinline__ CutOff apply_limits(const Gate& function, float* gate, float* up) {
  CutOff cut;
  const float limit = function.limit;
#pragma unroll
  for (int i = 0; i < kCount; ++i) {
    if (function.limited) {
      cut.gate |= uint64_t(gate[i] > limit) << i;
      cut.up |= uint64_t(up[i] > limit || up[i] < -limit) << i;
    }
    gate[i] = clamp_gate(gate[i], function.limited, limit);
    up[i] = clamp_up(up[i], function.limited, limit) + function.up_offset;
  }
  return cut;
}

// Pairs of d_gate and of d_up, rounded.
template <int kCount> struct Gradients {
  uint32_t gate[kCount / 2], up[kCount / 2];

  __device__ __forceinline__ void drop(const CutOff& cut) {
#pragma unroll
    for (int i = 0; i < kCount; i += 2) {
      gate[i / 2] &= kept(cut.gate >> i);
      up[i / 2] &= kept(cut.up >> i);
    }
  }

 private:
  __device__ static uint32_t kept(uint64_t cut) { return (cut & 1 ? 0 : 0xffffu) | (cut & 2 ? 0 : 0xffff0000u); }
};

// On the way, what is staged of dY becomes Y.
template <class T, int kCount>
__device__ __forceinline__ Gradients<kCount> differentiate(const Arguments<T>& a, uint8_t* staging, float* gate, float* up) {
  const Gate& function = a.gate_function;
  CutOff cut;
  const bool clamped = function.limited || function.up_offset != 0;
  if (clamped) cut = apply_limits<kCount>(function, gate, up);
  Gate free;
  free.alpha = function.alpha;
  Gradients<kCount> d;
  const StagedRows rows(staging);
  with_activation(function.activation, [&](auto activation) {
    constexpr Activation kActivation = decltype(activation)::value;
#pragma unroll
    for (int i = 0; i < kCount; i += 8) {
      uint32_t pairs[4];
      ptx::load_matrices(pairs, rows.of(i));
#pragma unroll
      for (int j = 0; j < 4; ++j) {
        const int first = i + 2 * j, second = first + 1;
        const ptx::PairOfFloats dy = ptx::unpack<T>(pairs[j]);
        const GateGradient<float> one = gated_gradient_16bit<kActivation>(free, dy.low, gate[first], up[first]);
        const GateGradient<float> other = gated_gradient_16bit<kActivation>(free, dy.high, gate[second], up[second]);
        d.gate[first / 2] = ptx::pack<T>(one.gate, other.gate);
        d.up[first / 2] = ptx::pack<T>(one.up, other.up);
        pairs[j] = ptx::pack<T>(one.y, other.y);
      }
      if (a.with_y) ptx::store_matrices(rows.of(i), pairs[0], pairs[1], pairs[2], pairs[3]);
    }
  });
  if (clamped) d.drop(cut);
  return d;
}

// In tile columns of gate, and as many of up.
template <class T, int kColumns, Major kW>
__device__ __forceinline__ void make_tile(const Arguments<T>& a, const Shared& shared, int warpgroup, const gemm_sm90::Place& place,
                                          RingPosition& at, uint32_t phase) {
  constexpr int kCount = kColumns / 2, kBoxes = kColumns / kBox;
  const int row = place.row + warpgroup * kBox, column = place.column;
  const bool leader = threadIdx.x % 128 == 0;
  uint8_t* staging = shared.staging(warpgroup);
  ptx::Barrier* staged = &shared.staged[warpgroup];
  const auto load_dy = [&] {
    if (leader) {
      ptx::tma_store_wait_read();
      ptx::barrier_arrive_expecting(staged, kBoxes * kBoxBytes);
      load_operand<Major::side>(&a.dy, staging, kBoxes, column, row, staged);
    }
    __syncwarp();
  };
  float d[2 * kCount];
  float *gate = d, *up = d + kCount;
  // Not before the stores of the tile before have had time to leave.
  multiply<T, 2 * kColumns, Major::depth, kW>(shared, warpgroup, a.steps, at, d, kStages, load_dy);
  add_bias<kCount>(a.b_gate, column, a.n, gate);
  add_bias<kCount>(a.b_up, column, a.n, up);
  ptx::barrier_wait(staged, phase);
  const Gradients<kCount> gradients = differentiate<T, kCount>(a, staging, gate, up);
  if (a.with_y) {
    hand_over(warpgroup);
    if (leader) store_boxes<kColumns>(&a.y, staging, row, column);
  }
  store_tile<kColumns>(&a.d[0], staging, warpgroup, row, column, [&](int i) { return gradients.gate[i / 2]; });
  store_tile<kColumns>(&a.d[1], staging, warpgroup, row, column, [&](int i) { return gradients.up[i / 2]; });
}

template <class T, Major kW> __device__ void consume(const Arguments<T>& a, const Shared& shared, int warpgroup) {
  RingPosition at;
  uint32_t phase = 0;
  for (int tile = blockIdx.x; tile < a.order.count(); tile += gridDim.x, phase ^= 1) {
    const gemm_sm90::Place place = a.order.template place<ForwardTile<T>>(tile, 0);
    if (place.wide) {
      make_tile<T, kMostColumns / 2, kW>(a, shared, warpgroup, place, at, phase);
    } else {
      make_tile<T, kFewColumns / 2, kW>(a, shared, warpgroup, place, at, phase);
    }
  }
  if (threadIdx.x % 128 == 0) ptx::tma_store_wait();
}

template <class T, Major kW> __global__ void __launch_bounds__(kThreads, 1) kernel(const __grid_constant__ Arguments<T> a) {
  extern __shared__ uint8_t memory[];
  const Shared shared(memory);
  const int warpgroup = threadIdx.x / 128;
  if (threadIdx.x == 0) shared.init_barriers();
  __syncthreads();
  ptx::wait_for_previous_kernel();
  ptx::let_next_kernel_start();
  if (warpgroup == 0) {
    ptx::shrink_registers<40>();
    if (threadIdx.x == 0) produce<T, kW>(a, shared);
  } else {
    ptx::grow_registers<232>();
    consume<T, kW>(a, shared, warpgroup - 1);
  }
}

// What is read and written, and where its map goes.
template <class T> std::array<Matrix, 7> matrices(const FusedSwiGLUGradProblem<T>& p, T* d_gate, T* d_up, Arguments<T>* a) {
  const auto [m, k, n, trans_b] = p.sizes;
  const int64_t rows = trans_b ? n : k, columns = trans_b ? k : n;  // of the weights
  return {{{p.x, m, k, &a->x},
           {p.w_gate, rows, columns, &a->w[0]},
           {p.w_up, rows, columns, &a->w[1]},
           {p.dy, m, n, &a->dy},
           {d_gate, m, n, &a->d[0]},
           {d_up, m, n, &a->d[1]},
           {p.y, m, n, &a->y}}};
}

}  // namespace

template <class T> bool gate_gradients_sm90_16bit_takes(const FusedSwiGLUGradProblem<T>& p) {
  const auto [m, k, n, trans_b] = p.sizes;
  constexpr int64_t kMost = (int64_t(1) << 31) - 65536;
  const bool countable = m < kMost && n < kMost && k < kMost && (m / kTileRows + 1) * (n / kBox + 1) < kMost;
  Arguments<T> unused;
  return m > 0 && k > 0 && n > 0 && countable && have_box_maps(matrices<T>(p, nullptr, nullptr, &unused));
}

template <class T>
cudaError_t gate_gradients_sm90_16bit(const FusedSwiGLUGradProblem<T>& p, T* d_gate, T* d_up, const Launch& where) {
  assert(gate_gradients_sm90_16bit_takes(p) && "the copy engine cannot address these tensors");
  const auto [m, k, n, trans_b] = p.sizes;
  Arguments<T> a = {};
  a.b_gate = p.b_gate, a.b_up = p.b_up;
  a.gate_function = p.gate_function;
  a.order = Order::best<ForwardTile<T>>(int(m), int(n), where.device.multiprocessors);
  a.n = int(n), a.steps = int((k + kTileDepth - 1) / kTileDepth);
  a.with_y = p.y != nullptr;
  if (const cudaError_t error = encode_boxes<T>(matrices(p, d_gate, d_up, &a)); error != cudaSuccess) return error;
  const int blocks = std::min(a.order.count(), where.device.multiprocessors);
  return launch_blocks(trans_b ? kernel<T, Major::depth> : kernel<T, Major::side>, a, blocks, where);
}

#define SWIGLU_INSTANTIATE(T)                                                       \
  template bool gate_gradients_sm90_16bit_takes(const FusedSwiGLUGradProblem<T>&); \
  template cudaError_t gate_gradients_sm90_16bit(const FusedSwiGLUGradProblem<T>&, T*, T*, const Launch&);
SWIGLU_INSTANTIATE(float16)
SWIGLU_INSTANTIATE(bfloat16)
#undef SWIGLU_INSTANTIATE

}  // namespace swiglu::cuda
