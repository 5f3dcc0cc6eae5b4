#include "cuda/fused/mma_sm80.h"

namespace swiglu::cuda {

template <class T> cudaError_t mma_sm80(const FusedSwiGLUProblem<T>&, const Launch&) { return cudaErrorNotSupported; }

template cudaError_t mma_sm80(const FusedSwiGLUProblem<float>&, const Launch&);
template cudaError_t mma_sm80(const FusedSwiGLUProblem<float16>&, const Launch&);
template cudaError_t mma_sm80(const FusedSwiGLUProblem<bfloat16>&, const Launch&);

}  // namespace swiglu::cuda
