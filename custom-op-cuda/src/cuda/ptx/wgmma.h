// wgmma (sm_90a): a warpgroup's products of 64 rows of A with N columns of B, 16 deep, both operands in shared memory, float32
// accumulators in registers. Thread t of the warpgroup holds, of row 16·(t / 32) + (t % 32) / 4,
//   d[4j], d[4j+1]:  columns 8j + 2·(t % 4) and the next;   d[4j+2], d[4j+3]:  the same columns, eight rows below.
#pragma once

#include <cstdint>
#include <type_traits>

#include "cuda/ptx/mbarrier.h"
#include "math/float16.h"

namespace swiglu::cuda::ptx {

// How operands lie in shared memory, in rows of `span` bytes whose 16-byte pieces are swizzled as the copy engine does for that span.
// K-major: span / 2 elements of k a row, 8 rows of m or n a group. Otherwise: span / 2 elements of m or n a row, 8 rows of k a
// group, and `leading` bytes from one span of m or n to the next. `group` bytes lie between two groups.
template <int kSpan> __device__ __forceinline__ uint64_t operand(const void* at, uint32_t leading, uint32_t group) {
  static_assert(kSpan == 128 || kSpan == 64, "the other swizzles are not used here");
  constexpr uint64_t kLayout = kSpan == 128 ? 1 : 2;
  return uint64_t((shared_address(at) & 0x3FFFF) >> 4) | uint64_t(leading >> 4) << 16 | uint64_t(group >> 4) << 32 | kLayout << 62;
}

// The same operand `bytes` further on.
__device__ __forceinline__ uint64_t advanced(uint64_t operand, uint32_t bytes) { return operand + (bytes >> 4); }

// Orders accesses to registers and shared memory before the products that follow.
__device__ __forceinline__ void wgmma_fence() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
__device__ __forceinline__ void wgmma_commit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }
// Until at most `kPending` committed groups are under way.
template <int kPending> __device__ __forceinline__ void wgmma_wait() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(kPending) : "memory");
}

// Keeps the compiler from reading accumulators before the wait that precedes this.
template <int kCount> __device__ __forceinline__ void wgmma_results(float (&d)[kCount]) {
#pragma unroll
  for (int i = 0; i < kCount; ++i) asm volatile("" : "+f"(d[i])::"memory");
}

// The accumulators' places in the instruction, and the accumulators, eight at a time.
#define SWIGLU_D8(i) \
  "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3]), "+f"(d[i + 4]), "+f"(d[i + 5]), "+f"(d[i + 6]), "+f"(d[i + 7])

#define SWIGLU_WGMMA_N256(TYPE)                                                                                                   \
  asm volatile(                                                                                                                   \
      "{\n.reg .pred p;\nsetp.ne.b32 p, %130, 0;\n"                                                                               \
      "wgmma.mma_async.sync.aligned.m64n256k16.f32." TYPE "." TYPE " {"                                                           \
      "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, %22, %23, "            \
      "%24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, "  \
      "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63, %64, %65, %66, %67, %68, %69, %70, %71, "  \
      "%72, %73, %74, %75, %76, %77, %78, %79, %80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91, %92, %93, %94, %95, "  \
      "%96, %97, %98, %99, %100, %101, %102, %103, %104, %105, %106, %107, %108, %109, %110, %111, %112, %113, %114, %115, %116, %117, %118, %119, "\
      "%120, %121, %122, %123, %124, %125, %126, %127}, "                                                                         \
      "%128, %129, p, 1, 1, %132, %131;\n}\n"                                                                                     \
      : SWIGLU_D8(0), SWIGLU_D8(8), SWIGLU_D8(16), SWIGLU_D8(24), SWIGLU_D8(32), SWIGLU_D8(40), SWIGLU_D8(48), SWIGLU_D8(56),     \
        SWIGLU_D8(64), SWIGLU_D8(72), SWIGLU_D8(80), SWIGLU_D8(88), SWIGLU_D8(96), SWIGLU_D8(104), SWIGLU_D8(112), SWIGLU_D8(120) \
      : "l"(a), "l"(b), "r"(accumulate), "n"(kTransposedB), "n"(kTransposedA))

