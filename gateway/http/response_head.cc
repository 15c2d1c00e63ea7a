#include "gateway/http/response_head.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

namespace datamigrate::gateway {
namespace {

constexpr std::array<std::string_view, 4> kOurFields = {"Connection", "Content-Length", "Date",
                                                        "Transfer-Encoding"};

bool IsOurs(const std::string& name) {
  return std::ranges::find(kOurFields, std::string_view(name)) != kOurFields.end();
}

}  // namespace

std::string HttpDate(absl::Time time) {
  return absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", time, absl::UTCTimeZone());
}

std::string ResponseHead(const Response& response, const Framing& framing, absl::Time now) {
  std::string head = fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status,
                                 ReasonPhrase(response.status), HttpDate(now));
  for (const auto& [name, value] : response.headers.fields()) {
    if (!IsOurs(name)) fmt::format_to(std::back_inserter(head), "{}: {}\r\n", name, value);
  }
  if (framing.is_chunked) {
    head += "Transfer-Encoding: chunked\r\n";
  } else if (framing.has_length) {
    fmt::format_to(std::back_inserter(head), "Content-Length: {}\r\n", response.body.size());
  }
  head += framing.keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  return head;
}

}  // namespace datamigrate::gateway
