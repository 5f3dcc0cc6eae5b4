// Times several candidates against each other: each is a CUDA graph of launches over rotating buffers (so that no cache holds what
// is read next and launch gaps are what a graph leaves of them); the graphs run in turns, in changing order, and the medians count.
#pragma once

#include <cuda_runtime_api.h>

#include <functional>
#include <string>
#include <vector>

namespace bench {

struct Candidate {
  std::string name;
  std::function<void(int set, cudaStream_t stream)> launch;  // over buffer set number `set`
};

struct Timing {
  double median = 0, p10 = 0, p90 = 0;  // microseconds a launch
};

struct Plan {
  int sets;                // of buffers
  double graph_us = 1500;  // a graph takes at least about this long
  double total_ms = 300;   // of all candidates together
  double warm_ms = 0;      // before: the card throttles after about 100 ms of tensor work
};

std::vector<Timing> time_interleaved(const std::vector<Candidate>& candidates, const Plan& plan, cudaStream_t stream);

// Their numbers, the fastest first, from a short measurement.
std::vector<size_t> by_speed(const std::vector<Candidate>& candidates, int sets, cudaStream_t stream);

}  // namespace bench
