#include "agent_engine/dialects/json_path.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "agent_engine/dialects/layout.h"

namespace datamigrate::dialects {
namespace {

bool IsWordPart(unsigned char c) {
  return std::isalnum(c) != 0 || c == '_' || c >= 0x80;
}

bool IsPlain(std::string_view key) {
  return !key.empty() && std::isdigit(static_cast<unsigned char>(key[0])) == 0 &&
         std::ranges::all_of(key, IsWordPart);
}

// `"b c"` at the beginning of `rest`, which loses it; false where the quote does not end.
bool TakeQuotedKey(std::string_view& rest, std::string& key) {
  for (size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '\\' && i + 1 < rest.size()) {
      key += rest[++i];
    } else if (rest[i] == '"') {
      rest.remove_prefix(i + 1);
      return true;
    } else {
      key += rest[i];
    }
  }
  return false;
}

bool TakeIndex(std::string_view& rest, int32_t& index) {
  const size_t end = rest.find(']');
  if (end == std::string_view::npos || end < 2 || end > 9) return false;
  const std::string digits(rest.substr(1, end - 1));
  if (digits.find_first_not_of("0123456789") != std::string::npos) return false;
  index = static_cast<int32_t>(std::strtol(digits.c_str(), nullptr, 10));
  rest.remove_prefix(end + 1);
  return true;
}

}  // namespace

std::optional<std::vector<JsonStep>> ParseJsonPath(std::string_view text) {
  if (!text.starts_with('$')) return std::nullopt;
  std::vector<JsonStep> steps;
  std::string_view rest = text.substr(1);
  while (!rest.empty()) {
    JsonStep step;
    if (rest.starts_with('[')) {
      if (!TakeIndex(rest, step.index)) return std::nullopt;
    } else if (rest.starts_with(".\"")) {
      rest.remove_prefix(1);
      if (!TakeQuotedKey(rest, step.key)) return std::nullopt;
    } else if (rest.starts_with('.')) {
      const auto* const end = std::find_if_not(rest.begin() + 1, rest.end(), IsWordPart);
      step.key = std::string(rest.begin() + 1, end);
      if (step.key.empty()) return std::nullopt;
      rest.remove_prefix(step.key.size() + 1);
    } else {
      return std::nullopt;
    }
    steps.push_back(std::move(step));
  }
  return steps;
}

std::string JsonPathText(const std::vector<JsonStep>& steps, std::string_view quoted_key) {
  std::string text;
  for (const JsonStep& step : steps) {
    if (step.index >= 0)
      text += "[" + std::to_string(step.index) + "]";
    else if (IsPlain(step.key))
      text += "." + step.key;
    else
      text += Replaced(quoted_key, "$0", step.key);
  }
  return text;
}

}  // namespace datamigrate::dialects
