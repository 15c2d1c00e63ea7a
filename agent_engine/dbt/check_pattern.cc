#include "agent_engine/dbt/check_pattern.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "agent_engine/catalog/catalog.h"

namespace datamigrate::dbt {
namespace {

bool IsWordByte(char c) {
  return absl::ascii_isalnum(c) || c == '_' || c == '@' || c == '#' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// list := term (OR term)*; term := ( list ) | column = literal | column IN ( literal, … ). Literals
// may stand in parentheses, as SQL Server writes them.
class ValueListReader {
 public:
  explicit ValueListReader(std::string_view text) : text_(text) {}

  std::optional<ValueList> Read() {
    if (!ReadList(0)) return std::nullopt;
    SkipBlanks();
    if (at_ != text_.size()) return std::nullopt;
    return std::move(list_);
  }

 private:
  static constexpr int kMaxDepth = 50;

  void SkipBlanks() {
    while (at_ < text_.size() && absl::ascii_isspace(text_[at_])) ++at_;
  }

  bool Take(char c) {
    SkipBlanks();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool TakeWord(std::string_view word) {
    SkipBlanks();
    const std::string found(text_.substr(at_, word.size()));
    const size_t end = at_ + word.size();
    if (!absl::EqualsIgnoreCase(found, std::string(word))) return false;
    if (end < text_.size() && IsWordByte(text_[end])) return false;
    at_ = end;
    return true;
  }

  bool ReadList(int depth) {
    if (depth > kMaxDepth || !ReadTerm(depth)) return false;
    while (TakeWord("OR")) {
      if (!ReadTerm(depth)) return false;
    }
    return true;
  }

  bool ReadTerm(int depth) {
    if (Take('(')) return ReadList(depth + 1) && Take(')');
    if (!ReadColumn()) return false;
    if (Take('=')) return ReadLiteral(0);
    if (!TakeWord("IN") || !Take('(')) return false;
    do {
      if (!ReadLiteral(0)) return false;
    } while (Take(','));
    return Take(')');
  }

  bool ReadColumn() {
    SkipBlanks();
    const std::optional<std::string> name = ReadName();
    if (!name) return false;
    if (list_.column.empty()) list_.column = *name;
    return catalog::EqualNames(list_.column, *name);
  }

  std::optional<std::string> ReadName() {
    if (at_ == text_.size()) return std::nullopt;
    if (text_[at_] == '[') return ReadQuoted(']');
    if (text_[at_] == '"') return ReadQuoted('"');
    const size_t begin = at_;
    while (at_ < text_.size() && IsWordByte(text_[at_])) ++at_;
    if (at_ == begin || absl::ascii_isdigit(text_[begin])) return std::nullopt;
    return std::string(text_.substr(begin, at_ - begin));
  }

  // Reads from the opening quote to `close`, which stands for itself when doubled.
  std::optional<std::string> ReadQuoted(char close) {
    std::string value;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == close) {
        if (at_ + 1 == text_.size() || text_[at_ + 1] != close) {
          ++at_;
          return value;
        }
        ++at_;
      }
      value += text_[at_];
    }
    return std::nullopt;
  }

  bool ReadLiteral(int depth) {
    if (depth > kMaxDepth) return false;
    if (Take('(')) return ReadLiteral(depth + 1) && Take(')');
    SkipBlanks();
    if (at_ + 1 < text_.size() && (text_[at_] == 'N' || text_[at_] == 'n') &&
        text_[at_ + 1] == '\'') {
      ++at_;
    }
    if (at_ < text_.size() && text_[at_] == '\'') {
      const auto value = ReadQuoted('\'');
      return value && Add(*value, /*is_text=*/true);
    }
    return ReadNumber();
  }

  bool ReadNumber() {
    const size_t begin = at_;
    if (at_ < text_.size() && (text_[at_] == '-' || text_[at_] == '+')) ++at_;
    const size_t digits = at_;
    while (at_ < text_.size() && (absl::ascii_isdigit(text_[at_]) || text_[at_] == '.')) ++at_;
    if (at_ == digits || (at_ < text_.size() && IsWordByte(text_[at_]))) return false;
    return Add(std::string(text_.substr(begin, at_ - begin)), /*is_text=*/false);
  }

  bool Add(std::string value, bool is_text) {
    if (!list_.values.empty() && list_.are_text != is_text) return false;
    list_.are_text = is_text;
    if (std::ranges::find(list_.values, value) == list_.values.end()) {
      list_.values.push_back(std::move(value));
    }
    return true;
  }

  std::string_view text_;
  size_t at_ = 0;
  ValueList list_;
};

}  // namespace

std::optional<ValueList> FindValueList(std::string_view expression) {
  return ValueListReader(expression).Read();
}

}  // namespace datamigrate::dbt
