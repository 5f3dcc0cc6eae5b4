// What the tests of FusedSwiGLU and of its gradient share: which paths they try, their arguments, and the table that they end with.
//   --path NAME   only that path     --quick   few small cases, for compute-sanitizer     --large   more than 2³¹ elements
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "check.h"
#include "cuda/device_memory.h"
#include "cuda/fused/paths.h"

namespace test {

inline std::vector<swiglu::cuda::Path> paths;  // automatic comes first
inline bool quick = false, large = false;

template <class T> const char* type_name();
template <> inline const char* type_name<float>() { return "float32"; }
template <> inline const char* type_name<swiglu::float16>() { return "float16"; }
template <> inline const char* type_name<swiglu::bfloat16>() { return "bfloat16"; }

// Those of `paths` that take the problem.
template <class Problem> std::vector<swiglu::cuda::Path> paths_for(const Problem& problem) {
  using namespace swiglu::cuda;
  std::vector<Path> result;
  for (const Path path : paths) {
    if (path == Path::automatic || takes(path, problem, current_device())) result.push_back(path);
  }
  return result;
}

// What was seen of one path with one type.
struct Tally {
  int cases = 0, failed = 0;
  double ratio = 0, worst = 0;  // error over what is allowed; the worst element over what is allowed

  void add(bool passes, double error, double allowed) {
    ++cases;
    failed += !passes;
    ratio = std::max(ratio, error / std::max(allowed, 1e-30));
  }
};
inline std::map<std::string, Tally> tallies;

// False if it says how the test is used.
inline bool read_arguments(int argc, char** argv, std::vector<swiglu::cuda::Path> all_paths) {
  paths = std::move(all_paths);
  for (int i = 1; i < argc; ++i) {
    swiglu::cuda::Path path;
    if (std::strcmp(argv[i], "--quick") == 0) {
      quick = true;
    } else if (std::strcmp(argv[i], "--large") == 0) {
      large = true;
    } else if (std::strcmp(argv[i], "--path") == 0 && i + 1 < argc && swiglu::cuda::find_path(argv[i + 1], &path)) {
      paths = {path};
      ++i;
    } else {
      std::printf("usage: %s [--path NAME] [--quick | --large]\n", argv[0]);
      return false;
    }
  }
  if (quick) {
    guard_bytes = 0;
    if (paths.size() > 1) paths.erase(paths.begin());  // automatic is one of the others
  }
  return true;
}

inline int finish_with_table(const char* name, const char* what) {
  std::printf("%-26s %7s %7s %15s %15s\n", "path and type", what, "failed", "error/allowed", "worst element");
  for (const auto& [path, tally] : tallies) {
    std::printf("%-26s %7d %7d %15.3f %15.3f\n", path.c_str(), tally.cases, tally.failed, tally.ratio, tally.worst);
  }
  return finish(name);
}

}  // namespace test
