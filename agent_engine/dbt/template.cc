#include "agent_engine/dbt/template.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"

namespace datamigrate::dbt {
namespace {

bool OpensTag(std::string_view text, size_t i) {
  return text[i] == '{' && i + 1 < text.size() &&
         (text[i + 1] == '{' || text[i + 1] == '%' || text[i + 1] == '#');
}

// One call or string between {{ and }}.
struct Call {
  std::string function;                // Empty for a string alone.
  std::vector<std::string> arguments;  // Without quotes.
  bool uses_double_quotes = false;
  size_t end = 0;  // Behind the closing braces.
};

// Reads the inside of one {{ … }}: a string, or name(argument, ...) with strings, numbers and names
// as arguments.
class CallReader {
 public:
  CallReader(std::string_view text, size_t begin) : text_(text), at_(begin + 2) {}

  std::optional<Call> Read() {
    Call call;
    SkipBlanks();
    if (At('\'') || At('"')) {
      if (!ReadArgument(call)) return std::nullopt;
    } else {
      call.function = ReadWord();
      if (call.function.empty() || !ReadArguments(call)) return std::nullopt;
    }
    SkipBlanks();
    if (text_.substr(at_, 2) != "}}") return std::nullopt;
    call.end = at_ + 2;
    return call;
  }

 private:
  bool At(char c) const { return at_ < text_.size() && text_[at_] == c; }
  void SkipBlanks() {
    while (At(' ')) ++at_;
  }

  std::string ReadWord() {
    const size_t begin = at_;
    while (at_ < text_.size() && (absl::ascii_isalnum(text_[at_]) || text_[at_] == '_' ||
                                  text_[at_] == '.' || text_[at_] == '-' || text_[at_] == '+')) {
      ++at_;
    }
    return std::string(text_.substr(begin, at_ - begin));
  }

  bool ReadArguments(Call& call) {
    if (!At('(')) return false;
    ++at_;
    while (true) {
      SkipBlanks();
      if (!ReadArgument(call)) return false;
      SkipBlanks();
      if (At(')')) break;
      if (!At(',')) return false;
      ++at_;
    }
    ++at_;
    return true;
  }

  bool ReadArgument(Call& call) {
    if (!At('\'') && !At('"')) {
      call.arguments.push_back(ReadWord());
      return !call.arguments.back().empty();
    }
    const char quote = text_[at_++];
    call.uses_double_quotes |= quote == '"';
    std::string value;
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      value += text_[at_++];
    }
    if (!At(quote)) return false;
    ++at_;
    call.arguments.push_back(std::move(value));
    return true;
  }

  std::string_view text_;
  size_t at_;
};

bool IsDbtCall(const Call& call) {
  const size_t count = call.arguments.size();
  if (call.uses_double_quotes) return false;
  return (call.function == "ref" && count == 1) || (call.function == "source" && count == 2) ||
         (call.function == "var" && (count == 1 || count == 2));
}

std::string Escape(std::string_view text, bool keep_calls) {
  std::string escaped;
  for (size_t i = 0; i < text.size();) {
    if (!OpensTag(text, i)) {
      escaped += text[i++];
      continue;
    }
    if (keep_calls && text[i + 1] == '{') {
      if (const auto call = CallReader(text, i).Read(); call && IsDbtCall(*call)) {
        escaped += text.substr(i, call->end - i);
        i = call->end;
        continue;
      }
    }
    escaped += "{{ '";
    escaped += text.substr(i, 2);
    escaped += "' }}";
    i += 2;
  }
  return escaped;
}

absl::StatusOr<std::string> Evaluate(const Call& call, const TemplateScope& scope) {
  const size_t count = call.arguments.size();
  if (call.function.empty()) return call.arguments[0];
  if (call.function == "ref" && count == 1) return scope.ref(call.arguments[0]);
  if (call.function == "source" && count == 2) {
    return scope.source(call.arguments[0], call.arguments[1]);
  }
  if (call.function == "var" && (count == 1 || count == 2)) {
    return scope.var(call.arguments[0], count == 2 ? call.arguments[1] : "");
  }
  return absl::InvalidArgumentError("no such call: " + call.function);
}

}  // namespace

std::string EscapeJinja(std::string_view text) {
  return Escape(text, /*keep_calls=*/false);
}

std::string EscapeJinjaExceptCalls(std::string_view sql) {
  return Escape(sql, /*keep_calls=*/true);
}

std::vector<VarCall> FindVarCalls(std::string_view sql) {
  std::vector<VarCall> calls;
  for (size_t i = 0; i < sql.size(); ++i) {
    if (!OpensTag(sql, i)) continue;
    const auto call = CallReader(sql, i).Read();
    if (!call || call->function != "var" || !IsDbtCall(*call)) continue;
    calls.push_back({call->arguments[0], call->arguments.size() == 2 ? call->arguments[1] : ""});
    i = call->end - 1;
  }
  return calls;
}

std::string TestArgument(std::string_view text) {
  // What dbt tests a value for: the name of one of these functions, blanks, and a parenthesis.
  const size_t begin = std::min(text.find_first_not_of(" \t\r\n\f\v"), text.size());
  for (const std::string_view function : {"env_var", "ref", "var", "source", "doc"}) {
    if (text.substr(begin, function.size()) != function) continue;
    const size_t next = text.find_first_not_of(" \t\r\n\f\v", begin + function.size());
    if (next != text.npos && text[next] == '(') return "{{ '' }}" + EscapeJinja(text);
  }
  return EscapeJinja(text);
}

absl::StatusOr<std::string> RenderTemplate(std::string_view text, const TemplateScope& scope) {
  std::string rendered;
  for (size_t i = 0; i < text.size();) {
    if (!OpensTag(text, i)) {
      rendered += text[i++];
      continue;
    }
    const auto call = text[i + 1] == '{' ? CallReader(text, i).Read() : std::nullopt;
    if (!call) {
      return absl::InvalidArgumentError("the template has an unknown tag at byte " +
                                        std::to_string(i));
    }
    const auto value = Evaluate(*call, scope);
    if (!value.ok()) return value.status();
    rendered += *value;
    i = call->end;
  }
  return rendered;
}

}  // namespace datamigrate::dbt
