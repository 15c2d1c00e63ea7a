// Prints what the Guardian finds in labelled texts, one line for each text and field, with every
// match and score: two builds judge alike when their outputs are the same (diff). Beside the texts
// as they are, each kind's texts are judged as one and in pieces, cut where no character or word
// ends, once more with encoded and invisible characters strewn in.
//   guardian_verdicts FOLDER_OF_JSONL [KIND]
#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>

#include "common/guardian/scanner.h"
#include "common/guardian/training/corpus.h"

namespace {

using namespace datamigrate::guardian;  // NOLINT: this is the program

constexpr auto kFields = std::to_array({FieldKind::kUnknown, FieldKind::kChat, FieldKind::kSql,
                                        FieldKind::kPath, FieldKind::kModelOutput});
// Odd, so that pieces begin and end anywhere.
constexpr auto kPieceBytes = std::to_array<size_t>({31, 257, 1021, 4099});

void PrintVerdict(Scanner& scanner, std::string_view name, std::string_view text, FieldKind field) {
  const Verdict verdict = scanner.Scan(text, field);
  fmt::print("{} {} {} settled={}", name, NameOf(field), NameOf(verdict.action),
             scanner.SettledEnd(text));
  for (const Match& match : verdict.matches) {
    fmt::print(" {}@{}+{}={}", match.rule, match.offset, match.length, match.score);
  }
  for (const float score : verdict.scores) fmt::print(" {}", score);
  fmt::print("\n");
}

void PrintVerdicts(Scanner& scanner, std::string_view name, std::string_view text) {
  for (const FieldKind field : kFields) PrintVerdict(scanner, name, text, field);
}

// With something that normalising takes away or changes in every so many bytes.
std::string Strewn(std::string_view text) {
  constexpr auto kStrewn = std::to_array<std::string_view>(
      {"\u2019", "%20", "&amp;", "\u200b", "\\u0041", "+", "\x01", "\xff", "%2b", "\xc0\xae"});
  constexpr size_t kEvery = 157;
  std::string strewn;
  for (size_t at = 0; at < text.size(); at += kEvery) {
    strewn += text.substr(at, kEvery);
    strewn += kStrewn[at / kEvery % kStrewn.size()];
  }
  return strewn;
}

void PrintPieces(Scanner& scanner, const std::string& kind, std::string_view text) {
  for (const size_t bytes : kPieceBytes) {
    for (size_t at = 0; at < text.size(); at += bytes) {
      PrintVerdict(scanner, fmt::format("{}/{}/{}", kind, bytes, at), text.substr(at, bytes),
                   FieldKind::kUnknown);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) {
    fmt::print(stderr, "usage: guardian_verdicts FOLDER_OF_JSONL [KIND]\n");
    return 2;
  }
  const auto corpus = ReadCorpus(argv[1]);
  if (!corpus.ok()) {
    fmt::print(stderr, "guardian_verdicts: {}\n", std::string(corpus.status().message()));
    return 1;
  }
  const RuleBook rules = RuleBook::Compile().value();
  Scanner scanner(rules, LinearModel::BuiltIn());
  std::map<std::string, std::string> joined;
  for (const LabelledText& text : *corpus) {
    if (argc == 3 && text.kind != argv[2]) continue;
    PrintVerdicts(scanner, text.id, text.text);
    joined[text.kind] += text.text + "\n";
  }
  for (const auto& [kind, text] : joined) {
    PrintVerdicts(scanner, kind, text);
    PrintPieces(scanner, kind, text);
    const std::string strewn = Strewn(text);
    PrintVerdicts(scanner, kind + "/strewn", strewn);
    PrintPieces(scanner, kind + "/strewn", strewn);
  }
  return 0;
}
