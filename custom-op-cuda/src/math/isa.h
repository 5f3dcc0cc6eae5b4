// Code that is compiled once per instruction set lives in a namespace of that name, so that the linker can never pick
// an AVX-512 copy of an inline function for a machine without it. Elsewhere the namespace is `generic`.
#pragma once

#ifndef SWIGLU_ISA
#define SWIGLU_ISA generic
#endif

#define SWIGLU_BEGIN_ISA_NAMESPACE namespace swiglu { inline namespace SWIGLU_ISA {
#define SWIGLU_END_ISA_NAMESPACE } }

#ifdef __CUDACC__
#define SWIGLU_INLINE __host__ __device__ __forceinline__
#else
#define SWIGLU_INLINE inline __attribute__((always_inline))
#endif
