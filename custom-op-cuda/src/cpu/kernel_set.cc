// Compiled once per instruction set, with SWIGLU_ISA naming it and the compiler flags to match.
#include "cpu/elementwise.h"
#include "cpu/fused_swiglu.h"
#include "cpu/kernels.h"

#define SWIGLU_TEXT_OF(name) #name
#define SWIGLU_TEXT(name) SWIGLU_TEXT_OF(name)
#define SWIGLU_KERNEL_SET_OF(name) kernel_set_##name
#define SWIGLU_KERNEL_SET(name) SWIGLU_KERNEL_SET_OF(name)

namespace swiglu::cpu {

template <class T> static constexpr Kernels<T> kernels_of() {
  return {SWIGLU_ISA::swiglu<T>, SWIGLU_ISA::swiglu_grad<T>, SWIGLU_ISA::fused_swiglu<T>, SWIGLU_ISA::fused_swiglu_grad<T>};
}

extern const KernelSet SWIGLU_KERNEL_SET(SWIGLU_ISA);
const KernelSet SWIGLU_KERNEL_SET(SWIGLU_ISA) = {SWIGLU_TEXT(SWIGLU_ISA), kernels_of<float>(), kernels_of<float16>(),
                                                 kernels_of<bfloat16>(), kernels_of<double>()};

}  // namespace swiglu::cpu
