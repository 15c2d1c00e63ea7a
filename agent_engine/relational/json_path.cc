#include "agent_engine/relational/json_path.h"

#include <algorithm>
#include <cctype>

namespace datamigrate::relational {
namespace {

bool IsPlainKey(std::string_view key) {
  return !key.empty() && !std::isdigit(static_cast<unsigned char>(key[0])) &&
         std::ranges::all_of(key, [](unsigned char c) { return std::isalnum(c) || c == '_'; });
}

std::string Quoted(std::string_view key) {
  std::string quoted = "\"";
  for (const char c : key) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

class PathReader {
 public:
  explicit PathReader(std::string_view text) : text_(text) {}

  std::optional<JsonPath> Read() {
    JsonPath path;
    SkipBlanks();
    path.appends = TakeWord("append");
    path.is_strict = TakeWord("strict");
    if (!path.is_strict) TakeWord("lax");
    if (!Take('$')) return std::nullopt;
    while (true) {
      SkipBlanks();
      if (text_.empty()) return path;
      JsonStep step;
      const bool read = Take('.') ? ReadKey(step) : Take('[') && ReadIndex(step);
      if (!read) return std::nullopt;
      path.steps.push_back(std::move(step));
    }
  }

 private:
  void SkipBlanks() {
    while (!text_.empty() && text_[0] == ' ') text_.remove_prefix(1);
  }
  bool Take(char c) {
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool TakeWord(std::string_view word) {
    if (text_.size() <= word.size() || text_[word.size()] == '.') return false;
    for (size_t i = 0; i < word.size(); ++i) {
      if (std::tolower(static_cast<unsigned char>(text_[i])) != word[i]) return false;
    }
    text_.remove_prefix(word.size());
    SkipBlanks();
    return true;
  }
  bool ReadKey(JsonStep& step) {
    if (Take('"')) {
      while (!text_.empty() && text_[0] != '"') {
        if (text_[0] == '\\' && text_.size() > 1) text_.remove_prefix(1);
        step.key += text_[0];
        text_.remove_prefix(1);
      }
      return Take('"');
    }
    const size_t end = std::min(text_.find_first_of(".[ "), text_.size());
    step.key = text_.substr(0, end);
    text_.remove_prefix(end);
    return std::ranges::all_of(step.key,
                               [](unsigned char c) {
                                 return std::isalnum(c) || c == '_' || c == '$' || c >= 0x80;
                               }) &&
           !step.key.empty();
  }
  bool ReadIndex(JsonStep& step) {
    const size_t end = text_.find(']');
    const bool is_number =
        end != std::string_view::npos && end > 0 && end < 10 &&
        std::all_of(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(end),
                    [](unsigned char c) { return std::isdigit(c); });
    if (!is_number) return false;
    step.index = 0;
    for (size_t i = 0; i < end; ++i) step.index = step.index * 10 + (text_[i] - '0');
    text_.remove_prefix(end + 1);
    return true;
  }

  std::string_view text_;
};

}  // namespace

std::optional<JsonPath> ParseJsonPath(std::string_view text) {
  return PathReader(text).Read();
}

std::string JsonPathText(const JsonPath& path) {
  std::string text = "$";
  for (const JsonStep& step : path.steps) {
    if (step.index >= 0)
      text += "[" + std::to_string(step.index) + "]";
    else
      text += "." + (IsPlainKey(step.key) ? step.key : Quoted(step.key));
  }
  return text;
}

std::string JsonPathArray(const JsonPath& path) {
  std::string text = "{";
  for (const JsonStep& step : path.steps) {
    if (text.size() > 1) text += ',';
    if (step.index >= 0)
      text += std::to_string(step.index);
    else
      text += IsPlainKey(step.key) && step.key != "null" && step.key != "NULL" ? step.key
                                                                               : Quoted(step.key);
  }
  return text + "}";
}

}  // namespace datamigrate::relational
