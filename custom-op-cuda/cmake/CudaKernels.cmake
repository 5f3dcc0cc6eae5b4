# The CUDA kernels, built where nvcc is found; without it the library has its CPU part only. cudart is linked statically and loads
# the driver when a session first uses a GPU, so the same file runs on machines without one.
include(CheckLanguage)
check_language(CUDA)
if(CMAKE_CUDA_COMPILER)
  # Each group of kernels names its own architectures below.
  set(CMAKE_CUDA_ARCHITECTURES OFF)
  enable_language(CUDA)
else()
  message(STATUS "nvcc was not found: building without CUDA kernels")
endif()

# Kernels for `architectures`; a chip that is not named takes the PTX of the nearest older one, where there is PTX.
function(add_cuda_group target architectures)
  add_library(${target} OBJECT ${ARGN})
  target_include_directories(${target} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/src ${CMAKE_CUDA_TOOLKIT_INCLUDE_DIRECTORIES})
  target_compile_features(${target} PRIVATE cuda_std_17)
  target_compile_options(${target} PRIVATE
    "$<$<COMPILE_LANGUAGE:CUDA>:--expt-relaxed-constexpr;--extended-lambda;SHELL:--Werror default-stream-launch>")
  set_target_properties(${target} PROPERTIES CUDA_ARCHITECTURES "${architectures}" CUDA_RUNTIME_LIBRARY Static)
endfunction()

function(add_cuda_kernels target)
  if(NOT CMAKE_CUDA_COMPILER)
    return()
  endif()
  set(cuda ${CMAKE_CURRENT_SOURCE_DIR}/src/cuda)
  add_cuda_group(swiglu_cuda_smxx "75-real;80-real;90-real;90-virtual" ${cuda}/elementwise_smxx.cu ${cuda}/fused/plain_smxx/plain_smxx.cu
    ${cuda}/fused_grad/gate_gradients_smxx.cu ${cuda}/fused_grad/plain_smxx/product_plain_smxx.cu)
  add_cuda_group(swiglu_cuda_sm80 "80-real;90-real;90-virtual" ${cuda}/fused/mma_sm80/mma_sm80.cu ${cuda}/fused_grad/mma_sm80/product_mma_sm80.cu)
  add_cuda_group(swiglu_cuda_sm90 "90a-real" ${cuda}/fused/gemm_sm90/gemm_sm90_16bit.cu ${cuda}/fused/decode_sm90/decode_sm90_16bit.cu
    ${cuda}/fused/tf32_sm90/tf32_sm90.cu
    ${cuda}/fused_grad/gemm_sm90/grad_products_sm90_16bit.cu ${cuda}/fused_grad/gemm_sm90/gate_gradients_sm90_16bit.cu
    ${cuda}/fused_grad/gemm_sm90/gradients_sm90_16bit.cu)
  add_library(${target} STATIC ${cuda}/device.cc ${cuda}/tensor_map.cc ${cuda}/fused/paths.cc ${cuda}/fused_grad/paths.cc
    $<TARGET_OBJECTS:swiglu_cuda_smxx> $<TARGET_OBJECTS:swiglu_cuda_sm80> $<TARGET_OBJECTS:swiglu_cuda_sm90>)
  target_include_directories(${target} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/src ${CMAKE_CUDA_TOOLKIT_INCLUDE_DIRECTORIES})
  target_compile_definitions(${target} PUBLIC SWIGLU_CUDA)
  set_target_properties(${target} PROPERTIES CUDA_RUNTIME_LIBRARY Static)
endfunction()
