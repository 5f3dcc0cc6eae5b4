// The native benchmark: our operators against cuBLAS on one GPU, one JSON file of rows. `swiglu_bench --help` shows the options.
#include <cuda_runtime_api.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "cuda/device_memory.h"
#include "copy_rate.h"
#include "elementwise.h"
#include "fused.h"
#include "grad.h"

using namespace bench;
using swiglu::cuda::Path;

static const char* const kUsage =
    "usage: swiglu_bench [options]\n"
    "  --rows elementwise|elementwise_y|grad|grad_recompute|grad_biases|decode|gemm|sweep|tf32|mma|all\n"
    "                                                       what to measure (several: a,b,c); default all\n"
    "  --filter M=1|8,K=4096,dtype=bfloat16                 only these\n"
    "  --shapes 100x4096x11008,...                          these M x K x N instead of --rows, in bfloat16 unless --filter says\n"
    "  --paths automatic,gemm_sm90,...                      times our own paths side by side, writes no rows\n"
    "  --out FILE.json                                      where the rows go\n"
    "  --budget-seconds N                                   about how long all rows may take; default 240\n"
    "  --fast                                               no comparison with float64\n";

struct Options {
  std::vector<std::string> groups = {"all"}, shapes;
  std::map<std::string, std::vector<std::string>> filter;
  std::vector<Path> paths;
  std::string out;
  double budget_seconds = 240;
  bool judged = true;
};

static std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

[[noreturn]] static void usage(const std::string& complaint) {
  if (!complaint.empty()) std::fprintf(stderr, "%s\n", complaint.c_str());
  std::fputs(kUsage, stderr);
  std::exit(2);
}

static Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    const auto value = [&]() -> std::string { return i + 1 < argc ? argv[++i] : (usage(option + " needs a value"), ""); };
    if (option == "--rows") {
      options.groups = split(value(), ',');
    } else if (option == "--shapes") {
      options.shapes = split(value(), ',');
    } else if (option == "--filter") {
      for (const std::string& term : split(value(), ',')) {
        const std::vector<std::string> sides = split(term, '=');
        if (sides.size() != 2) usage("not a filter: " + term);
        options.filter[sides[0]] = split(sides[1], '|');
      }
    } else if (option == "--paths") {
      for (const std::string& name : split(value(), ',')) {
        Path path;
        if (!swiglu::cuda::find_path(name.c_str(), &path)) usage("no such path: " + name);
        options.paths.push_back(path);
      }
    } else if (option == "--out") {
      options.out = value();
    } else if (option == "--budget-seconds") {
      options.budget_seconds = std::atof(value().c_str());
    } else if (option == "--fast") {
      options.judged = false;
    } else {
      usage(option == "--help" ? "" : "unknown option: " + option);
    }
  }
  return options;
}

static bool passes(const Workload& w, const Options& options) {
  const std::map<std::string, std::string> facts = {
      {"M", std::to_string(w.m)}, {"K", std::to_string(w.k)}, {"N", std::to_string(w.n)}, {"dtype", name(w.type)}, {"op", w.op}};
  for (const auto& [key, allowed] : options.filter) {
    const auto fact = facts.find(key);
    if (fact == facts.end()) usage("no such filter: " + key);
    if (std::find(allowed.begin(), allowed.end(), fact->second) == allowed.end()) return false;
  }
  return true;
}

static std::vector<Workload> chosen(const Options& options) {
  std::vector<Workload> candidates, result;
  for (const std::string& shape : options.shapes) {
    const std::vector<std::string> sizes = split(shape, 'x');
    if (sizes.size() != 3) usage("not a shape: " + shape);
    for (const Type type : {Type::bfloat16, Type::float16, Type::float32}) {
      if (type != Type::bfloat16 && options.filter.count("dtype") == 0) continue;
      candidates.push_back({"shapes", "FusedSwiGLU", type, std::stol(sizes[0]), std::stol(sizes[1]), std::stol(sizes[2])});
    }
  }
  if (options.shapes.empty()) {
    for (const std::string& group : options.groups) {
      const std::vector<Workload> more = workloads(group);
      if (more.empty()) usage("no such rows: " + group);
      candidates.insert(candidates.end(), more.begin(), more.end());
    }
  }
  for (const Workload& w : candidates) {
    if (passes(w, options)) result.push_back(w);
  }
  return result;
}

// "NVIDIA H200" is h200.
static std::string gpu_name() {
  cudaDeviceProp properties;
  test::check(cudaGetDeviceProperties(&properties, swiglu::cuda::current_device().index));
  std::string result;
  for (const char* c = properties.name; *c != 0; ++c) result += *c == ' ' ? '-' : static_cast<char>(std::tolower(*c));
  return result.rfind("nvidia-", 0) == 0 ? result.substr(7) : result;
}

static void print_paths(const Workload& w, const std::map<std::string, double>& us, double copy_gbs) {
  const double flops = 4.0 * w.m * w.k * w.n, bytes = double(w.m * w.k + 2 * w.k * w.n + w.m * w.n) * size_of(w.type);
  const double gemm = us.at("cublas_gemm"), elementwise = us.at("cublas_elementwise");
  std::printf("%5ld x %5ld x %6ld %s\n", long(w.m), long(w.k), long(w.n), name(w.type));
  for (const auto& [what, time] : us) {
    std::printf("  %-20s %10.2f us   x gemm %.3f   x elementwise %.3f   %5.1f %% copy   %4.0f TFLOP/s\n", what.c_str(), time,
                gemm / time, elementwise / time, bytes / time * 0.1 / copy_gbs, flops / time * 1e-6);
  }
  std::fflush(stdout);
}

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  const std::vector<Workload> workloads = chosen(options);
  if (test::lacks_gpu()) return 77;
  const test::Stream stream;
  const Cublas cublas;
  const auto start = std::chrono::steady_clock::now();
  const auto elapsed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); };
  const Effort effort = {std::clamp(options.budget_seconds / 240, 0.1, 2.0), options.judged};

  std::vector<double> copies = {copy_rate(stream)};
  std::vector<Row> rows;
  Run run = {gpu_name(), copies[0], cublas.version()};
  const auto save = [&] {
    std::sort(copies.begin(), copies.end());
    run.copy_gbs = copies[copies.size() / 2];
    if (!options.out.empty()) write_json(options.out, run, rows);
  };
  if (options.paths.empty()) print_heading();
  size_t left_out = 0;
  for (const Workload& w : workloads) {
    if (elapsed() > options.budget_seconds) {
      ++left_out;
    } else if (!options.paths.empty()) {
      if (w.op == "FusedSwiGLU") print_paths(w, compare_paths(w, options.paths, effort, cublas, stream), run.copy_gbs);
    } else {
      rows.push_back(w.k == 0                      ? measure_elementwise(w, effort, stream)
                     : w.op == "FusedSwiGLUGrad" ? measure_grad(w, effort, cublas, stream)
                                                 : measure_fused(w, effort, cublas, stream));
      if (rows.size() % 50 == 24) copies.push_back(copy_rate(stream));
      print(rows.back(), run.copy_gbs);
      save();
    }
  }
  copies.push_back(copy_rate(stream));
  save();
  std::printf("%s: %zu rows in %.0f s, copy %.0f GB/s (%.0f to %.0f), cuBLAS %s\n", run.gpu.c_str(), rows.size(), elapsed(),
              run.copy_gbs, copies.front(), copies.back(), run.cublas.c_str());
  if (left_out > 0) std::printf("%zu rows were left out: --budget-seconds was spent\n", left_out);
  return left_out == 0 ? 0 : 3;
}