#define SWIGLU_WGMMA_N192(TYPE)                                                                                                   \
  asm volatile(                                                                                                                   \
      "{\n.reg .pred p;\nsetp.ne.b32 p, %98, 0;\n"                                                                                \
      "wgmma.mma_async.sync.aligned.m64n192k16.f32." TYPE "." TYPE " {"                                                           \
      "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, %22, %23, "            \
      "%24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, "  \
      "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63, %64, %65, %66, %67, %68, %69, %70, %71, "  \
      "%72, %73, %74, %75, %76, %77, %78, %79, %80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91, %92, %93, %94, %95}, " \
      "%96, %97, p, 1, 1, %100, %99;\n}\n"                                                                                        \
      : SWIGLU_D8(0), SWIGLU_D8(8), SWIGLU_D8(16), SWIGLU_D8(24), SWIGLU_D8(32), SWIGLU_D8(40), SWIGLU_D8(48), SWIGLU_D8(56),     \
        SWIGLU_D8(64), SWIGLU_D8(72), SWIGLU_D8(80), SWIGLU_D8(88)                                                                \
      : "l"(a), "l"(b), "r"(accumulate), "n"(kTransposedB), "n"(kTransposedA))

#define SWIGLU_WGMMA_N128(TYPE)                                                                                                   \
  asm volatile(                                                                                                                   \
      "{\n.reg .pred p;\nsetp.ne.b32 p, %66, 0;\n"                                                                                \
      "wgmma.mma_async.sync.aligned.m64n128k16.f32." TYPE "." TYPE " {"                                                           \
      "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, %22, %23, "            \
      "%24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, "  \
      "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63}, "                                         \
      "%64, %65, p, 1, 1, %68, %67;\n}\n"                                                                                         \
      : SWIGLU_D8(0), SWIGLU_D8(8), SWIGLU_D8(16), SWIGLU_D8(24), SWIGLU_D8(32), SWIGLU_D8(40), SWIGLU_D8(48), SWIGLU_D8(56)      \
      : "l"(a), "l"(b), "r"(accumulate), "n"(kTransposedB), "n"(kTransposedA))

#define SWIGLU_WGMMA_N112(TYPE)                                                                                                   \
  asm volatile(                                                                                                                   \
      "{\n.reg .pred p;\nsetp.ne.b32 p, %58, 0;\n"                                                                                \
      "wgmma.mma_async.sync.aligned.m64n112k16.f32." TYPE "." TYPE " {"                                                           \
      "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, %22, %23, "            \
      "%24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, "  \
      "%48, %49, %50, %51, %52, %53, %54, %55}, "                                                                                 \
      "%56, %57, p, 1, 1, %60, %59;\n}\n"                                                                                         \
      : SWIGLU_D8(0), SWIGLU_D8(8), SWIGLU_D8(16), SWIGLU_D8(24), SWIGLU_D8(32), SWIGLU_D8(40), SWIGLU_D8(48)                     \
      : "l"(a), "l"(b), "r"(accumulate), "n"(kTransposedB), "n"(kTransposedA))

// d = a·b, plus d where `accumulate` is not 0. A and B are K-major, or where transposed M-major and N-major.
template <class T, int kColumns, int kTransposedB, int kTransposedA = 0>
__device__ __forceinline__ void wgmma(float (&d)[kColumns / 2], uint64_t a, uint64_t b, int accumulate) {
#define SWIGLU_WGMMA(N)                                                                          \
  if constexpr (kColumns == N && std::is_same_v<T, bfloat16>) SWIGLU_WGMMA_N##N("bf16");         \
  if constexpr (kColumns == N && std::is_same_v<T, float16>) SWIGLU_WGMMA_N##N("f16")
  SWIGLU_WGMMA(256);
  SWIGLU_WGMMA(192);
  SWIGLU_WGMMA(128);
  SWIGLU_WGMMA(112);
#undef SWIGLU_WGMMA
  static_assert(kColumns == 256 || kColumns == 192 || kColumns == 128 || kColumns == 112,
                "one of the shapes above");
}

#undef SWIGLU_D8
#undef SWIGLU_WGMMA_N256
#undef SWIGLU_WGMMA_N192
#undef SWIGLU_WGMMA_N128
#undef SWIGLU_WGMMA_N112

}  // namespace swiglu::cuda::ptx
