// A test is a main() that calls expect(); the first failures are printed, and the exit status tells.
#pragma once

#include <cstdio>
#include <sstream>
#include <string>

namespace test {

inline int failures = 0;
inline int expectations = 0;

template <class... Parts> void expect(bool holds, const Parts&... parts) {
  ++expectations;
  if (holds || ++failures > 20) return;
  std::ostringstream sentence;
  (sentence << ... << parts);
  std::printf("FAILED: %s\n", sentence.str().c_str());
}

// What a test answers where it cannot run; ctest shows it as skipped.
constexpr int kSkipped = 77;

inline int finish(const char* what) {
  std::printf("%s: %d expectations, %d failed\n", what, expectations, failures);
  return failures == 0 && expectations > 0 ? 0 : 1;
}

}  // namespace test
