#include "gateway/filters/guardian/request_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <memory>
#include <utility>

#include "gateway/filters/guardian/field_kinds.h"

namespace datamigrate::gateway {
namespace {

using guardian::Category;
using guardian::FieldKind;
using guardian::Match;

constexpr size_t kMostFindings = 16;

// Where addresses belong they are no disclosure.
bool IsAtHome(Category category, std::string_view field) {
  return category == Category::kPersonalData && field == "email";
}

bool IsContinuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

// Replaces each of `spans`, sorted by their offsets, by its rule in brackets. Characters of several
// bytes go whole.
std::string WithoutSpans(std::string_view text, const std::vector<Match>& spans) {
  std::string cut;
  size_t done = 0;
  for (const Match& span : spans) {
    size_t begin = span.offset;
    size_t end = std::min(span.offset + span.length, text.size());
    while (begin > 0 && IsContinuation(text[begin])) --begin;
    while (end < text.size() && IsContinuation(text[end])) ++end;
    if (end <= done) continue;
    if (begin >= done) {
      cut += text.substr(done, begin - done);
      cut += fmt::format("[{}]", span.rule);
    }
    done = end;
  }
  cut += text.substr(done);
  return cut;
}

void AddOnce(std::vector<std::string>& list, const std::string& item) {
  if (std::ranges::find(list, item) == list.end()) list.push_back(item);
}

}  // namespace

RequestScan::Outcome RequestScan::Judge(std::string_view text, std::string_view field,
                                        FieldKind kind) {
  const guardian::Verdict verdict = scanner_.Scan(text, kind);
  Outcome outcome;
  if (verdict.matches.empty()) {
    outcome.is_clean = true;
    return outcome;
  }
  std::vector<Match> to_cut;
  for (Finding& finding : FindingsOf(verdict, kind)) {
    if (IsAtHome(finding.category, field)) continue;
    const Policy::Judgement judgement = policy_.Judge(finding, scores_, now_);
    outcome.reaction = std::max(outcome.reaction, judgement.reaction);
    if (judgement.reaction == Reaction::kSanitize) {
      for (const Match& match : verdict.matches) {
        if (match.category == finding.category &&
            std::ranges::find(judgement.rules, match.rule) != judgement.rules.end()) {
          to_cut.push_back(match);
        }
      }
    }
    if (!is_noting_) continue;
    for (const std::string& rule : judgement.rules) AddOnce(rules_, rule);
    if (judgement.reaction == Reaction::kBlock) {
      blocked_field_ = field;
      blocked_rules_ = judgement.rules;
    }
    const bool has_room = findings_.size() < kMostFindings;
    if (has_room || judgement.reaction == Reaction::kBlock) {
      if (!has_room) findings_.pop_back();
      findings_.push_back(std::move(finding));
    }
  }
  reaction_ = std::max(reaction_, outcome.reaction);
  if (!to_cut.empty()) {
    std::ranges::stable_sort(to_cut, {}, &Match::offset);
    outcome.cut = WithoutSpans(text, to_cut);
  }
  return outcome;
}

void RequestScan::ScanFields(std::map<std::string, std::string>& fields) {
  for (auto& [name, text] : fields) {
    Outcome outcome = Judge(text, name, KindOfField(name));
    if (is_blocked()) return;
    if (outcome.reaction == Reaction::kSanitize) text = std::move(outcome.cut);
  }
}

// A name is text of the client's, too.
void RequestScan::ScanName(std::string_view name, std::string_view field) {
  if (names_.Has(name)) return;
  const Outcome outcome = Judge(name, field, FieldKind::kIdentifier);
  if (outcome.is_clean) names_.Add(name);
  if (outcome.reaction != Reaction::kSanitize) return;
  reaction_ = Reaction::kBlock;
  blocked_field_ = field;
  blocked_rules_ = rules_;
}

bool RequestScan::NeedsCut(const boost::json::value& value, std::string_view field,
                           FieldKind kind) {
  if (const auto* text = value.if_string()) {
    return Judge({text->data(), text->size()}, field, kind).reaction == Reaction::kSanitize;
  }
  bool needs_cut = false;
  if (const auto* list = value.if_array()) {
    for (const boost::json::value& item : *list) {
      needs_cut = NeedsCut(item, field, kind) || needs_cut;
      if (is_blocked()) return false;
    }
  } else if (const auto* object = value.if_object()) {
    for (const auto& [key, item] : *object) {
      const std::string_view name(key.data(), key.size());
      ScanName(name, field);
      if (is_blocked()) return false;
      needs_cut = NeedsCut(item, name, KindOfField(name)) || needs_cut;
      if (is_blocked()) return false;
    }
  }
  return needs_cut;
}

void RequestScan::Cut(boost::json::value& value, std::string_view field, FieldKind kind) {
  if (const auto* text = value.if_string()) {
    const Outcome outcome = Judge({text->data(), text->size()}, field, kind);
    if (outcome.reaction == Reaction::kSanitize) value = outcome.cut;
  } else if (auto* list = value.if_array()) {
    for (boost::json::value& item : *list) Cut(item, field, kind);
  } else if (auto* object = value.if_object()) {
    for (auto& [key, item] : *object) {
      const std::string_view name(key.data(), key.size());
      Cut(item, name, KindOfField(name));
    }
  }
}

void RequestScan::ScanBody(Request& request) {
  if (!NeedsCut(*request.json, "", FieldKind::kIdentifier) || is_blocked()) return;
  // Rare, so the texts are scanned again rather than kept.
  is_noting_ = false;
  boost::json::value copy = *request.json;
  Cut(copy, "", FieldKind::kIdentifier);
  request.body = boost::json::serialize(copy);
  request.json = std::make_shared<const boost::json::value>(std::move(copy));
}

void RequestScan::Scan(Request& request) {
  ScanFields(request.parameters);
  if (!is_blocked()) ScanFields(request.query);
  if (!is_blocked() && request.json != nullptr) ScanBody(request);
  request.scan.verdict = NameOf(reaction_);
  request.scan.rules = rules_;
  for (const Finding& finding : findings_) request.scan.findings.push_back(FindingText(finding));
}

}  // namespace datamigrate::gateway
