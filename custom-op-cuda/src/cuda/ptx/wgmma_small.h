// wgmma with a narrow right operand: 8, 16, 32 or 64 columns. Operands and accumulators lie as in wgmma.h.
#pragma once

#include <cstdint>
#include <type_traits>

#include "cuda/ptx/wgmma.h"

namespace swiglu::cuda::ptx {

#define SWIGLU_D4(i) "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3])
#define SWIGLU_D16(i) SWIGLU_D4(i), SWIGLU_D4(i + 4), SWIGLU_D4(i + 8), SWIGLU_D4(i + 12)
#define SWIGLU_WGMMA(n, type, registers, a_at, b_at, mn_major_at, accumulate_at, ...)                                \
  asm volatile("{\n"                                                                                                 \
               ".reg .pred accumulate;\n"                                                                            \
               "setp.ne.b32 accumulate, " accumulate_at ", 0;\n"                                                     \
               "wgmma.mma_async.sync.aligned.m64n" n "k16.f32." type "." type " {" registers "}, " a_at ", " b_at    \
               ", accumulate, 1, 1, " mn_major_at ", 0;\n"                                                           \
               "}\n"                                                                                                 \
               : __VA_ARGS__                                                                                         \
               : "l"(a), "l"(b), "n"(int(kMnMajorA)), "r"(accumulate)                                                \
               : "memory")
#define SWIGLU_WGMMA_WIDTHS(type)                                                                                     \
  if constexpr (kColumns == 8) {                                                                                      \
    SWIGLU_WGMMA("8", type, "%0, %1, %2, %3", "%4", "%5", "%6", "%7", SWIGLU_D4(0));                                  \
  } else if constexpr (kColumns == 16) {                                                                              \
    SWIGLU_WGMMA("16", type, "%0, %1, %2, %3, %4, %5, %6, %7", "%8", "%9", "%10", "%11", SWIGLU_D4(0), SWIGLU_D4(4)); \
  } else if constexpr (kColumns == 32) {                                                                              \
    SWIGLU_WGMMA("32", type, "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15", "%16", "%17",    \
                 "%18", "%19", SWIGLU_D16(0));                                                                        \
  } else {                                                                                                            \
    SWIGLU_WGMMA("64", type,                                                                                          \
                 "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, "    \
                 "%21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31",                                             \
                 "%32", "%33", "%34", "%35", SWIGLU_D16(0), SWIGLU_D16(16));                                          \
  }

// d = A · B, plus d where `accumulate` is not 0, with A MN-major or K-major and B K-major. Runs on after the return, see
// wgmma_wait.
template <class T, int kColumns, bool kMnMajorA>
__device__ __forceinline__ void wgmma_narrow(float (&d)[kColumns / 2], uint64_t a, uint64_t b, int accumulate) {
  static_assert(kColumns == 8 || kColumns == 16 || kColumns == 32 || kColumns == 64);
  if constexpr (std::is_same_v<T, float16>) {
    SWIGLU_WGMMA_WIDTHS("f16")
  } else {
    SWIGLU_WGMMA_WIDTHS("bf16")
  }
}

#undef SWIGLU_WGMMA_WIDTHS
#undef SWIGLU_WGMMA
#undef SWIGLU_D16
#undef SWIGLU_D4

}  // namespace swiglu::cuda::ptx
