#include "row.h"

#include <cmath>
#include <cstdlib>

namespace bench {

using swiglu::cuda::Path;

// JSON has no NaN.
static std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.4g", value);
  return std::isfinite(value) ? text : "null";
}

struct Matrix {
  int64_t k, n;
};
static const Matrix kLayers[] = {{4096, 11008}, {4096, 14336}, {8192, 28672}};

static void add_layers(std::vector<Workload>* to, const std::string& group, const std::vector<int64_t>& rows) {
  for (const Type type : {Type::bfloat16, Type::float16}) {
    for (const auto [k, n] : kLayers) {
      for (const int64_t m : rows) to->push_back({group, "FusedSwiGLU", type, m, k, n});
    }
  }
}

std::vector<Workload> workloads(const std::string& group) {
  std::vector<Workload> result;
  const bool all = group == "all";
  if (all || group == "elementwise") {
    for (const char* op : {"SwiGLU", "SwiGLUGrad"}) {
      for (const Type type : {Type::bfloat16, Type::float16}) {
        for (const int64_t m : {2048, 8192}) {
          for (const int64_t n : {11008, 14336, 16384}) result.push_back({"elementwise", op, type, m, 0, n});
        }
      }
    }
  }
  if (all || group == "elementwise_y") {
    for (const Type type : {Type::bfloat16, Type::float16}) result.push_back({"elementwise_y", "SwiGLUGrad", type, 8192, 0, 11008});
  }
  for (const char* gradient : {"grad", "grad_recompute", "grad_biases"}) {
    if (!all && group != gradient) continue;
    for (const Type type : {Type::bfloat16, Type::float16}) {
      for (const int64_t n : {11008, 14336}) {
        for (const int64_t m : {2048, 8192}) result.push_back({gradient, "FusedSwiGLUGrad", type, m, 4096, n});
      }
    }
  }
  if (all || group == "decode") add_layers(&result, "decode", {1, 2, 4, 8, 16, 32, 64});
  if (all || group == "gemm") add_layers(&result, "gemm", {128, 256, 512, 1024, 2048, 8192});
  if (all || group == "tf32") result.push_back({"tf32", "FusedSwiGLU", Type::float32, 2048, 4096, 11008});
  if (all || group == "mma") result.push_back({"mma", "FusedSwiGLU", Type::bfloat16, 2048, 4096, 11008, Path::mma_sm80});
  if (all || group == "sweep") {
    for (const int64_t k : {512, 1536, 2048, 4096, 5120, 8192}) {
      for (const int64_t n : {1408, 4096, 5632, 11008, 13824}) {
        for (const int64_t m : {1, 3, 8, 17, 64, 100, 255, 512, 1000, 4096}) {
          result.push_back({"sweep", "FusedSwiGLU", Type::bfloat16, m, k, n});
        }
      }
    }
  }
  return result;
}

void write_json(const std::string& file, const Run& run, const std::vector<Row>& rows) {
  std::FILE* out = std::fopen(file.c_str(), "w");
  if (out == nullptr) {
    std::perror(file.c_str());
    std::exit(1);
  }
  std::fprintf(out, "{\"gpu\":\"%s\",\"copy_gbs\":%.0f,\"cublas\":\"%s\",\"rows\":[", run.gpu.c_str(), run.copy_gbs,
               run.cublas.c_str());
  const char* separator = "\n";
  for (const Row& row : rows) {
    const Workload& w = row.workload;
    std::fprintf(out, "%s{\"op\":\"%s\",\"group\":\"%s\",\"dtype\":\"%s\",\"M\":%ld,\"K\":%ld,\"N\":%ld,\"path\":\"%s\",", separator,
                 w.op.c_str(), w.group.c_str(), name(w.type), long(w.m), long(w.k), long(w.n), row.path.c_str());
    std::fprintf(out, "\"us\":%.3f,\"us_p10\":%.3f,\"us_p90\":%.3f,\"tflops\":%.2f,\"gbs\":%.1f,", row.ours.median, row.ours.p10,
                 row.ours.p90, row.tflops(), row.gbs());
    std::fprintf(out, "\"peak_bytes\":%ld,\"peak_bytes_unfused\":%ld,\"baselines\":{", long(row.peak_bytes),
                 long(row.peak_bytes_unfused));
    const char* comma = "";
    for (const auto& [baseline, us] : row.baselines) {
      std::fprintf(out, "%s\"%s\":%.3f", comma, baseline.c_str(), us);
      comma = ",";
    }
    std::fprintf(out, "}");
    if (row.us_alone) std::fprintf(out, ",\"us_alone\":%.3f", *row.us_alone);
    const auto errors = [&](const char* suffix, const std::optional<Errors>& e) {
      if (!e) return;
      std::fprintf(out, ",\"error%s\":%s,\"error_unfused%s\":%s", suffix, number(e->ours).c_str(), suffix,
                   number(e->unfused).c_str());
    };
    errors("", row.error);
    errors("_wide", row.error_wide);
    if (row.bit_identical) std::fprintf(out, ",\"bit_identical\":%s", *row.bit_identical ? "true" : "false");
    std::fprintf(out, "}");
    separator = ",\n";
  }
  std::fprintf(out, "\n]}\n");
  std::fclose(out);
}

void print_heading() {
  std::printf("%-15s %-8s %5s %5s %6s %10s %7s %8s %8s %8s %7s %7s %8s %8s  %s\n", "op", "dtype", "M", "K", "N", "us", "x gemm",
              "x unfus.", "x elem.", "x alone", "% copy", "TFLOP/s", "error", "unfused", "path");
}

void print(const Row& row, double copy_gbs) {
  const Workload& w = row.workload;
  const Errors error = row.error.value_or(Errors());
  const double alone = row.us_alone ? row.baselines.at("cublas_gemm_alone") / *row.us_alone : 0;
  std::printf("%-15s %-8s %5ld %5ld %6ld %10.2f %7.3f %8.3f %8.3f %8.3f %7.1f %7.0f %8.1e %8.1e  %s%s\n", w.op.c_str(),
              name(w.type), long(w.m), long(w.k), long(w.n), row.ours.median, row.ratio("cublas_gemm"), row.ratio("cublas_unfused"),
              row.ratio("cublas_elementwise"), alone, 100 * row.gbs() / copy_gbs, row.tflops(), error.ours, error.unfused,
              row.path.c_str(), row.bit_identical.value_or(true) ? "" : "  NOT BIT-IDENTICAL");
  std::fflush(stdout);
}

}  // namespace bench
