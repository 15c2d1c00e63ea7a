#include "agent_engine/verify/watchdog.h"

namespace datamigrate::verify {
namespace {

constexpr auto kInterval = std::chrono::milliseconds(100);

}  // namespace

Watchdog::Watchdog(data::Connection& connection, std::function<bool()> is_cancelled)
    : connection_(connection), is_cancelled_(std::move(is_cancelled)), thread_([this] { Run(); }) {}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Watchdog::Watch(std::chrono::milliseconds limit) {
  const std::lock_guard lock(mutex_);
  deadline_ = Clock::now() + limit;
  is_watching_ = true;
  has_expired_ = false;
}

bool Watchdog::Rest() {
  const std::lock_guard lock(mutex_);
  is_watching_ = false;
  return has_expired_;
}

void Watchdog::Run() {
  std::unique_lock lock(mutex_);
  while (!is_ending_) {
    changed_.wait_for(lock, kInterval);
    if (is_ending_ || !is_watching_) continue;
    const bool is_late = Clock::now() >= deadline_;
    if (!is_late && !(is_cancelled_ && is_cancelled_())) continue;
    has_expired_ = has_expired_ || is_late;
    connection_.Interrupt();
  }
}

}  // namespace datamigrate::verify
