#include "cuda/fused/decode_sm90_16bit.h"

namespace swiglu::cuda {

template <class T> bool decode_sm90_16bit_takes(const FusedSwiGLUProblem<T>&) { return false; }
template <class T> cudaError_t decode_sm90_16bit(const FusedSwiGLUProblem<T>&, const Launch&) { return cudaErrorNotSupported; }

template bool decode_sm90_16bit_takes(const FusedSwiGLUProblem<float16>&);
template bool decode_sm90_16bit_takes(const FusedSwiGLUProblem<bfloat16>&);
template cudaError_t decode_sm90_16bit(const FusedSwiGLUProblem<float16>&, const Launch&);
template cudaError_t decode_sm90_16bit(const FusedSwiGLUProblem<bfloat16>&, const Launch&);

}  // namespace swiglu::cuda
