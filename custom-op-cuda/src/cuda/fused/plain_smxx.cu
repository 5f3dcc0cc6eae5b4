#include "cuda/fused/plain_smxx.h"

namespace swiglu::cuda {

template <class T> cudaError_t plain_smxx(const FusedSwiGLUProblem<T>&, const Launch&) { return cudaErrorNotSupported; }

template cudaError_t plain_smxx(const FusedSwiGLUProblem<float>&, const Launch&);
template cudaError_t plain_smxx(const FusedSwiGLUProblem<float16>&, const Launch&);
template cudaError_t plain_smxx(const FusedSwiGLUProblem<bfloat16>&, const Launch&);

}  // namespace swiglu::cuda
