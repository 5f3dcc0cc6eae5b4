#include "cpu/kernels.h"

#include <cstdlib>
#include <cstring>

namespace swiglu::cpu {

extern const KernelSet kernel_set_baseline;
#ifdef SWIGLU_X86_64
extern const KernelSet kernel_set_avx2;
extern const KernelSet kernel_set_avx512;
#endif

static const KernelSet& choose() {
#ifdef SWIGLU_X86_64
  const char* forced = std::getenv("SWIGLU_CPU");
  const auto allowed = [&](const KernelSet& set) { return forced == nullptr || std::strcmp(forced, set.instruction_set) == 0; };
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  if (avx512 && allowed(kernel_set_avx512)) return kernel_set_avx512;
  if (avx2 && allowed(kernel_set_avx2)) return kernel_set_avx2;
#endif
  return kernel_set_baseline;
}

const KernelSet& kernels() {
  static const KernelSet& chosen = choose();
  return chosen;
}

}  // namespace swiglu::cpu
