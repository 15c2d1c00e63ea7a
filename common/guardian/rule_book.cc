#include "common/guardian/rule_book.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/base/call_once.h"
#include "common/guardian/window_filter.h"

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

std::unique_ptr<const re2::RE2> CompilePattern(const Rule& rule) {
  if (rule.pattern.empty()) return nullptr;
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(true);
  return std::make_unique<const re2::RE2>(
      re2::StringPiece(rule.pattern.data(), rule.pattern.size()), options);
}

size_t LongestAnchor(const Rule& rule) {
  size_t longest = 0;
  for (std::string_view rest = rule.anchors; !rest.empty();) {
    const size_t end = std::min(rest.find('|'), rest.size());
    longest = std::max(longest, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return longest;
}

}  // namespace

struct RuleBook::Pattern {
  absl::once_flag once;
  std::unique_ptr<const re2::RE2> compiled;  // null when the anchor will do
  WindowFilter filter;
};

RuleBook::RuleBook(RuleBook&&) noexcept = default;
RuleBook::~RuleBook() = default;

absl::StatusOr<RuleBook> RuleBook::Compile() {
  RuleBook book;
  std::vector<std::string_view> all;
  std::vector<std::string_view> disclosures;
  for (const Table& table : kTables) {
    for (const Rule& rule : table.rules()) {
      if (IsAttack(table.category) && rule.anchors.empty() && !rule.pattern.empty()) {
        book.whole_text_entries_.push_back(static_cast<uint32_t>(book.entries_.size()));
      }
      book.entries_.push_back({&rule, table.category});
      book.patterns_.push_back(std::make_unique<Pattern>());
      all.push_back(rule.anchors);
      disclosures.push_back(IsAttack(table.category) ? "" : rule.anchors);
      if (!IsAttack(table.category)) {
        const size_t anchor = LongestAnchor(rule);
        book.longest_anchor_ = std::max(book.longest_anchor_, anchor);
        book.longest_lead_ = std::max(book.longest_lead_, rule.before + anchor);
      }
    }
  }
  for (auto [anchors, automaton] :
       {std::pair(&all, &book.all_), std::pair(&disclosures, &book.disclosures_)}) {
    auto compiled = AnchorAutomaton::Compile(*anchors);
    if (!compiled.ok()) return compiled.status();
    *automaton = std::make_unique<const AnchorAutomaton>(*std::move(compiled));
  }
  return book;
}

absl::Status RuleBook::CheckPatterns() const {
  for (size_t entry = 0; entry < entries_.size(); ++entry) {
    const re2::RE2* pattern = PatternOf(entry).compiled.get();
    if (pattern == nullptr || pattern->ok()) continue;
    return absl::InvalidArgumentError(fmt::format("the pattern of rule {} is wrong: {}",
                                                  entries_[entry].rule->id, pattern->error()));
  }
  return absl::OkStatus();
}

const RuleBook::Pattern& RuleBook::PatternOf(size_t entry) const {
  Pattern& pattern = *patterns_[entry];
  absl::call_once(pattern.once, [&] {
    const auto& [rule, category] = entries_[entry];
    pattern.compiled = CompilePattern(*rule);
    // Only normalised text is in lower case.
    if (IsAttack(category)) pattern.filter = WindowFilter(rule->pattern, rule->anchors);
  });
  return pattern;
}

std::optional<Finding> RuleBook::Confirm(const AnchorAutomaton::Hit& hit,
                                         std::string_view text) const {
  const Entry& entry = entries_[hit.owner];
  const Rule& rule = *entry.rule;
  if (rule.guard != nullptr && !rule.guard(text, hit.begin, hit.end)) return std::nullopt;
  Finding finding{&rule, hit.begin, hit.end - hit.begin};
  const Pattern& its = PatternOf(hit.owner);
  if (const re2::RE2* pattern = its.compiled.get(); pattern != nullptr) {
    const size_t begin = hit.begin - std::min<size_t>(rule.before, hit.begin);
    const size_t end = std::min(text.size(), hit.end + rule.after);
    if (!its.filter.MayMatch(text.substr(begin, end - begin))) return std::nullopt;
    const re2::StringPiece whole(text.data(), text.size());
    std::array<re2::StringPiece, 2> groups;
    // The whole text is given, so that \b and ^ see what stands around the window.
    const bool matches = pattern->Match(whole, begin, end, re2::RE2::UNANCHORED, groups.data(),
                                        std::min(2, 1 + pattern->NumberOfCapturingGroups()));
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
