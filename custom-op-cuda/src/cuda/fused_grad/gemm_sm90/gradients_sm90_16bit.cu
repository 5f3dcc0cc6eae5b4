// d_gate = dY ⊙ up ⊙ act'(gate),  d_up = dY ⊙ act(gate)                               all [m, n]
// dW_gate = Xᵀ·d_gate,  dW_up = Xᵀ·d_up,  dX = d_gate·W_gateᵀ + d_up·W_upᵀ            as in grad_products_sm90_16bit.cu
// db_gate, db_up: their sums over all rows;  Y = act(gate) ⊙ up
//
// Everything in one launch: while two warpgroups of a block multiply, three warps beside the one that loads make what the next
// tiles need of d_gate and d_up (derive.h). The weights' gradients need them strip by strip; when they are done, all of it is there for dX. Whoever loads waits for the
// strip's counter, and passes on from ordinary writes to the copy engine's reads with a fence on both sides.
#include "cuda/fused_grad/gemm_sm90/gradients_sm90_16bit.h"

#include <cassert>

#include "cuda/fused_grad/gemm_sm90/derive.h"
#include "cuda/fused_grad/gemm_sm90/launch.h"
#include "cuda/fused_grad/gemm_sm90/make_products.h"

namespace swiglu::cuda {

using namespace grad_sm90;

namespace {

constexpr int kBytesDeriving = kBytesShared + int(sizeof(int));
static_assert(kBytesDeriving <= 232448, "a block finds room in a multiprocessor");

template <class T, bool kTransB>
__global__ void __launch_bounds__(kThreads, 1) kernel(const __grid_constant__ Products a, const __grid_constant__ Derivative<T> f) {
  extern __shared__ uint8_t memory[];
  const Shared shared(memory);
  volatile int* needed_strip = static_cast<int*>(shared.end());
  const int warp = threadIdx.x / 32;
  if (threadIdx.x == 0) {
    shared.init_barriers();
    *needed_strip = 0;
  }
  __syncthreads();
  if (warp < 4) {
    ptx::shrink_registers<136>();
    if (threadIdx.x == 0) {
      produce<kTransB>(a, shared, WhenDerived<T>{f, needed_strip});
    } else if (warp > 0) {
      derive(f, needed_strip);
    }
  } else {
    ptx::grow_registers<184>();
    consume<T, kTransB>(a, shared, warp / 4 - 1);
  }
}

template <class T> GradProducts<T> products_of(const FusedSwiGLUGradProblem<T>& p, const T* d_gate, const T* d_up) {
  return {p.sizes, d_gate, d_up, p.x, p.w_gate, p.w_up, p.dx, p.dw_gate, p.dw_up};
}

template <class T> size_t progress_bytes(const Derivative<T>& f) {
  return (sizeof(Progress) + f.strips() * sizeof(uint32_t) + 255) / 256 * 256;
}

template <class T> Derivative<T> derivative_of(const FusedSwiGLUGradProblem<T>& p, T* d_gate, T* d_up, void* scratch) {
  Derivative<T> f = {p.gate_function, p.dy, p.gate, p.up, d_gate, d_up, p.y, p.db_gate, p.db_up, int(p.sizes.m), int(p.sizes.n)};
  f.progress = static_cast<Progress*>(scratch);
  if (p.db_gate != nullptr || p.db_up != nullptr) {
    f.sums_gate = reinterpret_cast<float*>(static_cast<char*>(scratch) + progress_bytes(f));
    f.sums_up = f.sums_gate + int64_t(f.unit_rows()) * f.n;
  }
  return f;
}

}  // namespace

template <class T> bool gradients_sm90_16bit_takes(const FusedSwiGLUGradProblem<T>& p) {
  const int64_t units = (p.sizes.m / kUnit + 1) * (p.sizes.n / kUnit + 4);
  return p.gate != nullptr && p.up != nullptr && (p.dw_gate != nullptr || p.dw_up != nullptr) && units < (int64_t(1) << 30) &&
         aligned_for_packs<kPack>(p.dy) && aligned_for_packs<kPack>(p.gate) && aligned_for_packs<kPack>(p.up) &&
         aligned_for_packs<kPack>(p.y) && p.sizes.n % kPack == 0 && products_fit(products_of<T>(p, nullptr, nullptr));
}

template <class T> size_t gradients_sm90_16bit_scratch(const FusedSwiGLUGradProblem<T>& p) {
  const Derivative<T> f = derivative_of<T>(p, nullptr, nullptr, nullptr);
  const bool with_sums = p.db_gate != nullptr || p.db_up != nullptr;
  return progress_bytes(f) + (with_sums ? 2 * sizeof(float) * f.unit_rows() * f.n : 0);
}

template <class T>
cudaError_t gradients_sm90_16bit(const FusedSwiGLUGradProblem<T>& p, T* d_gate, T* d_up, void* scratch, const Launch& where) {
  assert(gradients_sm90_16bit_takes(p) && "the copy engine cannot address these tensors");
  Products a = {};
  if (const cudaError_t error = prepare(products_of<T>(p, d_gate, d_up), where.device.multiprocessors, &a); error != cudaSuccess) {
    return error;
  }
  const Derivative<T> f = derivative_of(p, d_gate, d_up, scratch);
  if (const cudaError_t error = cudaMemsetAsync(f.progress, 0, progress_bytes(f), where.stream); error != cudaSuccess) return error;
  const auto function = p.sizes.trans_b ? kernel<T, true> : kernel<T, false>;
  if (const cudaError_t error = allow_shared_memory(reinterpret_cast<const void*>(function), kBytesDeriving); error != cudaSuccess) {
    return error;
  }
  function<<<a.deal.blocks, kThreads, kBytesDeriving, where.stream>>>(a, f);
  return cudaGetLastError();
}

#define SWIGLU_INSTANTIATE(T)                                                             \
  template bool gradients_sm90_16bit_takes(const FusedSwiGLUGradProblem<T>&);            \
  template size_t gradients_sm90_16bit_scratch(const FusedSwiGLUGradProblem<T>&);        \
  template cudaError_t gradients_sm90_16bit(const FusedSwiGLUGradProblem<T>&, T*, T*, void*, const Launch&);
SWIGLU_INSTANTIATE(float16)
SWIGLU_INSTANTIATE(bfloat16)
#undef SWIGLU_INSTANTIATE

}  // namespace swiglu::cuda
