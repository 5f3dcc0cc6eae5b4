// A lock that many share or one has alone. Who waits to have it alone lets nobody else in: many busy threads would keep a
// std::shared_mutex from ever being free. For std::shared_lock and std::unique_lock; no thread may hold it twice.
#pragma once

#include <mutex>
#include <shared_mutex>

namespace swiglu::jni {

class Gate {
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

}  // namespace swiglu::jni
