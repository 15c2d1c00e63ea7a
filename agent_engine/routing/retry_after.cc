#include "agent_engine/routing/retry_after.h"
#include "common/text/text.h"

#include <algorithm>
#include <string>

#include "absl/strings/numbers.h"

namespace datamigrate::routing {
namespace {

constexpr double kMostSeconds = 1e9;

std::optional<absl::Time> ParseHttpDate(std::string_view text) {
  // RFC 9110, section 5.6.7: the preferred form and the two that are obsolete.
  for (const char* format :
       {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"}) {
    absl::Time time;
    if (absl::ParseTime(format, text::ToAbsl(text), absl::UTCTimeZone(), &time, nullptr))
      return time;
  }
  return std::nullopt;
}

std::optional<double> ParseNumber(std::string_view text) {
  double number = 0;
  if (text.empty() || !absl::SimpleAtod(text::ToAbsl(text), &number) || !(number >= 0))
    return std::nullopt;
  return std::min(number, kMostSeconds);
}

absl::Time NowOf(const net::HttpHead& head, absl::Time now) {
  return ParseHttpDate(head.Find("date")).value_or(now);
}

// The longest wait of the limits that are used up.
template <typename WaitOf>
std::optional<absl::Duration> LongestOf(const net::HttpHead& head, std::string_view prefix,
                                        std::initializer_list<std::string_view> limits,
                                        bool is_name_last, WaitOf wait_of) {
  std::optional<absl::Duration> longest;
  const auto field = [&](std::string_view limit, std::string_view what) {
    return is_name_last ? text::Cat(prefix, what, "-", limit) : text::Cat(prefix, limit, "-", what);
  };
  for (const std::string_view limit : limits) {
    if (head.Find(field(limit, "remaining")) != "0") continue;
    const std::optional<absl::Duration> wait = wait_of(head.Find(field(limit, "reset")));
    if (wait.has_value()) longest = std::max(longest.value_or(*wait), *wait);
  }
  return longest;
}

std::optional<absl::Duration> Wait(const net::HttpHead& head, absl::Time now) {
  if (const auto milliseconds = ParseNumber(head.Find("retry-after-ms"))) {
    return absl::Milliseconds(*milliseconds);
  }
  const std::string_view retry_after = head.Find("retry-after");
  if (const auto seconds = ParseNumber(retry_after)) return absl::Seconds(*seconds);
  if (const auto date = ParseHttpDate(retry_after)) return *date - NowOf(head, now);
  // platform.claude.com, "Rate limits", response headers.
  const auto anthropic = LongestOf(
      head, "anthropic-ratelimit-", {"requests", "tokens", "input-tokens", "output-tokens"},
      /*is_name_last=*/false, [&](std::string_view text) -> std::optional<absl::Duration> {
        absl::Time time;
        if (!absl::ParseTime(absl::RFC3339_full, text::ToAbsl(text), &time, nullptr))
          return std::nullopt;
        return time - NowOf(head, now);
      });
  if (anthropic.has_value()) return anthropic;
  // developers.openai.com, "Rate limits", rate limits in headers.
  return LongestOf(head, "x-ratelimit-", {"requests", "tokens"}, /*is_name_last=*/true,
                   [](std::string_view text) -> std::optional<absl::Duration> {
                     absl::Duration wait;
                     if (!absl::ParseDuration(text::ToAbsl(text), &wait)) return std::nullopt;
                     return wait;
                   });
}

}  // namespace

std::optional<absl::Duration> RetryAfter(const net::HttpHead& head, absl::Time now) {
  const std::optional<absl::Duration> wait = Wait(head, now);
  if (!wait.has_value()) return std::nullopt;
  return std::max(absl::ZeroDuration(), *wait);
}

}  // namespace datamigrate::routing
