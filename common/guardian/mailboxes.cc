#include "common/guardian/mailboxes.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "common/guardian/ascii.h"
#include "common/guardian/shape_index.h"
#include "common/guardian/text/byte_blocks.h"

namespace datamigrate::guardian {
namespace {

// True for the domains that RFC 2606 keeps for examples.
bool IsExampleDomain(std::string_view domain) {
  for (const std::string_view name : {"example.com", "example.org", "example.net", "example.edu"}) {
    if (domain == name ||
        (domain.ends_with(name) && domain[domain.size() - name.size() - 1] == '.')) {
      return true;
    }
  }
  return domain.ends_with(".example") || domain.ends_with(".test") ||
         domain.ends_with(".invalid") || domain.ends_with(".localhost");
}

// RFC 5321 section 4.1.2 without quoted local parts: a mailbox around the "@" at `at`, or nothing.
std::optional<std::pair<size_t, size_t>> MailboxAround(std::string_view text, size_t at) {
  constexpr size_t kLongestLocal = 64, kLongestDomain = 255;
  size_t begin = at;
  while (begin > 0 && at - begin < kLongestLocal &&
         (IsLetterOrDigit(text[begin - 1]) ||
          std::string_view("._%+-").find(text[begin - 1]) != std::string_view::npos)) {
    --begin;
  }
  while (begin < at && !IsLetterOrDigit(text[begin])) ++begin;
  size_t end = at + 1;
  while (end < text.size() && end - at <= kLongestDomain &&
         (IsLetterOrDigit(text[end]) ||
          ((text[end] == '.' || text[end] == '-') && text[end - 1] != '.'))) {
    ++end;
  }
  while (end > at + 1 && !IsLetterOrDigit(text[end - 1])) --end;
  if (begin > 0 && text[begin - 1] == '/') return std::nullopt;  // the user of a URL
  if (begin == at || end <= at + 1 || !IsLetterOrDigit(text[at + 1])) return std::nullopt;
  const std::string domain = ToLower(text.substr(at + 1, end - at - 1));
  const size_t point = domain.rfind('.');
  if (point == std::string::npos) return std::nullopt;
  const std::string_view top = std::string_view(domain).substr(point + 1);
  const bool is_top =
      top.starts_with("xn--") || (top.size() >= 2 && std::all_of(top.begin(), top.end(), IsLetter));
  if (!is_top || IsExampleDomain(domain)) return std::nullopt;
  return std::pair(begin, end);
}

}  // namespace

void FindMailboxes(std::string_view text, std::vector<Finding>& findings) {
  static const Rule* const rule = PersonalDataRow("personal_data.email_address");
  // Without a letter or digit before it, it is a variable of T-SQL, most often.
  const auto is_likely = [](const char* bytes) -> ByteMask {
    const ByteVector before = LoadBlock(bytes);
    return (LoadBlock(bytes + 1) == '@') & ((((before | 0x20) - 'a') < 26) | ((before - '0') < 10));
  };
  size_t searched = 0;
  while ((searched = FindPlace<1>(text, searched, is_likely)) < text.size()) {
    const size_t at = ++searched;
    if (const auto mailbox = MailboxAround(text, at)) {
      findings.push_back({rule, mailbox->first, mailbox->second - mailbox->first});
      searched = mailbox->second - 1;  // whose next byte may be an "@"
    }
  }
}

}  // namespace datamigrate::guardian
