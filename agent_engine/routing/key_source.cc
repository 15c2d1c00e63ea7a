#include "agent_engine/routing/key_source.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "common/crypto/key_file.h"
#include "common/text/text.h"

namespace datamigrate::routing {
namespace {

constexpr absl::Duration kKept = absl::Seconds(5);

// A key goes into a header field: RFC 9110, section 5.5.
bool IsKey(std::string_view key) {
  return !key.empty() &&
         std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

KeyReader::KeyReader(Clock* clock, Sealed sealed) : clock_(clock), sealed_(std::move(sealed)) {}

KeyReader::~KeyReader() {
  for (auto& [reference, read] : read_) {
    if (read.key.ok()) crypto::Wipe(*read.key);
  }
}

absl::StatusOr<std::string> KeyReader::Find(std::string_view reference) {
  const absl::Duration now = clock_->Steady();
  {
    absl::MutexLock lock(&mutex_);
    const auto found = read_.find(reference);
    if (found != read_.end() && now - found->second.at < kKept) return found->second.key;
  }
  absl::StatusOr<std::string> key = ReadNow(reference);
  if (key.ok()) {
    *key = std::string(text::Trimmed(*key));
    if (!IsKey(*key)) key = absl::NotFoundError(text::Cat(reference, " holds no API key"));
  }
  absl::MutexLock lock(&mutex_);
  read_.insert_or_assign(std::string(reference), Read{key, now});
  return key;
}

absl::StatusOr<std::string> KeyReader::ReadNow(std::string_view reference) {
  const size_t colon = reference.find(':');
  const std::string_view scheme = reference.substr(0, colon);
  const std::string name(colon == std::string_view::npos ? "" : reference.substr(colon + 1));
  if (scheme == "env") {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr || *value == '\0') {
      return absl::NotFoundError(text::Cat("the environment has no ", name));
    }
    return std::string(value);
  }
  if (scheme == "file") return crypto::ReadKeyFile(name);
  if (scheme == "sealed" && sealed_) return sealed_(name);
  return absl::NotFoundError(text::Cat("there is no store that could hold the key ", name));
}

}  // namespace datamigrate::routing
