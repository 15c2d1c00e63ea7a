// Real databases and scripts, where they are at hand: every batch must parse and print back with
// the same tokens.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "agent_engine/tsql/parser/parser.h"
#include "tests/unit/tsql/parse_cases.h"

namespace datamigrate::tsql {
namespace {

namespace fs = std::filesystem;

// A folder of scripts and how many of its batches may fail at most.
struct CorpusFolder {
  const char* name;
  int most_failures;
  const char* reason;
};
constexpr CorpusFolder kFolders[] = {
    {"northwind", 0, ""},
    {"pubs", 0, ""},
    {"adventureworks-oltp", 0, ""},
    {"adventureworks-dw", 0, ""},
    {"wwi-oltp", 0, ""},
    {"wwi-dw", 0, ""},
    {"contoso-dw", 0, ""},
    {"wwi-sample-scripts", 0, ""},
    {"other-sample-databases", 2,
     "two batches that SQL Server refuses too: aliases with a blank"
     " and PERCENT as a name"},
    // Scripts of a parser's own tests.
    {"scriptdom-even", 7,
     "errors on purpose, names and "
     "\"from:\" of compatibility level 80, trim(*), national sys.text"},
};

void AppendUtf8(unsigned unit, std::string& out) {
  if (unit < 0x80) {
    out += static_cast<char>(unit);
  } else if (unit < 0x800) {
    out += static_cast<char>(0xC0 | unit >> 6);
    out += static_cast<char>(0x80 | (unit & 0x3F));
  } else {
    out += static_cast<char>(0xE0 | unit >> 12);
    out += static_cast<char>(0x80 | (unit >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (unit & 0x3F));
  }
}

// Scripts are UTF-8 or UTF-16 with a byte order mark.
std::string ReadScript(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  if (text.starts_with("\xEF\xBB\xBF")) return text.substr(3);
  if (!text.starts_with("\xFF\xFE")) return text;
  std::string out;
  for (size_t i = 2; i + 1 < text.size(); i += 2) {
    AppendUtf8(static_cast<unsigned char>(text[i]) | static_cast<unsigned char>(text[i + 1]) << 8,
               out);
  }
  return out;
}

// Where the scanner is between lines: inside a comment, a string or a quoted name, GO separates
// nothing.
struct OpenText {
  int comment_depth = 0;
  char quote = 0;  // What ends it.

  bool any() const { return comment_depth > 0 || quote != 0; }

  void Scan(std::string_view line) {
    for (size_t i = 0; i < line.size(); ++i) {
      const std::string_view pair = line.substr(i, 2);
      if (quote != 0) {
        if (line[i] == quote) quote = 0;
      } else if (pair == "/*") {
        ++comment_depth;
        ++i;
      } else if (comment_depth > 0) {
        if (pair != "*/") continue;
        --comment_depth;
        ++i;
      } else if (pair == "--") {
        return;
      } else if (line[i] == '\'' || line[i] == '"' || line[i] == '[') {
        quote = line[i] == '[' ? ']' : line[i];
      }
    }
  }
};

std::string_view Trim(std::string_view line) {
  const size_t begin = line.find_first_not_of(" \t\r\n;");
  if (begin == std::string_view::npos) return {};
  return line.substr(begin, line.find_last_not_of(" \t\r\n;") + 1 - begin);
}

bool IsGo(std::string_view line) {
  const std::string_view word = Trim(line);
  if (word.size() < 2 || (word[0] | 0x20) != 'g' || (word[1] | 0x20) != 'o') return false;
  return word.substr(2).find_first_not_of(" \t0123456789") == std::string_view::npos ||
         Trim(word.substr(2)).starts_with("--");
}

// Batches between GO lines; lines with a command of SQLCMD are left out.
std::vector<std::string> SplitBatches(const std::string& script) {
  std::vector<std::string> batches(1);
  OpenText open;
  for (size_t begin = 0; begin < script.size();) {
    const size_t end = std::min(script.find('\n', begin), script.size() - 1) + 1;
    const std::string_view line = std::string_view(script).substr(begin, end - begin);
    begin = end;
    if (!open.any() && IsGo(line)) {
      batches.emplace_back();
    } else if (open.any() || !Trim(line).starts_with(':')) {
      open.Scan(line);
      batches.back() += line;
    }
  }
  return batches;
}

bool IsScript(const fs::path& path) {
  return path.extension() == ".sql" || path.extension() == ".SQL";
}

struct Outcome {
  int batches = 0;
  std::vector<std::string> failures;
};

void ParseScript(const fs::path& path, Outcome& outcome) {
  for (const std::string& batch : SplitBatches(ReadScript(path))) {
    if (batch.find_first_not_of(" \t\r\n") == std::string::npos) continue;
    ++outcome.batches;
    diagnostics::DiagnosticSink sink;
    const ParseResult result = ParseBatch(batch, {}, sink);
    const std::string name = path.filename().string() + ": ";
    if (!result.ok) {
      outcome.failures.push_back(name + testing::ReportText(sink.diagnostics(), batch));
    } else if (!testing::KeepsAllTokens(batch, result.tree.Root(), true)) {
      outcome.failures.push_back(name + "tokens are lost");
    }
  }
}

Outcome ParseFolder(const fs::path& folder) {
  std::vector<fs::path> scripts;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (IsScript(entry.path())) scripts.push_back(entry.path());
  }
  std::ranges::sort(scripts);
  Outcome outcome;
  for (const fs::path& script : scripts) ParseScript(script, outcome);
  return outcome;
}

std::string Joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  return text;
}

TEST_CASE("real scripts parse and print back", "[parser][corpus]") {
  const fs::path corpus = fs::path(DATAMIGRATE_SOURCE_DIR) / "../shared/corpus";
  if (!fs::exists(corpus)) {
    std::cout << "skipped: no corpus at " << corpus << '\n';
    return;
  }
  for (const CorpusFolder& folder : kFolders) {
    const Outcome outcome = ParseFolder(corpus / folder.name);
    INFO(folder.name << ", " << outcome.batches << " batches; known: " << folder.reason << '\n'
                     << Joined(outcome.failures));
    CHECK(outcome.batches > 0);
    CHECK(outcome.failures.size() <= static_cast<size_t>(folder.most_failures));
  }
}

TEST_CASE("GO separates batches, but not inside comments, strings and names", "[corpus]") {
  CHECK(SplitBatches("a\nGO\nb\ngo 5\nc\n").size() == 3);
  CHECK(SplitBatches("/* a\nGO\n*/ b\n").size() == 1);
  CHECK(SplitBatches("SELECT 'a\nGO\n'\n").size() == 1);
  CHECK(SplitBatches("SELECT [it's] -- it's\nGO\nb").size() == 2);
  CHECK(SplitBatches("GOTO x\nx:\n").size() == 1);
}

}  // namespace
}  // namespace datamigrate::tsql
