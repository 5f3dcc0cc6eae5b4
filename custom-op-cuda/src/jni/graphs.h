// CUDA graphs that ONNX Runtime captures, one for each session, thread and id: when a capture may happen, and with which memory a
// captured graph may be replayed.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "jni/device.h"
#include "jni/gate.h"
#include "jni/java.h"

namespace swiglu::jni {

constexpr int kNoGraph = -1;

// While a graph is captured, nothing else in the process may allocate or copy on a GPU: CUDA ends the capture with an error. So a
// capture has this alone, and all the rest that concerns a GPU shares it.
Gate& capture_gate();

// A share of it for work on this device; nothing on the CPU, which captures do not concern.
std::shared_lock<Gate> no_capture(int cuda_device);

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
