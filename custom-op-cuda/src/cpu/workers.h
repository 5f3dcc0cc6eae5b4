// The threads and the scratch memory that a CPU kernel may use: ONNX Runtime's own in a session, plain ones in tests.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "math/isa.h"

namespace swiglu::cpu {

class Workers {
 public:
  virtual ~Workers() = default;
  // Calls body(argument, i) for every i below total, on several threads at once, and returns when all are done.
  virtual void parallel_for(size_t total, void (*body)(void* argument, size_t i), void* argument) const = 0;
  // 64-byte aligned.
  virtual void* allocate(size_t bytes) const = 0;
  virtual void release(void* memory) const = 0;
};

}  // namespace swiglu::cpu

SWIGLU_BEGIN_ISA_NAMESPACE

template <class T> class Scratch {
 public:
  Scratch(const cpu::Workers& workers, int64_t count)
      : workers_(workers), data_(count > 0 ? static_cast<T*>(workers.allocate(count * sizeof(T))) : nullptr) {}
  ~Scratch() {
    if (data_ != nullptr) workers_.release(data_);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  T* data() const { return data_; }

 private:
  const cpu::Workers& workers_;
  T* data_;
};

// Runs task(state, t) for all tasks. Every worker makes one state (its scratch) and draws tasks until none is left, so
// uneven tasks balance; what a task computes never depends on who runs it.
template <class MakeState, class Task>
void run_tasks(const cpu::Workers& workers, int64_t tasks, const MakeState& make_state, const Task& task) {
  constexpr int64_t kMostWorkers = 256;
  struct Shared {
    const MakeState& make_state;
    const Task& task;
    int64_t tasks;
    std::atomic<int64_t> next{0};
  } shared{make_state, task, tasks};
  const auto work = [](void* argument, size_t) {
    Shared& shared = *static_cast<Shared*>(argument);
    int64_t t = shared.next.fetch_add(1);
    if (t >= shared.tasks) return;
    auto state = shared.make_state();
    for (; t < shared.tasks; t = shared.next.fetch_add(1)) shared.task(state, t);
  };
  workers.parallel_for(tasks < kMostWorkers ? tasks : kMostWorkers, work, &shared);
}

SWIGLU_END_ISA_NAMESPACE
