// Launches of the gradient's kernels on Hopper, which may begin while the kernel before ends.
#pragma once

#include "cuda/device.h"
#include "cuda/fused_grad/gemm_sm90/block.h"

namespace swiglu::cuda::grad_sm90 {

template <class Arguments>
cudaError_t launch_blocks(void (*kernel)(Arguments), const Arguments& arguments, int blocks, const Launch& where,
                          int shared_bytes = kBytesShared) {
  const cudaError_t error = allow_shared_memory(reinterpret_cast<const void*>(kernel), shared_bytes);
  if (error != cudaSuccess) return error;
  cudaLaunchAttribute early = {};
  early.id = cudaLaunchAttributeProgrammaticStreamSerialization;
  early.val.programmaticStreamSerializationAllowed = 1;
  cudaLaunchConfig_t config = {};
  config.gridDim = blocks;
  config.blockDim = kThreads;
  config.dynamicSmemBytes = shared_bytes;
  config.stream = where.stream;
  config.attrs = &early;
  config.numAttrs = 1;
  return cudaLaunchKernelEx(&config, kernel, arguments);
}

}  // namespace swiglu::cuda::grad_sm90
