// Measures SwiGLU and SwiGLUGrad, and the rate at which the device copies, which they are held against.
#pragma once

#include "fused.h"

namespace bench {

Row measure_elementwise(const Workload& workload, const Effort& effort, cudaStream_t stream);

// GB/s of a copy within the device, bytes read plus bytes written; the median of several.
double copy_rate(cudaStream_t stream);

}  // namespace bench
