#include "common/guardian/scanner.h"

#include <algorithm>
#include <bit>

#include "common/guardian/ascii.h"
#include "common/guardian/model/word_hash.h"
#include "common/guardian/personal_numbers.h"
#include "common/guardian/shell_commands.h"
#include "common/guardian/unanchored_secrets.h"

namespace datamigrate::guardian {
namespace {

// A number of personal data with the word near it that names it.
constexpr size_t kNumberReach = 512;
// A token, a mailbox or an address is a run of visible bytes, and none is longer.
constexpr size_t kLongestRun = 8192;
constexpr size_t kFragment = 64;  // bytes of a text that rules without anchors are tried on
constexpr float kEnough = 1;
// The model alone is enough from its threshold on; below it, so many log odds make it half as much.
constexpr float kHalfCertain = 2;
// Less than this of the model says nothing by itself.
constexpr float kHint = 0.25F;

constexpr std::array<std::string_view, kAttackCategories> kModelRules = {
    "sql_injection.model", "cross_site_scripting.model", "file_inclusion.model",
    "command_injection.model", "prompt_injection.model"};

bool IsWordByte(char c) {
  return IsLower(c) || IsDigit(c) || c == '_' || c == '-' || c == '.' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool IsVisible(char c) {
  return c > ' ' && c < '\x7f';
}

// A word or a number alone breaks out of nothing, and tells the model too little to go by; nor does
// the address of a server or a mailbox, or an element like page[1].
bool IsBareWord(std::string_view text) {
  if (text.find("..") != std::string_view::npos) return false;
  if (const size_t sign = text.find('@'); sign != std::string_view::npos && sign > 0) {
    return std::ranges::all_of(text.substr(0, sign), IsWordByte) &&
           std::ranges::all_of(text.substr(sign + 1), IsWordByte);
  }
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (text.starts_with(scheme)) text.remove_prefix(scheme.size());
  }
  const size_t end = std::ranges::find_if_not(text, IsWordByte) - text.begin();
  if (end == text.size()) return true;
  const std::string_view rest = text.substr(end);
  if (end == 0 || rest == "/") return end > 0;
  return rest.size() > 2 && rest.front() == '[' && rest.back() == ']' &&
         std::ranges::all_of(rest.substr(1, rest.size() - 2), IsDigit);
}

Category CategoryOfHead(size_t head) {
  return static_cast<Category>(head - 1);
}

}  // namespace

std::string_view NameOf(Action action) {
  static constexpr std::array<std::string_view, 3> kNames = {"allow", "sanitize", "block"};
  return kNames[static_cast<size_t>(action)];
}

Scanner::Scanner(const RuleBook& rules, const LinearModel& model)
    : rules_(rules),
      model_(model),
      scratch_(rules.all().MakeScratch().value()),
      disclosure_scratch_(rules.disclosures().MakeScratch().value()) {}

Scanner::~Scanner() = default;

Verdict Scanner::Scan(std::string_view text, FieldKind kind) {
  Verdict verdict;
  if (text.empty() || kind == FieldKind::kSecret) return verdict;
  raw_size_ = text.size();
  normalized_.Assign(text);
  FindAttacks(text, kind, verdict);
  if (IsJudgedByModel(kind)) Judge(verdict);
  FindDisclosures(text, kind, verdict);
  std::ranges::stable_sort(verdict.matches, {}, &Match::offset);
  Decide(verdict);
  return verdict;
}

// What was decoded from an island stands where the island stands, so an end may lie before its
// beginning; at least one byte is meant then.
std::pair<size_t, size_t> Scanner::RawSpan(size_t begin, size_t end) const {
  const size_t last = raw_size_ - 1;
  const size_t from = std::min(normalized_.RawOffset(begin), last);
  const size_t to = std::min(normalized_.RawOffset(end), raw_size_);
  return {from, to > from ? to - from : 1};
}

// One finding a rule is enough to judge by.
void Scanner::FindAttacks(std::string_view raw, FieldKind kind, Verdict& verdict) {
  is_found_.assign(rules_.entries().size(), 0);
  spoken_.clear();
  const std::string_view text = normalized_.text();
  const auto add = [&](const Finding& finding, Category category) {
    spoken_.push_back(finding.offset);
    const auto [begin, length] = RawSpan(finding.offset, finding.offset + finding.length);
    verdict.matches.push_back({finding.rule->id, category, begin, length, finding.rule->score});
    verdict.scores[static_cast<size_t>(category)] += finding.rule->score;
  };
  const auto look_at = [&](const AnchorAutomaton::Hit& hit) {
    if (is_found_[hit.owner] != 0) return;
    const RuleBook::Entry& entry = rules_.entries()[hit.owner];
    if (!IsLookedFor(entry.category, kind)) return;
    const std::optional<Finding> finding = rules_.Confirm(hit, text);
    if (!finding.has_value()) return;
    is_found_[hit.owner] = 1;
    add(*finding, entry.category);
  };
  const std::span<const NormalizedText::Stretch> stretches = normalized_.StretchesOf(raw);
  auto stretch = stretches.begin();
  disclosure_hits_.clear();
  const auto keep = [&](const AnchorAutomaton::Hit& hit) {
    while (stretch != stretches.end() && hit.end > stretch->at + stretch->length) ++stretch;
    if (stretch == stretches.end() || hit.begin < stretch->at) return;
    disclosure_hits_.push_back(
        {hit.owner, hit.begin - stretch->at + stretch->raw, hit.end - stretch->at + stretch->raw});
  };
  rules_.all().Scan(text, *scratch_, [&](const AnchorAutomaton::Hit& hit) {
    IsAttack(rules_.entries()[hit.owner].category) ? look_at(hit) : keep(hit);
  });
  AddHitsBetween(raw, stretches);
  if (text.size() <= kFragment) {
    for (const uint32_t owner : rules_.whole_text_entries()) look_at({owner, 0, text.size()});
  }
  if (!IsLookedFor(Category::kCommandInjection, kind)) return;
  findings_.clear();
  FindShellCommands(text, findings_);
  const Rule* last = nullptr;
  for (const Finding& finding : findings_) {
    if (finding.rule != last) add(finding, Category::kCommandInjection);
    last = finding.rule;
  }
}

void Scanner::AddHitsBetween(std::string_view raw,
                             std::span<const NormalizedText::Stretch> stretches) {
  if (stretches.size() == 1 && stretches[0].length == raw.size()) return;
  // Many short scans cost more than a long one.
  if ((stretches.size() + 1) * 2 * NormalizedText::kShortestStretch > raw.size()) {
    disclosure_hits_.clear();
    AddHitsIn(raw, 0, raw.size());
    return;
  }
  size_t begin = 0;
  for (const NormalizedText::Stretch& stretch : stretches) {
    AddHitsIn(raw, begin, stretch.raw);
    begin = stretch.raw + stretch.length;
  }
  AddHitsIn(raw, begin, raw.size());
  std::ranges::stable_sort(disclosure_hits_, {}, &AnchorAutomaton::Hit::end);
}

void Scanner::AddHitsIn(std::string_view raw, size_t begin, size_t end) {
  if (end == 0 || begin == raw.size()) return;  // nothing stands before or behind it
  const size_t reach = rules_.longest_anchor() - 1;
  const size_t from = begin - std::min(reach, begin);
  const size_t to = std::min(end + reach, raw.size());
  const auto keep = [&](const AnchorAutomaton::Hit& hit) {
    const AnchorAutomaton::Hit moved = {hit.owner, hit.begin + from, hit.end + from};
    if (moved.end > begin && moved.begin < end) disclosure_hits_.push_back(moved);
  };
  rules_.disclosures().Scan(raw.substr(from, to - from), *disclosure_scratch_, keep);
}

void Scanner::FindDisclosures(std::string_view text, FieldKind kind, Verdict& verdict) {
  const auto add = [&](const Finding& finding, Category category) {
    if (verdict.matches.size() >= kMostMatches) return;
    verdict.matches.push_back(
        {finding.rule->id, category, finding.offset, finding.length, finding.rule->score});
    verdict.scores[static_cast<size_t>(category)] += finding.rule->score;
  };
  const auto add_all = [&](Category category, auto find) {
    if (!IsLookedFor(category, kind)) return;
    findings_.clear();
    find(text, findings_);
    for (const Finding& finding : findings_) add(finding, category);
  };
  add_all(Category::kPersonalData, FindPersonalNumbers);
  add_all(Category::kSecret, FindUnanchoredSecrets);
  size_t last_offset = text.size();
  const Rule* last_rule = nullptr;
  for (const AnchorAutomaton::Hit& hit : disclosure_hits_) {
    const RuleBook::Entry& entry = rules_.entries()[hit.owner];
    if (!IsLookedFor(entry.category, kind)) continue;
    const std::optional<Finding> finding = rules_.Confirm(hit, text);
    // Two anchors of one match give it twice.
    if (!finding.has_value() || (finding->rule == last_rule && finding->offset == last_offset)) {
      continue;
    }
    last_rule = finding->rule;
    last_offset = finding->offset;
    add(*finding, entry.category);
  }
}

size_t Scanner::SettledEnd(std::string_view text) {
  const size_t reach = std::max(rules_.longest_lead(), kNumberReach);
  size_t end = text.size() - std::min(text.size(), reach);
  rules_.disclosures().Scan(text, *disclosure_scratch_, [&](const AnchorAutomaton::Hit& hit) {
    const Rule& rule = *rules_.entries()[hit.owner].rule;
    // What follows may still be the rest of its match, or the byte behind it.
    if (hit.end + rule.after < text.size()) return;
    end = std::min(end, hit.begin - std::min<size_t>(rule.before, hit.begin));
  });
  size_t begin = end;
  while (begin > 0 && end - begin <= kLongestRun && IsVisible(text[begin - 1])) --begin;
  return end - begin <= kLongestRun ? begin : end;
}

void Scanner::StartFeatures() {
  traits_.clear();
  const std::string_view text = normalized_.text();
  traits_.push_back(static_cast<uint64_t>(std::bit_width(text.size())));
  for (uint32_t bit = 0; bit < 32; ++bit) {
    if ((normalized_.disguises() >> bit & 1) != 0) traits_.push_back(0x100 + bit);
  }
  features_.Start(text, traits_);
}

void Scanner::ReadFeatures(std::string_view text,
                           absl::FunctionRef<void(const FeatureWindow&)> on_window) {
  normalized_.Assign(text);
  if (IsBareWord(normalized_.text())) return;
  StartFeatures();
  FeatureWindow window;
  while (features_.Next(window)) on_window(window);
}

bool Scanner::IsWorthReading(std::string_view window) const {
  const std::string_view text = normalized_.text();
  if (model_.first_look().IsWorthReading(window, text.size())) return true;
  const auto begin = static_cast<size_t>(window.data() - text.data());
  return std::ranges::any_of(spoken_,
                             [&](size_t at) { return at >= begin && at < begin + window.size(); });
}

void Scanner::Judge(Verdict& verdict) {
  if (IsBareWord(normalized_.text())) return;
  StartFeatures();
  std::array<float, kCategories> model_scores{};
  FeatureWindow window;
  while (!features_.Ahead().empty()) {
    if (!IsWorthReading(features_.Ahead())) {
      features_.Skip();
      continue;
    }
    features_.Next(window);
    const Scores scores = model_.Score(window.features);
    size_t best = 1;
    for (size_t head = 2; head <= kAttackCategories; ++head) {
      if (scores[head] > scores[best]) best = head;
    }
    const float margin = std::max(scores[kAnyAttack], scores[best]);
    const float certainty = std::clamp(kEnough + margin / (2 * kHalfCertain), 0.0F, kEnough);
    const Category category = CategoryOfHead(best);
    model_scores[static_cast<size_t>(category)] =
        std::max(model_scores[static_cast<size_t>(category)], certainty);
    if (certainty < kEnough) continue;
    const std::string_view rule = kModelRules[best - 1];
    if (std::ranges::find(verdict.matches, rule, &Match::rule) != verdict.matches.end()) continue;
    const auto [begin, length] = RawSpan(window.begin, window.end);
    verdict.matches.push_back({rule, category, begin, length, kEnough});
  }
  // A hint of the model counts where a rule has spoken, whatever kind of attack it thinks of.
  const float hint = *std::ranges::max_element(model_scores);
  for (size_t i = 0; i < kCategories; ++i) {
    if (verdict.scores[i] > 0 && hint > kHint) model_scores[i] = std::max(model_scores[i], hint);
    verdict.scores[i] += model_scores[i];
  }
}

void Scanner::Decide(Verdict& verdict) const {
  for (size_t i = 0; i < kCategories; ++i) {
    const auto category = static_cast<Category>(i);
    if (IsAttack(category)) {
      if (verdict.scores[i] >= kEnough) verdict.action = Action::kBlock;
    } else if (verdict.scores[i] > 0) {
      verdict.action = std::max(verdict.action, Action::kSanitize);
    }
  }
}

}  // namespace datamigrate::guardian
