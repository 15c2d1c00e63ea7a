#include "gateway/filters/guardian/request_scan.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "gateway/filters/guardian/field_kinds.h"

namespace datamigrate::gateway {
namespace {

using guardian::Category;
using guardian::FieldKind;

constexpr size_t kMostFindings = 16;

// Where addresses belong they are no disclosure.
std::optional<Category> AtHomeIn(std::string_view field) {
  return field == "email" ? std::optional(Category::kPersonalData) : std::nullopt;
}

}  // namespace

RequestScan::Outcome RequestScan::Judge(std::string_view text, std::string_view field,
                                        FieldKind kind) {
  const guardian::Verdict verdict = scanner_.Scan(text, kind);
  if (verdict.matches.empty()) return {.is_clean = true};
  const JudgedText judged = JudgeText(verdict, kind, policy_, scores_, now_, AtHomeIn(field));
  reaction_ = std::max(reaction_, judged.reaction);
  if (is_noting_) {
    for (const JudgedText::Part& part : judged.parts) Note(part, field);
  }
  Outcome outcome{.reaction = judged.reaction};
  if (!judged.to_cut.empty()) outcome.cut = WithoutSpans(text, judged.to_cut);
  return outcome;
}

void RequestScan::Note(const JudgedText::Part& part, std::string_view field) {
  for (const std::string& rule : part.judgement.rules) AddOnce(rules_, rule);
  const bool is_blocked = part.judgement.reaction == Reaction::kBlock;
  if (is_blocked) {
    blocked_field_ = field;
    blocked_rules_ = part.judgement.rules;
  }
  const bool has_room = findings_.size() < kMostFindings;
  if (!has_room && !is_blocked) return;
  if (!has_room) findings_.pop_back();
  findings_.push_back(part.finding);
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
