#include "gateway/http/response_head.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace datamigrate::gateway {
namespace {

constexpr std::array<std::string_view, 4> kOurFields = {"Connection", "Content-Length", "Date",
                                                        "Transfer-Encoding"};

bool IsOurs(std::string_view name) {
  return std::ranges::find(kOurFields, name) != kOurFields.end();
}

constexpr size_t kUsualHead = 1024;

// Made once a second on each thread: it is in every answer.
const std::string& DateOfSecond(absl::Time now) {
  thread_local int64_t second = -1;
  thread_local std::string date;
  const int64_t present = absl::ToUnixSeconds(now);
  if (present != second) {
    second = present;
    date = HttpDate(now);
  }
  return date;
}

}  // namespace

std::string HttpDate(absl::Time time) {
  return absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", time, absl::UTCTimeZone());
}

std::string ResponseHead(const Response& response, const Framing& framing, absl::Time now) {
  std::string head;
  head.reserve(kUsualHead);
  head += "HTTP/1.1 ";
  head += std::to_string(response.status);
  head += ' ';
  head += ReasonPhrase(response.status);
  head += "\r\nDate: ";
  head += DateOfSecond(now);
  head += "\r\n";
  for (const auto& [name, value] : response.headers.fields()) {
    if (IsOurs(name)) continue;
    head += name;
    head += ": ";
    head += value;
    head += "\r\n";
  }
  if (framing.is_chunked) {
    head += "Transfer-Encoding: chunked\r\n";
  } else if (framing.has_length) {
    head += "Content-Length: ";
    head += std::to_string(response.stream_length.value_or(response.body.size()));
    head += "\r\n";
  }
  head += framing.keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  return head;
}

}  // namespace datamigrate::gateway
