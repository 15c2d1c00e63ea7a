// Measures the Guardian on one core: megabytes a second over folders of texts, and the time of one
// text of 1 KB. Prints one JSON object.
//   guardian_speed FOLDER_OF_JSONL
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/guardian/scanner.h"
#include "common/guardian/training/corpus.h"

namespace {

using datamigrate::guardian::FieldKind;
using datamigrate::guardian::LabelledText;
using datamigrate::guardian::Scanner;
using Clock = std::chrono::steady_clock;

constexpr size_t kPieceBytes = 1024;
constexpr double kSeconds = 1.5;  // that each measurement takes, at least

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double MegabytesPerSecond(Scanner& scanner, const std::vector<std::string>& texts) {
  size_t bytes = 0;
  const Clock::time_point start = Clock::now();
  while (SecondsSince(start) < kSeconds) {
    for (const std::string& text : texts) {
      (void)scanner.Scan(text, FieldKind::kUnknown);
      bytes += text.size();
    }
  }
  return static_cast<double>(bytes) / 1e6 / SecondsSince(start);
}

// Microseconds of the median and of the slowest hundredth.
std::pair<double, double> Latency(Scanner& scanner, const std::vector<std::string>& texts) {
  std::vector<double> micros;
  const Clock::time_point start = Clock::now();
  while (SecondsSince(start) < kSeconds) {
    for (const std::string& text : texts) {
      const Clock::time_point begin = Clock::now();
      (void)scanner.Scan(text, FieldKind::kUnknown);
      micros.push_back(SecondsSince(begin) * 1e6);
    }
  }
  std::ranges::sort(micros);
  return {micros[micros.size() / 2], micros[micros.size() * 99 / 100]};
}

std::vector<std::string> PiecesOf(const std::string& text) {
  std::vector<std::string> pieces;
  for (size_t at = 0; at + kPieceBytes <= text.size(); at += kPieceBytes) {
    pieces.push_back(text.substr(at, kPieceBytes));
  }
  return pieces;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace datamigrate::guardian;  // NOLINT: this is the program
  if (argc != 2) {
    std::fprintf(stderr, "usage: guardian_speed FOLDER_OF_JSONL\n");
    return 2;
  }
  const auto corpus = ReadCorpus(argv[1]);
  if (!corpus.ok()) {
    std::fprintf(stderr, "guardian_speed: %s\n", std::string(corpus.status().message()).c_str());
    return 1;
  }
  const RuleBook rules = RuleBook::Compile().value();
  Scanner scanner(rules, LinearModel::BuiltIn());
  std::map<std::string, std::string> joined;
  for (const LabelledText& text : *corpus) joined[text.kind] += text.text + "\n";
  nlohmann::ordered_json result;
  for (const auto& [kind, text] : joined) {
    const std::vector<std::string> pieces = PiecesOf(text);
    const auto [median, p99] = Latency(scanner, pieces);
    result[kind] = {{"mb_per_s_long", MegabytesPerSecond(scanner, {text})},
                    {"mb_per_s_1kb", MegabytesPerSecond(scanner, pieces)},
                    {"micros_1kb_median", median},
                    {"micros_1kb_p99", p99}};
  }
  std::printf("%s\n", result.dump(1).c_str());
  return 0;
}
