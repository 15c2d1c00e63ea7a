#include "agent_engine/service/key_watch.h"

#include <fstream>
#include <iterator>
#include <utility>

#include "common/net/fetch.h"
#include "fmt/format.h"
#include "spdlog/spdlog.h"

namespace datamigrate::service {
namespace {

constexpr size_t kLongestDocument = 256 * 1024;

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kLongestDocument + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.empty() || text.size() > kLongestDocument) {
    return absl::UnavailableError("it is missing, empty, not readable or too large");
  }
  return text;
}

}  // namespace

KeyWatch::KeyWatch(Read read, const KeyWatchOptions& options)
    : read_(std::move(read)), options_(options) {
  ReadNow();
  thread_ = std::thread([this] { Loop(); });
}

KeyWatch::~KeyWatch() {
  {
    absl::MutexLock lock(&mutex_);
    is_stopping_ = true;
  }
  thread_.join();
}

std::shared_ptr<const crypto::PublishedKeys> KeyWatch::keys() const {
  absl::ReaderMutexLock lock(&mutex_);
  return keys_;
}

void KeyWatch::ReadSooner() {
  absl::MutexLock lock(&mutex_);
  is_asked_ = true;
}

void KeyWatch::ReadNow() {
  const absl::StatusOr<std::string> document = read_();
  const absl::StatusOr<crypto::PublishedKeys> keys =
      document.ok() ? crypto::PublishedKeys::Parse(*document) : document.status();
  const std::string trouble(keys.status().message());
  // Said once, however long it lasts.
  if (!trouble.empty() && trouble != trouble_) {
    spdlog::warn("the gateway's keys were not read: {}", trouble);
  } else if (trouble.empty() && trouble_ != trouble) {
    spdlog::info("callers are checked with {} keys of the gateway", keys->size());
  }
  trouble_ = trouble;
  if (!keys.ok()) return;
  absl::MutexLock lock(&mutex_);
  keys_ = std::make_shared<const crypto::PublishedKeys>(*keys);
}

void KeyWatch::Loop() {
  const auto is_stopping = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return is_stopping_; };
  const auto is_wanted = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return is_stopping_ || is_asked_;
  };
  absl::MutexLock lock(&mutex_);
  while (!mutex_.AwaitWithTimeout(absl::Condition(&is_stopping), options_.shortest_pause)) {
    if (keys_ != nullptr) mutex_.AwaitWithTimeout(absl::Condition(&is_wanted), options_.period);
    if (is_stopping_) return;
    is_asked_ = false;
    mutex_.Unlock();
    ReadNow();
    mutex_.Lock();
  }
}

absl::StatusOr<KeyWatch::Read> ReaderOf(const std::string& place, const std::string& ca_file) {
  const bool is_url = place.find("://") != std::string::npos;
  if (is_url && !net::IsFetchable(place)) {
    return absl::InvalidArgumentError(
        fmt::format("--token-keys {}: keys come from a file, by https://, or by http:// from this "
                    "machine; whoever could change them on their way could speak for everybody",
                    place));
  }
  return KeyWatch::Read([=]() -> absl::StatusOr<std::string> {
    absl::StatusOr<std::string> text =
        is_url ? net::Fetch({.url = place, .peer = "the gateway"}, {.ca_file = ca_file})
               : ReadFile(place);
    if (text.ok()) return text;
    return absl::UnavailableError(
        fmt::format("{}: {}", place, std::string(text.status().message())));
  });
}

}  // namespace datamigrate::service
