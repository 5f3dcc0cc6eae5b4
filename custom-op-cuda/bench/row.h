// One measurement: what is to be measured, and a row of the evidence file.
#pragma once

#include <cstdint>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cublas.h"
#include "cuda/fused/paths.h"
#include "interleaved.h"

namespace bench {

struct Workload {
  std::string group;  // elementwise, elementwise_y, grad, grad_recompute, grad_biases, decode, gemm, sweep, tf32, mma
  std::string op;     // SwiGLU, SwiGLUGrad, FusedSwiGLU, FusedSwiGLUGrad
  Type type;
  int64_t m, k, n;  // k is 0 for an elementwise operator
  swiglu::cuda::Path path = swiglu::cuda::Path::automatic;
};

// Relative, against float64.
struct Errors {
  double ours = 0, unfused = 0;
};

struct Row {
  Workload workload;
  std::string path;  // the one that ran
  Timing ours;
  std::optional<double> us_alone;  // with a pause after each launch, whose time is counted, too; beside it cublas_gemm_alone
  double flops = 0, bytes = 0;  // what the operator must at least do and move
  std::map<std::string, double> baselines;
  std::optional<Errors> error, error_wide;         // normal data; gates to ±100
  int64_t peak_bytes = 0, peak_bytes_unfused = 0;  // beyond inputs and output: peak_bytes.h; of the unfused graph, by its tensors
  std::optional<bool> bit_identical;               // over twenty runs

  double tflops() const { return flops / ours.median * 1e-6; }
  double gbs() const { return bytes / ours.median * 1e-3; }
  double ratio(const std::string& baseline) const {
    const auto found = baselines.find(baseline);
    return found == baselines.end() ? 0 : found->second / ours.median;
  }
};

// All workloads of a group; `all` is every group.
std::vector<Workload> workloads(const std::string& group);

struct Run {
  std::string gpu;
  double copy_gbs;
  std::string cublas;
};

void write_json(const std::string& file, const Run& run, const std::vector<Row>& rows);
void print_heading();
void print(const Row& row, double copy_gbs);

}  // namespace bench
