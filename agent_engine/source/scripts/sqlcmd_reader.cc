#include "agent_engine/source/scripts/sqlcmd_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "agent_engine/catalog/catalog.h"
#include "agent_engine/source/scripts/quote_state.h"

namespace datamigrate::source {

using diagnostics::DiagnosticId;
using diagnostics::SourceFile;

namespace {

std::string_view TrimBlank(std::string_view text) {
  const size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

bool EqualWords(std::string_view left, std::string_view right) {
  return catalog::EqualNames(left, right);
}

// The first word of `text`, which is taken off it together with the blanks around.
std::string_view TakeWord(std::string_view& text) {
  text = TrimBlank(text);
  const size_t end = std::min(text.find_first_of(kBlank), text.size());
  const std::string_view word = text.substr(0, end);
  text = TrimBlank(text.substr(end));
  return word;
}

// A value as commands take it: up to a blank, or between double quotes, doubled ones undone.
std::string UnquoteArgument(std::string_view text) {
  if (text.empty() || text[0] != '"')
    return std::string(text.substr(0, text.find_first_of(kBlank)));
  std::string value;
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      if (i + 1 >= text.size() || text[i + 1] != '"') break;
      ++i;
    }
    value += text[i];
  }
  return value;
}

}  // namespace

void SqlcmdVariables::Set(std::string_view name, std::string_view value) {
  values_[catalog::FoldName(name)] = std::string(value);
}

void SqlcmdVariables::Remove(std::string_view name) {
  values_.erase(catalog::FoldName(name));
}

const std::string* SqlcmdVariables::Find(std::string_view name) const {
  const auto found = values_.find(catalog::FoldName(name));
  return found == values_.end() ? nullptr : &found->second;
}

// Walks over one file and feeds the reader's batch.
class SqlcmdReader::FileScanner {
 public:
  FileScanner(SqlcmdReader& reader, const SourceFile& file)
      : reader_(reader), file_(file), text_(file.text()), unclosed_(UnclosedGoLines(text_)) {}

  void Scan() {
    while (at_ < text_.size() && !reader_.ended_) {
      if (IsUnclosed()) scanner_.Reset();
      if (scanner_.state() == QuoteState::kCode && ScanCommandLine()) continue;
      ScanLine();
    }
    Flush(at_);
  }

 private:
  // Whether the line at at_ ends a batch although a string or comment is open.
  bool IsUnclosed() const {
    return !unclosed_.empty() && std::ranges::binary_search(unclosed_, at_);
  }

  std::string_view LineAt(size_t begin) const {
    return text_.substr(begin, std::min(text_.find('\n', begin), text_.size()) - begin);
  }

  // Gives the batch what was scanned and not given yet.
  void Flush(size_t end) {
    reader_.batch_.Append(file_, static_cast<uint32_t>(given_), static_cast<uint32_t>(end));
    given_ = end;
  }

  void SkipTo(size_t position) { given_ = at_ = std::min(position, text_.size()); }

  // Treats the line at at_ if it is GO or a command of sqlcmd; false: it is T-SQL.
  bool ScanCommandLine() {
    size_t begin = text_.find_first_not_of(kBlank, at_);
    if (begin == std::string_view::npos) return false;
    const char first = text_[begin];
    if (first != ':' && first != '!' && first != 'g' && first != 'G') return false;
    const std::string_view line = LineAt(begin);
    if (first == ':' || first == '!') {
      if (!IsCommand(line)) return false;
      Flush(at_);
      const size_t next = begin + line.size() + 1;
      RunCommand(TrimBlank(line), static_cast<uint32_t>(begin));
      SkipTo(next);
      return true;
    }
    return ScanGo(line, begin);
  }

  static bool IsCommand(std::string_view line) {
    if (line.substr(0, 2) == "!!") return true;
    return line[0] == ':' && line.size() > 1 && IsNameCharacter(line[1]);
  }

  bool ScanGo(std::string_view line, size_t begin) {
    if (!IsGoLine(text_, begin)) return false;
    std::string_view rest = TrimBlank(line.substr(2));
    int repeat = 1;
    const auto parsed = std::from_chars(rest.data(), rest.data() + rest.size(), repeat);
    rest = TrimBlank(rest.substr(parsed.ptr - rest.data()));
    if (rest == ";") {
      reader_.Report(DiagnosticId::kInvalidGo, file_, static_cast<uint32_t>(begin), {"';'"},
                     "write GO alone on its line; it is taken as the end of the batch here");
    }
    Flush(at_);
    reader_.FinishBatch(repeat);
    // A block comment may go on over the next lines.
    const bool opens_comment = rest.substr(0, 2) == "/*";
    SkipTo(opens_comment ? text_.find("/*", begin) : begin + line.size() + 1);
    return true;
  }

  void RunCommand(std::string_view line, uint32_t offset) {
    std::string_view rest = line;
    const std::string_view command = TakeWord(rest);
    if (EqualWords(command, ":r")) return Include(rest, offset);
    if (EqualWords(command, ":setvar")) return SetVariable(rest, offset);
    if (EqualWords(command, ":exit") || EqualWords(command, ":quit")) {
      reader_.Report(DiagnosticId::kScriptEnds, file_, offset, {std::string(command)});
      reader_.ended_ = true;
      return;
    }
    reader_.Report(DiagnosticId::kSqlcmdCommandIgnored, file_, offset, {std::string(command)});
  }

