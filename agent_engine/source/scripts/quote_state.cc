#include "agent_engine/source/scripts/quote_state.h"

#include <algorithm>
#include <optional>

namespace datamigrate::source {
namespace {

bool IsLetter(char c, char lower) {
  return (c | 0x20) == lower;
}

struct ScanEnd {
  QuoteState state = QuoteState::kCode;
  std::optional<size_t> hidden_go;  // The first GO line inside what is open at the end or before.
};

ScanEnd ScanToEnd(std::string_view text, size_t at) {
  QuoteScanner scanner;
  ScanEnd end;
  while (at < text.size()) {
    const bool is_line_end = text[at] == '\n';
    at = scanner.Step(text, at);
    if (is_line_end && !end.hidden_go && HidesGo(scanner.state()) && IsGoLine(text, at)) {
      end.hidden_go = at;
    }
  }
  end.state = scanner.state();
  return end;
}

}  // namespace

size_t QuoteScanner::Step(std::string_view text, size_t at) {
  const char c = text[at];
  switch (state_) {
    case QuoteState::kCode:
      return StepCode(text, at);
    case QuoteState::kLineComment:
      if (c == '\n') state_ = QuoteState::kCode;
      return at + 1;
    case QuoteState::kBlockComment:
      return StepBlockComment(text, at);
    case QuoteState::kString:
      if (c == '\'') state_ = QuoteState::kCode;
      return at + 1;
    case QuoteState::kQuotedName:
      if (c == '"') state_ = QuoteState::kCode;
      return at + 1;
    case QuoteState::kBracketedName:
      if (c == ']') state_ = QuoteState::kCode;
      return at + 1;
  }
  return at + 1;
}

size_t QuoteScanner::StepCode(std::string_view text, size_t at) {
  const char c = text[at];
  const char next = at + 1 < text.size() ? text[at + 1] : '\0';
  if (c == '-' && next == '-') {
    state_ = QuoteState::kLineComment;
    return at + 2;
  }
  if (c == '/' && next == '*') {
    state_ = QuoteState::kBlockComment;
    comment_depth_ = 1;
    return at + 2;
  }
  if (c == '\'') state_ = QuoteState::kString;
  if (c == '"') state_ = QuoteState::kQuotedName;
  if (c == '[') state_ = QuoteState::kBracketedName;
  return at + 1;
}

size_t QuoteScanner::StepBlockComment(std::string_view text, size_t at) {
  const std::string_view two = text.substr(at, 2);
  if (two == "/*") {
    ++comment_depth_;
    return at + 2;
  }
  if (two != "*/") return at + 1;
  if (--comment_depth_ == 0) state_ = QuoteState::kCode;
  return at + 2;
}

bool IsGoLine(std::string_view text, size_t at) {
  std::string_view line = text.substr(std::min(at, text.size()));
  line = line.substr(0, line.find('\n'));
  line.remove_prefix(std::min(line.find_first_not_of(kBlank), line.size()));
  if (line.size() < 2 || !IsLetter(line[0], 'g') || !IsLetter(line[1], 'o')) return false;
  line.remove_prefix(2);
  const std::string_view rest = line.substr(std::min(line.find_first_not_of(kBlank), line.size()));
  if (rest.empty() || rest[0] == ';' || rest.starts_with("--") || rest.starts_with("/*")) {
    return rest.substr(0, 1) != ";" || rest.find_first_not_of(kBlank, 1) == std::string_view::npos;
  }
  const bool is_apart = rest.size() < line.size();
  const size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
  const std::string_view after = rest.substr(digits);
  const size_t word = std::min(after.find_first_not_of(kBlank), after.size());
  const std::string_view last = after.substr(word);
  return is_apart && digits > 0 &&
         (last.empty() || last == ";" || last.starts_with("--") || last.starts_with("/*"));
}

std::vector<size_t> UnclosedGoLines(std::string_view text) {
  std::vector<size_t> lines;
  size_t begin = 0;
  while (lines.size() < kMaxUnclosed) {
    const ScanEnd end = ScanToEnd(text, begin);
    if (!HidesGo(end.state) || !end.hidden_go) break;
    lines.push_back(*end.hidden_go);
    begin = *end.hidden_go;
  }
  return lines;
}

}  // namespace datamigrate::source
