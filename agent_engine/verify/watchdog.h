// Interrupts a connection whose statement runs too long or is no longer wanted.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "agent_engine/data/duckdb_database.h"

namespace datamigrate::verify {

// Watches one connection from a thread of its own, which ends with the object.
class Watchdog {
 public:
  // `is_cancelled` is asked ten times a second; it may be empty.
  Watchdog(data::Connection& connection, std::function<bool()> is_cancelled);
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  ~Watchdog();

  // The statements until Rest() may take `limit` together.
  void Watch(std::chrono::milliseconds limit);
  // Returns whether the limit was passed since Watch().
  bool Rest();

 private:
  using Clock = std::chrono::steady_clock;

  void Run();

  data::Connection& connection_;
  const std::function<bool()> is_cancelled_;
  std::mutex mutex_;  // Guards what follows.
  std::condition_variable changed_;
  Clock::time_point deadline_ = Clock::time_point::max();
  bool is_watching_ = false;
  bool has_expired_ = false;
  bool is_ending_ = false;
  std::thread thread_;
};

}  // namespace datamigrate::verify
