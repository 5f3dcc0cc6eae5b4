// d_gate = dY ⊙ up ⊙ act'(gate),  d_up = dY ⊙ act(gate)                               all [m, n]
// dW_gate = Xᵀ·d_gate,  dW_up = Xᵀ·d_up,  dX = d_gate·W_gateᵀ + d_up·W_upᵀ            as in grad_products_sm90_16bit.cu
// Y = act(gate) ⊙ up                                                                  act(x) = x·σ(alpha·x), without limits
//
// Everything in one launch: while two warpgroups of a block multiply, three warps beside the one that loads make what the next tiles
// need of d_gate and d_up (derive.h). The weights' gradients follow them portion by portion; when those are done, all of it is there for
// dX. Whoever loads waits for counters, and passes on from ordinary writes to the copy engine's reads with a fence on both sides.
#include "cuda/fused_grad/gemm_sm90/gradients_sm90_16bit.h"

#include <algorithm>
#include <cassert>

#include "cuda/fused_grad/gemm_sm90/derive.h"
#include "cuda/fused_grad/gemm_sm90/launch.h"
#include "cuda/fused_grad/gemm_sm90/make_products.h"

namespace swiglu::cuda {

using namespace grad_sm90;

namespace {

constexpr int kBytesDeriving = kBytesShared + int(sizeof(int));
static_assert(kBytesDeriving <= 232448, "a block finds room in a multiprocessor");

template <class T> struct Arguments {
  Products products;
  Derivative<T> derivative;
};

template <class T, bool kTransB> __global__ void __launch_bounds__(kThreads, 1) kernel(const __grid_constant__ Arguments<T> a) {
  extern __shared__ uint8_t memory[];
  const Shared shared(memory);
  const NeededStrip needed(shared.end());
  const int warp = threadIdx.x / 32;
  if (threadIdx.x == 0) {
    shared.init_barriers();
    needed.move(0);
  }
  __syncthreads();
  ptx::wait_for_previous_kernel();  // and the next one waits for this: letting it start, ptxas would serialize the products
  if (warp < 4) {
    ptx::shrink_registers<136>();
    if (threadIdx.x == 0) {
      produce<kTransB>(a.products, shared, WhenDerived<T>(a.derivative, needed));
    } else if (warp > 0) {
      derive(a.derivative, needed);
    }
  } else {
    ptx::grow_registers<184>();
    consume<T, kTransB>(a.products, shared, warp / 4 - 1);
  }
}

struct Counters {
  uint32_t* first;
  int count;
};

__global__ void __launch_bounds__(kThreads) clear(const __grid_constant__ Counters counters) {
  ptx::let_next_kernel_start();
  ptx::wait_for_previous_kernel();
  for (int i = threadIdx.x; i < counters.count; i += kThreads) counters.first[i] = 0;
}

template <class T> GradProducts<T> products_of(const FusedSwiGLUGradProblem<T>& p, const T* d_gate, const T* d_up) {
  return {p.sizes, d_gate, d_up, p.x, p.w_gate, p.w_up, p.dx, p.dw_gate, p.dw_up};
}

template <class T> Derivative<T> derivative_of(const FusedSwiGLUGradProblem<T>& p, T* d_gate, T* d_up, uint32_t* counters) {
  return {p.gate_function, p.dy, p.gate, p.up, d_gate, d_up, p.y, int(p.sizes.m), int(p.sizes.n), 0, counters};
}

// Those of the first tile of each block.
template <bool kTransB> int strips_together(const Products& a) {
  int strips = 1;
  for (int block = 0; block < a.deal.blocks; ++block) {
    if (a.deal.turns_dw(block) == 0) continue;
    const Place place = place_dw<kTransB>(a, a.deal.tile_dw(block, 0));
    strips = std::max(strips, (kTransB ? place.row : place.column) / kStripColumns + 1);
  }
  return strips;
}

}  // namespace

template <class T> bool gradients_sm90_16bit_takes(const FusedSwiGLUGradProblem<T>& p) {
  const auto aligned = [](const auto*... pointers) { return (aligned_for_packs<kPack>(pointers) && ...); };
  const auto [m, k, n, trans_b] = p.sizes;
  const Activation activation = p.gate_function.activation;
  const bool silu = (activation == Activation::silu || activation == Activation::quick_gelu) && !p.gate_function.limited;
  const bool given = p.gate != nullptr && p.up != nullptr, sums = p.db_gate != nullptr || p.db_up != nullptr;
  return silu && given && !sums && (p.dw_gate != nullptr || p.dw_up != nullptr) && aligned(p.dy, p.gate, p.up, p.y) &&
         n % kPack == 0 && products_fit(products_of<T>(p, nullptr, nullptr)) &&
         (m / kUnitRows + 1) * (n / kUnitColumns + kUnitsAcross) < int64_t(1) << 29;  // so that they can be counted, twice
}

template <class T> size_t gradients_sm90_16bit_scratch(const FusedSwiGLUGradProblem<T>& p) {
  return derivative_of<T>(p, nullptr, nullptr, nullptr).counter_count() * sizeof(uint32_t);
}

template <class T>
cudaError_t gradients_sm90_16bit(const FusedSwiGLUGradProblem<T>& p, T* d_gate, T* d_up, void* scratch, const Launch& where) {
  assert(gradients_sm90_16bit_takes(p) && "the copy engine cannot address these tensors");
  Arguments<T> a = {{}, derivative_of(p, d_gate, d_up, static_cast<uint32_t*>(scratch))};
  cudaError_t error = prepare(products_of<T>(p, d_gate, d_up), where.device.multiprocessors, &a.products);
  if (error != cudaSuccess) return error;
  a.derivative.together = p.sizes.trans_b ? strips_together<true>(a.products) : strips_together<false>(a.products);
  const Counters counters = {a.derivative.counters, a.derivative.counter_count()};
  if (error = launch_blocks(clear, counters, 1, where, 0); error != cudaSuccess) return error;
  return launch_blocks(p.sizes.trans_b ? kernel<T, true> : kernel<T, false>, a, a.products.deal.blocks, where, kBytesDeriving);
}

#define SWIGLU_INSTANTIATE(T)                                                             \
  template bool gradients_sm90_16bit_takes(const FusedSwiGLUGradProblem<T>&);            \
  template size_t gradients_sm90_16bit_scratch(const FusedSwiGLUGradProblem<T>&);        \
  template cudaError_t gradients_sm90_16bit(const FusedSwiGLUGradProblem<T>&, T*, T*, void*, const Launch&);
SWIGLU_INSTANTIATE(float16)
SWIGLU_INSTANTIATE(bfloat16)
#undef SWIGLU_INSTANTIATE

}  // namespace swiglu::cuda
