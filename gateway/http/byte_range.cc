#include "gateway/http/byte_range.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "gateway/http/field_value.h"
#include "gateway/http/message.h"

namespace datamigrate::gateway {
namespace {

constexpr uint64_t kMost = std::numeric_limits<uint64_t>::max();
constexpr uint64_t kClose = 80;  // about the length of a part's head in multipart/byteranges

// 1*DIGIT; what is larger than any size is the largest number.
std::optional<uint64_t> ParsePosition(std::string_view text) {
  if (text.empty()) return std::nullopt;
  uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<uint64_t>(c - '0');
    value = value > (kMost - digit) / 10 ? kMost : value * 10 + digit;
  }
  return value;
}

// "first-last", "first-" or "-suffix". Nothing for what is none of them.
struct Spec {
  std::optional<uint64_t> first;
  std::optional<uint64_t> last;  // without `first`: how many bytes from the end
};

std::optional<Spec> ParseSpec(std::string_view text) {
  const size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::string_view before = text.substr(0, dash);
  const std::string_view after = text.substr(dash + 1);
  Spec spec{ParsePosition(before), ParsePosition(after)};
  if (!before.empty() && !spec.first.has_value()) return std::nullopt;
  if (!after.empty() && !spec.last.has_value()) return std::nullopt;
  if (!spec.first.has_value() && !spec.last.has_value()) return std::nullopt;
  if (spec.first.has_value() && spec.last.has_value() && *spec.last < *spec.first) {
    return std::nullopt;
  }
  return spec;
}

// Nothing for what cannot be satisfied (section 14.1.2).
std::optional<ByteSpan> SpanOf(const Spec& spec, uint64_t size) {
  if (!spec.first.has_value()) {
    const uint64_t length = std::min(*spec.last, size);
    if (length == 0) return std::nullopt;
    return ByteSpan{size - length, length};
  }
  if (*spec.first >= size) return std::nullopt;
  const uint64_t last = std::min(spec.last.value_or(kMost), size - 1);
  return ByteSpan{*spec.first, last - *spec.first + 1};
}

struct Placed {
  ByteSpan span;
  size_t place;  // among those asked for
};

std::vector<ByteSpan> Joined(std::vector<Placed> spans) {
  std::ranges::sort(spans, {}, [](const Placed& one) { return one.span.first; });
  std::vector<Placed> joined;
  for (const Placed& next : spans) {
    if (!joined.empty()) {
      Placed& last = joined.back();
      const uint64_t end = last.span.first + last.span.length;
      if (next.span.first <= end || next.span.first - end < kClose) {
        const uint64_t next_end = next.span.first + next.span.length;
        last.span.length = std::max(end, next_end) - last.span.first;
        last.place = std::min(last.place, next.place);
        continue;
      }
    }
    joined.push_back(next);
  }
  std::ranges::sort(joined, {}, &Placed::place);
  std::vector<ByteSpan> parts;
  for (const Placed& one : joined) parts.push_back(one.span);
  return parts;
}

}  // namespace

RangeChoice ChooseRange(std::string_view field, uint64_t size) {
  constexpr std::string_view kUnit = "bytes";
  const size_t equals = field.find('=');
  if (equals == std::string_view::npos || !IsSameName(field.substr(0, equals), kUnit)) return {};
  std::string_view rest = field.substr(equals + 1);
  std::vector<Placed> spans;
  size_t asked = 0;
  for (bool is_last = false; !is_last;) {
    const size_t comma = rest.find(',');
    is_last = comma == std::string_view::npos;
    const std::string_view element = Trim(rest.substr(0, comma));
    if (!is_last) rest.remove_prefix(comma + 1);
    if (element.empty()) continue;  // section 5.6.1.2: empty elements do not count
    const std::optional<Spec> spec = ParseSpec(element);
    if (!spec.has_value()) return {};
    if (++asked > kMostRanges) return {RangeChoice::Kind::kTooMany, {}};
    const std::optional<ByteSpan> span = SpanOf(*spec, size);
    if (span.has_value()) spans.push_back({*span, asked});
  }
  if (asked == 0) return {};
  if (spans.empty()) return {RangeChoice::Kind::kUnsatisfiable, {}};
  return {RangeChoice::Kind::kParts, Joined(std::move(spans))};
}

}  // namespace datamigrate::gateway
