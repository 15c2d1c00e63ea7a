#include "common/guardian/naming_words.h"

#include <algorithm>
#include <string>

#include "common/guardian/ascii.h"

namespace datamigrate::guardian {
namespace {

constexpr size_t kReach = 40;

bool BeginsWord(std::string_view text, size_t position) {
  if (position == 0 || !IsLetter(text[position - 1])) return true;
  return IsLower(text[position - 1]) && IsUpper(text[position]);
}

bool EndsWord(std::string_view text, size_t position) {
  if (position >= text.size() || !IsLetter(text[position])) return true;
  return IsLower(text[position - 1]) && IsUpper(text[position]);
}

bool Holds(std::string_view text, const std::string& lower, std::string_view words) {
  while (!words.empty()) {
    const size_t bar = words.find('|');
    const std::string_view word = words.substr(0, bar);
    const bool is_ascii = IsLetter(word[0]);
    for (size_t at = lower.find(word); at != std::string::npos; at = lower.find(word, at + 1)) {
      if (!is_ascii) return true;
      if (BeginsWord(text, at) && (word.size() > 4 || EndsWord(text, at + word.size())))
        return true;
    }
    if (bar == std::string_view::npos) break;
    words.remove_prefix(bar + 1);
  }
  return false;
}

}  // namespace

bool IsWordNear(std::string_view text, size_t begin, size_t end, std::string_view words) {
  const size_t start = begin > kReach ? begin - kReach : 0;
  const std::string_view before = text.substr(start, begin - start);
  const std::string_view after = text.substr(end, kReach);
  return Holds(before, ToLower(before), words) || Holds(after, ToLower(after), words);
}

}  // namespace datamigrate::guardian
