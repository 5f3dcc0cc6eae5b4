// Measures FusedSwiGLUGrad against cuBLAS's products, and judges it against float64.
#pragma once

#include "fused.h"

namespace bench {

// Groups: grad, where gate and up are given and dX, dW_gate, dW_up are wanted; grad_recompute, where they are not given; grad_biases,
// where they are, and db_gate and db_up are wanted, too.
Row measure_grad(const Workload& workload, const Effort& effort, const Cublas& cublas, cudaStream_t stream);

}  // namespace bench
