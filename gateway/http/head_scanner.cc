#include "gateway/http/head_scanner.h"

namespace datamigrate::gateway {
namespace {

constexpr size_t kMaxEmptyLines = 4;

// The first carriage return, line feed or NUL from `from` on. A search for one byte takes many at a
// time, and nearly always the carriage return comes first.
size_t NextSpecial(std::string_view bytes, size_t from) {
  size_t first = std::string_view::npos;
  for (const char special : {'\r', '\n', '\0'}) {
    const size_t found = bytes.substr(0, first).find(special, from);
    if (found != std::string_view::npos) first = found;
  }
  return first;
}

}  // namespace

HeadScanner::Finding HeadScanner::Scan(std::string_view bytes) {
  while (seen_ < bytes.size()) {
    if (is_after_return_) {
      if (bytes[seen_] != '\n') return Finding::kWrong;
      is_after_return_ = false;
      const bool is_empty_line = seen_ - line_ == 1;
      line_ = ++seen_;
      if (!is_empty_line) continue;
      if (line_ - begin_ > 2) return Finding::kWhole;
      begin_ = line_;  // nothing but empty lines so far
      if (begin_ > 2 * kMaxEmptyLines) return Finding::kWrong;
      continue;
    }
    const bool is_line_begin = seen_ == line_;
    if (is_line_begin && (bytes[seen_] == ' ' || bytes[seen_] == '\t')) return Finding::kWrong;
    const size_t special = NextSpecial(bytes, seen_);
    if (special == std::string_view::npos) {
      seen_ = bytes.size();
      break;
    }
    if (bytes[special] != '\r') return Finding::kWrong;
    seen_ = special + 1;
    is_after_return_ = true;
  }
  return Finding::kPartial;
}

}  // namespace datamigrate::gateway
