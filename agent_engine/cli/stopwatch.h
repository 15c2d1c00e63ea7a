// What a command measures of itself.
#pragma once

#include <chrono>

namespace datamigrate::cli {

// Adds up the time of the calls that it runs.
class Stopwatch {
 public:
  template <typename F>
  auto Time(F&& work) {
    const auto start = std::chrono::steady_clock::now();
    auto result = work();
    total_ += std::chrono::steady_clock::now() - start;
    return result;
  }
  double seconds() const { return std::chrono::duration<double>(total_).count(); }

 private:
  std::chrono::steady_clock::duration total_{};
};

}  // namespace datamigrate::cli
