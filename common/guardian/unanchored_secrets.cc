#include "common/guardian/unanchored_secrets.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "common/guardian/ascii.h"
#include "common/guardian/entropy.h"

namespace datamigrate::guardian {
namespace {

constexpr size_t kTimeLength = 6;
constexpr size_t kShortestId = 24, kLongestId = 26;
constexpr size_t kShortestSignature = 27, kLongestSignature = 38;

bool IsBase64Url(char c) {
  return IsLetterOrDigit(c) || c == '-' || c == '_';
}

const Rule* DiscordRule() {
  for (const Rule& rule : SecretRules()) {
    if (rule.id == "secret.discord_bot_token") return &rule;
  }
  return nullptr;
}

// How many bytes before `point` a user's id begins, or 0: base64 of a decimal number starts with M,
// N or O.
size_t IdLength(std::string_view text, size_t point) {
  size_t run = 0;
  while (run < point && run < kLongestId && IsBase64Url(text[point - run - 1])) ++run;
  for (size_t length = run; length >= kShortestId; --length) {
    const char first = text[point - length];
    if (first >= 'M' && first <= 'O') return length;
  }
  return 0;
}

}  // namespace

void FindUnanchoredSecrets(std::string_view text, std::vector<Finding>& findings) {
  static const Rule* const rule = DiscordRule();
  size_t position = kShortestId;
  while (position + kTimeLength + kShortestSignature + 2 <= text.size()) {
    const void* found = std::memchr(text.data() + position, '.', text.size() - position);
    if (found == nullptr) return;
    const auto point = static_cast<size_t>(static_cast<const char*>(found) - text.data());
    position = point + 1;
    const size_t second = point + 1 + kTimeLength;
    if (second >= text.size() || text[second] != '.') continue;
    const std::string_view time = text.substr(point + 1, kTimeLength);
    size_t end = second + 1;
    while (end < text.size() && end - second <= kLongestSignature && IsBase64Url(text[end])) ++end;
    if (end - second - 1 < kShortestSignature ||
        !std::all_of(time.begin(), time.end(), IsBase64Url)) {
      continue;
    }
    const size_t id_length = IdLength(text, point);
    const size_t begin = point - id_length;
    if (id_length == 0 || CharacterClasses(text.substr(begin, id_length)) < 3) continue;
    findings.push_back({rule, begin, end - begin});
    position = end;
  }
}

}  // namespace datamigrate::guardian
