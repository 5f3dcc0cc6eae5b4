// The CPU execution provider's side of the table in register.cc.
#pragma once

#include "cpu/kernels.h"
#include "ops/fused_swiglu.h"
#include "ops/swiglu.h"

namespace swiglu::cpu {

constexpr const char* kProvider = "CPUExecutionProvider";

template <class T> void run_swiglu(const ort::Call& call) {
  kernels().of<T>().swiglu(swiglu_problem<T>(call), ort::CpuWorkers(call.context()));
}

template <class T> void run_swiglu_grad(const ort::Call& call) {
  kernels().of<T>().swiglu_grad(swiglu_grad_problem<T>(call), ort::CpuWorkers(call.context()));
}

template <class T> void run_fused_swiglu(const ort::Call& call) {
  kernels().of<T>().fused_swiglu(fused_swiglu_problem<T>(call), ort::CpuWorkers(call.context()));
}

template <class T> void run_fused_swiglu_grad(const ort::Call& call) {
  kernels().of<T>().fused_swiglu_grad(fused_swiglu_grad_problem<T>(call), ort::CpuWorkers(call.context()));
}

}  // namespace swiglu::cpu
