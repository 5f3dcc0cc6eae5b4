// CUDA graphs that ONNX Runtime captures, one for each session, thread and id: when a capture may happen, and with which memory a
// captured graph may be replayed.
#pragma once

#include <map>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include "jni/java.h"

namespace swiglu::jni {

constexpr int kNoGraph = -1;

// While a graph is captured, nothing else in the process may allocate or copy on a GPU: CUDA ends the capture with an error. So a
// capture has this alone, and everything else shares it. A capture that waits lets nobody else in, or busy threads would keep it
// waiting for ever. For std::shared_lock and std::unique_lock; no thread may hold it twice.
class CaptureGate {
 public:
  void lock() {
    entrance_.lock();
    inside_.lock();
  }
  void unlock() {
    inside_.unlock();
    entrance_.unlock();
  }
  void lock_shared() {
    const std::lock_guard<std::mutex> enter(entrance_);
    inside_.lock_shared();
  }
  void unlock_shared() { inside_.unlock_shared(); }

 private:
  std::mutex entrance_;
  std::shared_mutex inside_;
};

CaptureGate& capture_gate();

// Where the tensors of a run lie: name, then address and dimensions.
using Addresses = std::map<std::string, std::vector<int64_t>>;

class Graphs {
 public:
  // Whether this thread has yet to capture the graph. Throws where it was captured with other tensors: ONNX Runtime would use
  // those again without a word.
  bool is_new(int id, const Addresses& addresses) const;
  void add(int id, const Addresses& addresses);

 private:
  using Key = std::pair<uint64_t, int>;  // thread, id
  mutable std::mutex mutex_;
  std::map<Key, Addresses> captured_;
};

}  // namespace swiglu::jni
