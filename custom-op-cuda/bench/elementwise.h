// Measures SwiGLU and SwiGLUGrad.
#pragma once

#include "fused.h"

namespace bench {

Row measure_elementwise(const Workload& workload, const Effort& effort, cudaStream_t stream);

}  // namespace bench
