#include "gateway/engine_client/circuit_breaker.h"

namespace datamigrate::gateway {

bool CircuitBreaker::Admit() {
  absl::MutexLock lock(&mutex_);
  if (failures_ < options_.failures) return true;
  if (is_probing_ || options_.now() < open_until_) return false;
  is_probing_ = true;
  return true;
}

void CircuitBreaker::Note(const absl::Status& status) {
  absl::MutexLock lock(&mutex_);
  is_probing_ = false;
  if (!absl::IsUnavailable(status) && !absl::IsDeadlineExceeded(status)) {
    failures_ = 0;
    return;
  }
  if (failures_ < options_.failures) ++failures_;
  if (failures_ >= options_.failures) open_until_ = options_.now() + options_.pause;
}

bool CircuitBreaker::is_open() const {
  absl::MutexLock lock(&mutex_);
  return failures_ >= options_.failures;
}

}  // namespace datamigrate::gateway
