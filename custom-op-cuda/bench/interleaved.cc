#include "interleaved.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "cuda/device_memory.h"

namespace bench {

using test::check;

class Events {
 public:
  explicit Events(size_t count) : events_(count) {
    for (cudaEvent_t& event : events_) check(cudaEventCreate(&event));
  }
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;
  ~Events() {
    for (const cudaEvent_t event : events_) cudaEventDestroy(event);
  }
  cudaEvent_t operator[](size_t i) const { return events_[i]; }
  double us_between(size_t a, size_t b) const {
    float ms = 0;
    check(cudaEventElapsedTime(&ms, events_[a], events_[b]), "timing");
    return ms * 1000.0;
  }

 private:
  std::vector<cudaEvent_t> events_;
};

class Graphs {
 public:
  Graphs(const std::vector<Candidate>& candidates, int launches, int sets, cudaStream_t stream) {
    for (const Candidate& candidate : candidates) {
      graphs_.push_back(test::captured(stream, [&] {
        for (int i = 0; i < launches; ++i) candidate.launch(i % sets, stream);
      }));
      check(cudaGraphUpload(graphs_.back(), stream), "graph upload");
    }
  }
  Graphs(const Graphs&) = delete;
  Graphs& operator=(const Graphs&) = delete;
  ~Graphs() {
    for (const cudaGraphExec_t graph : graphs_) cudaGraphExecDestroy(graph);
  }
  void launch(size_t i, cudaStream_t stream) const { check(cudaGraphLaunch(graphs_[i], stream), "graph launch"); }

 private:
  std::vector<cudaGraphExec_t> graphs_;
};

// About how long one launch takes, from a handful after the first.
static double estimate_us(const Candidate& candidate, int sets, cudaStream_t stream) {
  const Events events(2);
  candidate.launch(0, stream);
  check(cudaStreamSynchronize(stream), candidate.name.c_str());
  const int launches = std::min(sets, 4);
  check(cudaEventRecord(events[0], stream));
  for (int i = 0; i < launches; ++i) candidate.launch(i, stream);
  check(cudaEventRecord(events[1], stream));
  check(cudaStreamSynchronize(stream), candidate.name.c_str());
  return events.us_between(0, 1) / launches;
}

static Timing summary(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto at = [&](double part) { return values[static_cast<size_t>(std::lround(part * (values.size() - 1)))]; };
  return {at(0.5), at(0.1), at(0.9)};
}

// Who comes at place `i` of a turn: the start rotates, and every second turn runs backwards.
static size_t turn_order(int turn, size_t i, size_t count) { return ((turn % 2 == 0 ? i : count - 1 - i) + turn / 2) % count; }

std::vector<Timing> time_interleaved(const std::vector<Candidate>& candidates, const Plan& plan, cudaStream_t stream) {
  double least = 1e30, together = 0;
  for (const Candidate& candidate : candidates) {
    const double us = estimate_us(candidate, plan.sets, stream);
    least = std::min(least, us);
    together += us;
  }
  const int rounds = std::clamp(static_cast<int>(std::ceil(plan.graph_us / (least * plan.sets))), 1, 50);
  const int launches = rounds * plan.sets;
  const double turn_ms = together * launches / 1000;
  const int turns = std::clamp(static_cast<int>(plan.total_ms / turn_ms), 5, 400);
  const size_t count = candidates.size();
  const Graphs graphs(candidates, launches, plan.sets, stream);
  const Events events(turns * (count + 1));

  for (int warm = 0; warm < std::ceil(plan.warm_ms / turn_ms); ++warm) {
    for (size_t i = 0; i < count; ++i) graphs.launch(i, stream);
  }
  for (size_t i = 0; i < count; ++i) graphs.launch(i, stream);
  for (int turn = 0; turn < turns; ++turn) {
    check(cudaEventRecord(events[turn * (count + 1)], stream));
    for (size_t i = 0; i < count; ++i) {
      graphs.launch(turn_order(turn, i, count), stream);
      check(cudaEventRecord(events[turn * (count + 1) + i + 1], stream));
    }
  }
  check(cudaStreamSynchronize(stream), "timing");

  std::vector<std::vector<double>> us(count);
  for (int turn = 0; turn < turns; ++turn) {
    for (size_t i = 0; i < count; ++i) {
      const size_t at = turn * (count + 1) + i;
      us[turn_order(turn, i, count)].push_back(events.us_between(at, at + 1) / launches);
    }
  }
  std::vector<Timing> result;
  for (const std::vector<double>& values : us) result.push_back(summary(values));
  return result;
}

std::vector<size_t> by_speed(const std::vector<Candidate>& candidates, int sets, cudaStream_t stream) {
  Plan plan = {sets};
  plan.graph_us = 200;
  plan.total_ms = 15;
  const std::vector<Timing> timings = time_interleaved(candidates, plan, stream);
  std::vector<size_t> order(candidates.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return timings[a].median < timings[b].median; });
  return order;
}

}  // namespace bench
