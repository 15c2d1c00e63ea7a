#include "agent_engine/cli/guardian_command.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent_engine/cli/exit_code.h"
#include "agent_engine/cli/json_line.h"
#include "agent_engine/cli/stopwatch.h"
#include "common/guardian/scanner.h"
#include "fmt/format.h"

namespace datamigrate::cli {
namespace {

using guardian::FieldKind;
using guardian::Match;
using guardian::Verdict;
using Json = nlohmann::ordered_json;

struct Options {
  std::string text;
  std::string field = "unknown";
  bool jsonl = false;
  bool matches = false;
};

// A line of --jsonl.
struct Asked {
  Json id;
  std::string text;
  FieldKind field;
};

absl::StatusOr<Asked> ReadLine(const std::string& line, FieldKind fallback) {
  const Json object = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) {
    return absl::InvalidArgumentError(
        "this is not a JSON object such as {\"id\":1,\"text\":\"...\"}");
  }
  const auto id = object.find("id");
  const auto text = object.find("text");
  if (text == object.end() || !text->is_string()) {
    return absl::InvalidArgumentError("\"text\" is missing or no text");
  }
  Asked asked{id == object.end() ? Json() : *id, *text, fallback};
  const auto field = object.find("field");
  if (field == object.end() || field->is_null()) return asked;
  const std::optional<FieldKind> kind =
      field->is_string() ? guardian::ParseFieldKind(field->get<std::string>()) : std::nullopt;
  if (!kind.has_value()) {
    return absl::InvalidArgumentError(
        "\"field\" must be one of unknown, chat, identifier, metadata, sql, path, secret, "
        "model_output");
  }
  asked.field = *kind;
  return asked;
}

// The ids of the rules that spoke, each once, in the order of their first match.
Json RulesOf(const Verdict& verdict) {
  std::vector<std::string_view> rules;
  for (const Match& match : verdict.matches) {
    if (std::ranges::find(rules, match.rule) == rules.end()) rules.push_back(match.rule);
  }
  return rules;
}

Json MatchesOf(const Verdict& verdict) {
  Json list = Json::array();
  for (const Match& match : verdict.matches) {
    list.push_back({{"rule", match.rule},
                    {"offset", match.offset},
                    {"length", match.length},
                    {"score", static_cast<double>(match.score)}});
  }
  return list;
}

std::string VerdictLine(const Json& id, const Verdict& verdict, bool with_matches) {
  Json line = {
      {"id", id}, {"verdict", guardian::NameOf(verdict.action)}, {"rules", RulesOf(verdict)}};
  if (with_matches) line["matches"] = MatchesOf(verdict);
  return JsonLine(line) + "\n";
}

// One line of a file without its end, whatever its length; false at the end of the file.
class LineReader {
 public:
  explicit LineReader(std::FILE* file) : file_(file) {}
  ~LineReader() { std::free(buffer_); }
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  bool Next(std::string& line) {
    const ssize_t length = getline(&buffer_, &capacity_, file_);
    if (length < 0) return false;
    line.assign(buffer_, static_cast<size_t>(length));
    while (line.ends_with('\n') || line.ends_with('\r')) line.pop_back();
    return true;
  }

 private:
  std::FILE* const file_;
  char* buffer_ = nullptr;
  size_t capacity_ = 0;
};

int ScanLines(guardian::Scanner& scanner, const Options& options, FieldKind field) {
  LineReader reader(stdin);
  std::string line;
  Stopwatch stopwatch;
  bool any_wrong = false;
  for (int64_t number = 1; reader.Next(line); ++number) {
    if (line.find_first_not_of(" \t") == std::string::npos) continue;
    const absl::StatusOr<Asked> asked = ReadLine(line, field);
    if (!asked.ok()) {
      fmt::print(stderr, "datamigrate: line {}: {}\n", number,
                 std::string(asked.status().message()));
      any_wrong = true;
      continue;
    }
    const Verdict verdict = stopwatch.Time([&] { return scanner.Scan(asked->text, asked->field); });
    const std::string answer = VerdictLine(asked->id, verdict, options.matches);
    std::fwrite(answer.data(), 1, answer.size(), stdout);
  }
  std::fflush(stdout);
  fmt::print(stderr, "SCAN_SECONDS {:.6f}\n", stopwatch.seconds());
  return any_wrong ? kInputHasErrors : kSuccess;
}

void PrintVerdict(const std::string& text, const Verdict& verdict) {
  fmt::print("{}\n", guardian::NameOf(verdict.action));
  for (const Match& match : verdict.matches) {
    std::string cut = text.substr(match.offset, std::min<size_t>(match.length, 60));
    std::ranges::replace_if(
        cut, [](unsigned char c) { return c < 0x20; }, ' ');
    const bool is_secret = match.category == guardian::Category::kSecret ||
                           match.category == guardian::Category::kPersonalData;
    fmt::print("  {:<44} at {:>6}  {}\n", match.rule, match.offset,
               is_secret ? "(not shown)" : cut);
  }
}

int Scan(const Options& options) {
  absl::StatusOr<guardian::RuleBook> rules = guardian::RuleBook::Compile();
  if (!rules.ok()) {
    fmt::print(stderr, "datamigrate: {}\n", std::string(rules.status().message()));
    return kFailed;
  }
  guardian::Scanner scanner(*rules, guardian::LinearModel::BuiltIn());
  const FieldKind field = *guardian::ParseFieldKind(options.field);
  if (options.jsonl) return ScanLines(scanner, options, field);
  PrintVerdict(options.text, scanner.Scan(options.text, field));
  return kSuccess;
}

}  // namespace

void AddGuardianCommand(CLI::App& app, int& exit_code) {
  CLI::App* guardian = app.add_subcommand("guardian", "Judge texts as the services do");
  guardian->require_subcommand(1);
  auto options = std::make_shared<Options>();
  CLI::App* scan = guardian->add_subcommand(
      "scan", "Say of a text whether it would pass, and what was found in it");
  scan->add_option("TEXT", options->text, "The text");
  scan->add_option("--field", options->field, "What the text is, where a line does not say")
      ->check(CLI::IsMember(
          {"unknown", "chat", "identifier", "metadata", "sql", "path", "secret", "model_output"}))
      ->capture_default_str();
  scan->add_flag("--jsonl", options->jsonl,
                 "Read {\"id\",\"text\"[,\"field\"]} a line from standard input and print "
                 "{\"id\",\"verdict\",\"rules\"} a line");
  scan->add_flag("--matches", options->matches, "With --jsonl: also where each rule matched");
  scan->footer(
      "Examples:\n"
      "  datamigrate guardian scan \"1' OR '1'='1\"\n"
      "  datamigrate guardian scan --jsonl < texts.jsonl > verdicts.jsonl\n"
      "Exit codes: 0 all texts were judged, 1 failed, 2 wrong use, 3 some line was not "
      "understood.");
  scan->callback([options, &exit_code] {
    if (options->jsonl == !options->text.empty()) {
      throw CLI::ValidationError("guardian scan", "give either TEXT or --jsonl");
    }
    exit_code = Scan(*options);
  });
}

}  // namespace datamigrate::cli
