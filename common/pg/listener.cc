#include "common/pg/listener.h"

#include <libpq-fe.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "absl/time/clock.h"

namespace datamigrate::pg {
namespace {

constexpr absl::Duration kFirstPause = absl::Milliseconds(100);
constexpr absl::Duration kLongestPause = absl::Seconds(5);

int MakeWakeFd() {
  int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) {
    std::perror("pg::Listener: eventfd");
    std::abort();
  }
  return fd;
}

}  // namespace

Listener::Listener(ConnectionOptions options, std::vector<std::string> channels)
    : options_(std::move(options)), channels_(std::move(channels)), wake_fd_(MakeWakeFd()) {}

Listener::~Listener() {
  close(wake_fd_);
}

void Listener::Wake() {
  uint64_t one = 1;
  // Fails only when the counter is full, and then a wake is pending anyway.
  [[maybe_unused]] ssize_t written = write(wake_fd_, &one, sizeof(one));
}

absl::Status Listener::Connect() {
  absl::StatusOr<std::unique_ptr<Connection>> opened = Connection::Open(options_);
  if (!opened.ok()) return opened.status();
  for (const std::string& channel : channels_) {
    std::string sql = fmt::format("LISTEN \"{}\"", channel);
    absl::StatusOr<Result> listening = (*opened)->Execute({"listen", sql});
    if (!listening.ok()) return listening.status();
  }
  connection_ = *std::move(opened);
  ++sessions_;
  return absl::OkStatus();
}

std::vector<Notification> Listener::Drain() {
  std::vector<Notification> notifications;
  PQconsumeInput(connection_->native());
  while (PGnotify* notify = PQnotifies(connection_->native())) {
    notifications.push_back({notify->relname, notify->extra});
    PQfreemem(notify);
  }
  return notifications;
}

bool Listener::Poll(absl::Time deadline) {
  absl::Duration left = std::clamp(deadline - absl::Now(), absl::ZeroDuration(), absl::Hours(1));
  pollfd entries[2] = {{wake_fd_, POLLIN, 0}, {-1, POLLIN, 0}};
  if (connection_ != nullptr) entries[1].fd = connection_->socket();
  left = absl::Ceil(left, absl::Milliseconds(1));
  poll(entries, 2, static_cast<int>(absl::ToInt64Milliseconds(left)));
  if ((entries[0].revents & POLLIN) == 0) return false;
  uint64_t count;
  [[maybe_unused]] ssize_t got = read(wake_fd_, &count, sizeof(count));
  return true;
}

absl::StatusOr<std::vector<Notification>> Listener::Wait(absl::Time deadline) {
  while (true) {
    if (connection_ != nullptr) {
      std::vector<Notification> arrived = Drain();
      if (!arrived.empty()) return arrived;
      if (!connection_->IsUsable()) {
        connection_.reset();
        next_attempt_ = absl::InfinitePast();
      }
    }
    if (connection_ == nullptr && absl::Now() >= next_attempt_) {
      last_error_ = Connect();
      if (last_error_.ok()) {
        pause_ = absl::ZeroDuration();
        return std::vector<Notification>();
      }
      pause_ = std::clamp(pause_ * 2, kFirstPause, kLongestPause);
      next_attempt_ = absl::Now() + pause_;
    }
    bool is_connected = connection_ != nullptr;
    bool was_woken = Poll(is_connected ? deadline : std::min(deadline, next_attempt_));
    if (was_woken) return std::vector<Notification>();
    if (absl::Now() < deadline) continue;
    if (!is_connected) return last_error_;
    return Drain();
  }
}

}  // namespace datamigrate::pg
