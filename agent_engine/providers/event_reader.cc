#include "agent_engine/providers/event_reader.h"

namespace datamigrate::providers {
namespace {

constexpr size_t kMaxBytes = 8 << 20;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

absl::Status TooLong() {
  return absl::DataLossError("an event of the stream has more than 8 MiB");
}

}  // namespace

absl::Status LineReader::Feed(std::string_view bytes,
                              const std::function<absl::Status(std::string_view line)>& take) {
  while (!bytes.empty()) {
    if (was_carriage_return_ && bytes.front() == '\n') bytes.remove_prefix(1);
    was_carriage_return_ = false;
    const size_t end = bytes.find_first_of("\r\n");
    line_.append(bytes.substr(0, end));
    if (line_.size() > kMaxBytes) return TooLong();
    if (end == std::string_view::npos) break;
    was_carriage_return_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    const absl::Status taken = take(line_);
    line_.clear();
    if (!taken.ok()) return taken;
  }
  return absl::OkStatus();
}

absl::Status EventReader::Feed(std::string_view bytes, const Take& take) {
  return lines_.Feed(bytes, [&](std::string_view line) { return TakeLine(line, take); });
}

absl::Status EventReader::TakeLine(std::string_view line, const Take& take) {
  if (is_first_line_ && line.starts_with(kByteOrderMark)) line.remove_prefix(3);
  is_first_line_ = false;
  if (line.empty()) {
    absl::Status taken = has_data_ ? take(event_, data_) : absl::OkStatus();
    event_.clear();
    data_.clear();
    has_data_ = false;
    return taken;
  }
  const size_t colon = line.find(':');
  const std::string_view name = line.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? "" : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (name == "event") event_ = value;
  if (name == "data") {
    if (has_data_) data_ += '\n';
    data_ += value;
    has_data_ = true;
    if (data_.size() > kMaxBytes) return TooLong();
  }
  return absl::OkStatus();
}

}  // namespace datamigrate::providers
