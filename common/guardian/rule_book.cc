#include "common/guardian/rule_book.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <utility>

namespace datamigrate::guardian {
namespace {

struct Table {
  Category category;
  std::span<const Rule> (*rules)();
};

constexpr std::array<Table, 9> kTables = {{
    {Category::kSqlInjection, SqlInjectionRules},
    {Category::kCrossSiteScripting, CrossSiteScriptingRules},
    {Category::kFileInclusion, FileInclusionRules},
    {Category::kCommandInjection, CommandInjectionRules},
    {Category::kPromptInjection, PromptInjectionRules},
    {Category::kPromptInjection, PromptInjectionRulesInOtherLanguages},
    {Category::kExfiltration, ExfiltrationRules},
    {Category::kSecret, SecretRules},
    {Category::kPersonalData, PersonalDataRules},
}};

absl::StatusOr<std::unique_ptr<re2::RE2>> CompilePattern(const Rule& rule) {
  if (rule.pattern.empty()) return nullptr;
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(true);
  auto pattern = std::make_unique<re2::RE2>(
      re2::StringPiece(rule.pattern.data(), rule.pattern.size()), options);
  if (pattern->ok()) return pattern;
  return absl::InvalidArgumentError(
      fmt::format("the pattern of rule {} is wrong: {}", rule.id, pattern->error()));
}

}  // namespace

RuleBook::RuleBook(RuleBook&&) noexcept = default;
RuleBook::~RuleBook() = default;

absl::StatusOr<RuleBook> RuleBook::Compile() {
  RuleBook book;
  std::vector<std::string_view> attacks;
  std::vector<std::string_view> disclosures;
  for (const Table& table : kTables) {
    for (const Rule& rule : table.rules()) {
      auto pattern = CompilePattern(rule);
      if (!pattern.ok()) return pattern.status();
      book.entries_.push_back({&rule, table.category, *std::move(pattern)});
      attacks.push_back(IsAttack(table.category) ? rule.anchors : "");
      disclosures.push_back(IsAttack(table.category) ? "" : rule.anchors);
    }
  }
  for (auto [anchors, automaton] :
       {std::pair(&attacks, &book.attacks_), std::pair(&disclosures, &book.disclosures_)}) {
    auto compiled = AnchorAutomaton::Compile(*anchors);
    if (!compiled.ok()) return compiled.status();
    *automaton = std::make_unique<const AnchorAutomaton>(*std::move(compiled));
  }
  return book;
}

std::optional<Finding> RuleBook::Confirm(const AnchorAutomaton::Hit& hit,
                                         std::string_view text) const {
  const Entry& entry = entries_[hit.owner];
  const Rule& rule = *entry.rule;
  Finding finding{&rule, hit.begin, hit.end - hit.begin};
  if (entry.pattern != nullptr) {
    const size_t begin = hit.begin - std::min<size_t>(rule.before, hit.begin);
    const size_t end = std::min(text.size(), hit.end + rule.after);
    const re2::StringPiece whole(text.data(), text.size());
    std::array<re2::StringPiece, 2> groups;
    // The whole text is given, so that \b and ^ see what stands around the window.
    const bool matches =
        entry.pattern->Match(whole, begin, end, re2::RE2::UNANCHORED, groups.data(),
                             std::min(2, 1 + entry.pattern->NumberOfCapturingGroups()));
    if (!matches) return std::nullopt;
    const re2::StringPiece& match = groups[1].data() != nullptr ? groups[1] : groups[0];
    finding.offset = static_cast<size_t>(match.data() - text.data());
    finding.length = match.size();
  }
  if (rule.validator != nullptr && !rule.validator(text.substr(finding.offset, finding.length))) {
    return std::nullopt;
  }
  return finding;
}

}  // namespace datamigrate::guardian