  void SetVariable(std::string_view rest, uint32_t offset) {
    const std::string_view name = TakeWord(rest);
    if (name.empty()) {
      reader_.Report(DiagnosticId::kInvalidSqlcmdCommand, file_, offset, {":setvar"},
                     "write :setvar name \"value\"");
    } else if (rest.empty()) {
      reader_.variables_.Remove(name);
    } else {
      reader_.variables_.Set(name, UnquoteArgument(rest));
    }
  }

  void Include(std::string_view rest, uint32_t offset) {
    const bool is_quoted = !rest.empty() && rest[0] == '"';
    const std::string written =
        FillIn(is_quoted ? UnquoteArgument(rest) : std::string(rest), offset);
    if (written.empty()) {
      reader_.Report(DiagnosticId::kInvalidSqlcmdCommand, file_, offset, {":r"},
                     "write :r \"file name\"");
      return;
    }
    const SourceFile* included = reader_.load_(file_, written);
    if (included == nullptr) {
      reader_.Report(DiagnosticId::kIncludeNotFound, file_, offset, {written},
                     "put the file beside this script or correct the path");
      return;
    }
    auto& open = reader_.open_files_;
    if (open.size() >= kMaxIncludeDepth || std::ranges::find(open, included) != open.end()) {
      reader_.Report(DiagnosticId::kIncludeTooDeep, file_, offset,
                     {included->name(), std::to_string(kMaxIncludeDepth)});
      return;
    }
    open.push_back(included);
    FileScanner(reader_, *included).Scan();
    reader_.batch_.AppendValue(file_, offset, "\n");
    open.pop_back();
  }

  std::string FillIn(std::string text, uint32_t offset) {
    for (size_t at = text.find("$("); at != std::string::npos; at = text.find("$(", at)) {
      const size_t end = text.find(')', at);
      if (end == std::string::npos) break;
      const std::string name = text.substr(at + 2, end - at - 2);
      const std::string* value = reader_.variables_.Find(name);
      if (value == nullptr) {
        ReportUnknownVariable(name, offset);
        break;
      }
      text.replace(at, end - at + 1, *value);
      at += value->size();
    }
    return text;
  }

  void ReportUnknownVariable(const std::string& name, uint32_t offset) {
    reader_.Report(DiagnosticId::kUnknownSqlcmdVariable, file_, offset, {name},
                   "give it with --variable " + name + "=value, or by :setvar in the script");
  }

  // Scans to the start of the next line.
  void ScanLine() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      const QuoteState before = scanner_.state();
      const bool is_comment =
          before == QuoteState::kLineComment || before == QuoteState::kBlockComment;
      if (c == '$' && !is_comment && text_.substr(at_, 2) == "$(") {
        reader_.has_content_ = true;
        ScanVariable();
        continue;
      }
      at_ = scanner_.Step(text_, at_);
      MarkContent(before, c);
      if (c == '\n') return;
    }
  }

  // A batch of blanks and comments is none; a comment that never ends is a mistake to report.
  void MarkContent(QuoteState before, char c) {
    const QuoteState after = scanner_.state();
    const bool is_code = before == QuoteState::kCode && static_cast<unsigned char>(c) > ' ' &&
                         after != QuoteState::kLineComment && after != QuoteState::kBlockComment;
    const bool is_endless = HidesGo(after) && at_ >= text_.size();
    const bool is_cut = after == QuoteState::kBlockComment && c == '\n' && IsUnclosed();
    if (is_code || is_endless || is_cut) reader_.has_content_ = true;
  }

  void ScanVariable() {
    size_t end = at_ + 2;
    while (end < text_.size() && IsNameCharacter(text_[end])) ++end;
    if (end == at_ + 2 || end >= text_.size() || text_[end] != ')') {
      ++at_;
      return;
    }
    const std::string name(text_.substr(at_ + 2, end - at_ - 2));
    const std::string* value = reader_.variables_.Find(name);
    if (value == nullptr) {
      ReportUnknownVariable(name, static_cast<uint32_t>(at_));
      at_ = end + 1;
      return;
    }
    Flush(at_);
    reader_.batch_.AppendValue(file_, static_cast<uint32_t>(at_), *value);
    SkipTo(end + 1);
  }

  SqlcmdReader& reader_;
  const SourceFile& file_;
  std::string_view text_;
  size_t at_ = 0;
  size_t given_ = 0;
  std::vector<size_t> unclosed_;
  QuoteScanner scanner_;
};

SqlcmdReader::SqlcmdReader(SqlcmdVariables& variables, IncludeLoader load, BatchConsumer consume,
                           diagnostics::DiagnosticSink& sink)
    : variables_(variables), load_(std::move(load)), consume_(std::move(consume)), sink_(sink) {}

void SqlcmdReader::Read(const SourceFile& script) {
  script_ = &script;
  ended_ = false;
  open_files_ = {&script};
  FileScanner(*this, script).Scan();
  FinishBatch(1);
}

void SqlcmdReader::FinishBatch(int repeat) {
  Batch batch = std::exchange(batch_, Batch());
  if (!std::exchange(has_content_, false)) return;
  batch.repeat = repeat;
  batch.script = script_;
  batch.Finish();
  consume_(std::move(batch));
}

void SqlcmdReader::Report(DiagnosticId id, const SourceFile& file, uint32_t offset,
                          std::vector<std::string> arguments, std::string hint) {
  diagnostics::Diagnostic diagnostic{id, {offset, offset}, std::move(arguments), std::move(hint),
                                     "", file.name(),      file.Locate(offset)};
  sink_.Report(std::move(diagnostic));
}

}  // namespace datamigrate::source
