// The rate at which the device copies its own memory, which kernels that only move data are held against.
#pragma once

#include <cuda_runtime_api.h>

namespace bench {

// GB/s, bytes read plus bytes written, of the fastest way to copy 2 GiB: cudaMemcpyAsync and a kernel in several shapes, each by
// its median. (A graph's copy node would be left to the copy engine, which is slower.)
double copy_rate(cudaStream_t stream);

}  // namespace bench
