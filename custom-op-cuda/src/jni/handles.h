// What Java holds of a native object: a number that is never used again. A call holds the object itself while it works with it,
// so another thread may close it at any moment; it is destroyed when the last call is done.
#pragma once

#include <memory>
#include <mutex>
#include <unordered_map>

#include "jni/java.h"

namespace swiglu::jni {

template <class T> class Handles {
 public:
  // `when_closed` is what a caller reads who uses a number after it was closed.
  explicit Handles(const char* when_closed) : when_closed_(when_closed) {}

  jlong add(std::shared_ptr<T> object) {
    const std::lock_guard<std::mutex> lock(mutex_);
    objects_.emplace(++last_, std::move(object));
    return last_;
  }

  std::shared_ptr<T> get(jlong handle) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = objects_.find(handle);
    if (found == objects_.end()) throw illegal_state(when_closed_);
    return found->second;
  }

  // Null where it was closed before.
  std::shared_ptr<T> remove(jlong handle) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = objects_.find(handle);
    if (found == objects_.end()) return nullptr;
    std::shared_ptr<T> object = std::move(found->second);
    objects_.erase(found);
    return object;
  }

  size_t count() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return objects_.size();
  }

 private:
  const char* when_closed_;
  mutable std::mutex mutex_;
  std::unordered_map<jlong, std::shared_ptr<T>> objects_;
  jlong last_ = 0;
};

}  // namespace swiglu::jni
