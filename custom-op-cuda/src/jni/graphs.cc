#include "jni/graphs.h"

#include <atomic>

namespace swiglu::jni {

Gate& capture_gate() {
  static Gate gate;
  return gate;
}

std::shared_lock<Gate> no_capture(int cuda_device) {
  return cuda_device == kCpu ? std::shared_lock<Gate>() : std::shared_lock<Gate>(capture_gate());
}

// Never that of a thread that ended, unlike the system's numbers.
static uint64_t this_thread() {
  static std::atomic<uint64_t> last{0};
  static thread_local const uint64_t number = ++last;
  return number;
}

bool Graphs::is_new(int id, const Addresses& addresses) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = captured_.find({this_thread(), id});
  if (found == captured_.end()) return true;
  if (found->second == addresses) return false;
  for (const auto& [name, address] : addresses) {
    const auto then = found->second.find(name);
    if (then == found->second.end() || then->second != address) {
      throw illegal_state("The graph " + std::to_string(id) + " was captured with another tensor for '" + name +
                          "'; bind that one, or capture this one under another id.");
    }
  }
  throw illegal_state("The graph " + std::to_string(id) + " was captured with more inputs or outputs; use another id.");
}

void Graphs::add(int id, const Addresses& addresses) {
  const std::lock_guard<std::mutex> lock(mutex_);
  captured_[{this_thread(), id}] = addresses;
}

}  // namespace swiglu::jni
