// Measures FusedSwiGLU against cuBLAS at its best, and judges both against float64.
#pragma once

#include "row.h"

namespace bench {

struct Effort {
  double seconds_scale = 1;  // of the measuring time
  bool judged = true;
};

Row measure_fused(const Workload& workload, const Effort& effort, const Cublas& cublas, cudaStream_t stream);

// Several of our paths side by side, by name, and with them cublas_gemm and cublas_elementwise; microseconds.
std::map<std::string, double> compare_paths(const Workload& workload, const std::vector<swiglu::cuda::Path>& paths,
                                            const Effort& effort, const Cublas& cublas, cudaStream_t stream);

}  // namespace bench
