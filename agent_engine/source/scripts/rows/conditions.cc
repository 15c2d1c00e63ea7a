// The conditions of Evaluator: three-valued, NULL compared with anything is UNKNOWN.
#include <algorithm>
#include <array>
#include <utility>

#include "agent_engine/source/scripts/definition_reader.h"
#include "agent_engine/source/scripts/rows/evaluator.h"
#include "agent_engine/source/scripts/rows/expression_parts.h"

namespace datamigrate::source {

using catalog::FoldName;
using tsql::Node;
using tsql::NodeKind;
using tsql::Role;

namespace {

std::optional<bool> Not(std::optional<bool> value) {
  return value ? std::optional(!*value) : std::nullopt;
}

bool Satisfies(std::string_view operation, int order) {
  if (operation == "=") return order == 0;
  if (operation == "<>" || operation == "!=") return order != 0;
  if (operation == "<") return order < 0;
  if (operation == ">") return order > 0;
  if (operation == "<=" || operation == "!>") return order <= 0;
  return order >= 0;  // >= and !<
}

}  // namespace

// Long chains of AND and OR are walked, not recursed into; what cannot change the result is not
// evaluated.
absl::StatusOr<std::optional<bool>> Evaluator::TestLogical(Node node, const Scope* scope) {
  std::vector<Node> spine;
  for (Node at = node; at.Is(NodeKind::kLogical); at = at.Child(Role::kLeft)) spine.push_back(at);
  auto result = Test(spine.back().Child(Role::kLeft), scope);
  for (auto at = spine.rbegin(); at != spine.rend() && result.ok(); ++at) {
    const bool is_and = WordsOf(*at, Role::kOperator) == "and";
    if (*result && **result != is_and) continue;
    const auto right = Test(at->Child(Role::kRight), scope);
    if (!right.ok()) return right;
    const bool right_decides = *right && **right != is_and;
    if (right_decides || !*result) {
      result = right_decides ? *right : std::optional<bool>();
    } else {
      result = *right;
    }
  }
  return result;
}

absl::StatusOr<std::optional<bool>> Evaluator::Test(Node node, const Scope* scope) {
  if (!node) return std::optional<bool>(true);
  const DepthGuard guard(depth_);
  if (depth_ > kMaxExpressionDepth)
    return absl::ResourceExhaustedError("a condition is nested too deep");
  if (absl::Status step = host_.CountStep(); !step.ok()) return step;
  switch (node.kind()) {
    case NodeKind::kParenthesized:
      return Test(node.Child(Role::kOperand), scope);
    case NodeKind::kNot: {
      const auto value = Test(node.Child(Role::kOperand), scope);
      if (!value.ok()) return value;
      return Not(*value);
    }
    case NodeKind::kLogical:
      return TestLogical(node, scope);
    case NodeKind::kComparison:
      return TestComparison(node, scope);
    case NodeKind::kBetween:
      return TestBetween(node, scope);
    case NodeKind::kLike:
      return TestLike(node, scope);
    case NodeKind::kInList:
    case NodeKind::kInQuery:
      return TestIn(node, scope);
    case NodeKind::kIsNull: {
      const auto value = Evaluate(node.Child(Role::kOperand), scope);
      if (!value.ok()) return value.status();
      const bool negated = node.TokenOf(Role::kNegation) != nullptr;
      return std::optional(value->is_null() != negated);
    }
    case NodeKind::kExists: {
      const auto result = host_.RunQuery(node.Child(Role::kQuery), scope, 1);
      if (!result.ok()) return result.status();
      return std::optional(!result->rows.empty());
    }
    default:
      return UnsupportedNode(node);
  }
}

absl::StatusOr<std::optional<bool>> Evaluator::TestComparison(Node node, const Scope* scope) {
  const auto left = Evaluate(node.Child(Role::kLeft), scope);
  if (!left.ok()) return left.status();
  const auto right = Evaluate(node.Child(Role::kRight), scope);
  if (!right.ok()) return right.status();
  const auto order = Compare(*left, *right, session_.settings);
  if (!order.ok()) return order.status();
  if (!*order) return std::optional<bool>();
  return std::optional(Satisfies(OperatorOf(node), **order));
}

absl::StatusOr<std::optional<bool>> Evaluator::TestBetween(Node node, const Scope* scope) {
  const auto value = Evaluate(node.Child(Role::kOperand), scope);
  const auto low = Evaluate(node.Child(Role::kLow), scope);
  const auto high = Evaluate(node.Child(Role::kHigh), scope);
  for (const auto* part : {&value, &low, &high}) {
    if (!part->ok()) return part->status();
  }
  const auto from = Compare(*value, *low, session_.settings),
             to = Compare(*value, *high, session_.settings);
  if (!from.ok()) return from.status();
  if (!to.ok()) return to.status();
  std::optional<bool> inside;
  if ((*from && **from < 0) || (*to && **to > 0))
    inside = false;
  else if (*from && *to)
    inside = true;
  return node.TokenOf(Role::kNegation) ? Not(inside) : inside;
}

absl::StatusOr<std::optional<bool>> Evaluator::TestIn(Node node, const Scope* scope) {
  const auto value = Evaluate(node.Child(Role::kOperand), scope);
  if (!value.ok()) return value.status();
  std::vector<SqlValue> candidates;
  if (node.Is(NodeKind::kInQuery)) {
    auto result = host_.RunQuery(node.Child(Role::kQuery), scope, INT64_MAX);
    if (!result.ok()) return result.status();
    for (auto& row : result->rows)
      candidates.push_back(row.empty() ? NullValue() : std::move(row[0]));
  } else {
    for (Node item : node.Children(Role::kItem)) {
      auto candidate = Evaluate(item, scope);
      if (!candidate.ok()) return candidate.status();
      candidates.push_back(*std::move(candidate));
    }
  }
  std::optional<bool> found = false;
  for (const SqlValue& candidate : candidates) {
    if (absl::Status step = host_.CountStep(); !step.ok()) return step;
    const auto order = Compare(*value, candidate, session_.settings);
    if (!order.ok()) return order.status();
    if (!*order) found = std::nullopt;
    if (*order && **order == 0) {
      found = true;
      break;
    }
  }
  return node.TokenOf(Role::kNegation) ? Not(found) : found;
}

absl::StatusOr<std::optional<bool>> Evaluator::TestLike(Node node, const Scope* scope) {
  const auto value = Evaluate(node.Child(Role::kOperand), scope);
  const auto pattern = Evaluate(node.Child(Role::kPattern), scope);
  if (!value.ok()) return value.status();
  if (!pattern.ok()) return pattern.status();
  if (value->is_null() || pattern->is_null()) return std::optional<bool>();
  char escape = '\0';
  if (const Node written = node.Child(Role::kEscape)) {
    const auto character = Evaluate(written, scope);
    if (!character.ok()) return character.status();
    if (!character->is_null() && !character->text->empty()) escape = (*character->text)[0];
  }
  const std::optional<bool> matches =
      MatchesLike(FoldName(*value->text), FoldName(*pattern->text), escape);
  return node.TokenOf(Role::kNegation) ? Not(matches) : matches;
}

namespace {

// Bytes of the character at the start of `text`.
size_t CharacterLength(std::string_view text) {
  size_t length = 1;
  while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80)
    ++length;
  return length;
}

// Whether `character` is in the set that begins after '['; `pattern` loses the set.
bool InSet(std::string_view character, std::string_view& pattern) {
  const size_t close = pattern.find(']', 1);
  if (close == std::string_view::npos) return false;
  std::string_view set = pattern.substr(0, close);
  pattern.remove_prefix(close + 1);
  const bool negated = !set.empty() && set[0] == '^';
  if (negated) set.remove_prefix(1);
  bool found = false;
  while (!set.empty()) {
    const std::string_view low = set.substr(0, CharacterLength(set));
    set.remove_prefix(low.size());
    std::string_view high = low;
    if (set.size() > 1 && set[0] == '-') {
      set.remove_prefix(1);
      high = set.substr(0, CharacterLength(set));
      set.remove_prefix(high.size());
    }
    found = found || (low <= character && character <= high);
  }
  return found != negated;
}

// One pattern element other than %: whether it fits, with both sides advanced past it.
bool MatchesOne(std::string_view& text, std::string_view& pattern, char escape) {
  const std::string_view character = text.substr(0, CharacterLength(text));
  text.remove_prefix(character.size());
  if (escape != '\0' && pattern[0] == escape && pattern.size() > 1) {
    pattern.remove_prefix(1);
  } else if (pattern[0] == '_') {
    pattern.remove_prefix(1);
    return true;
  } else if (pattern[0] == '[') {
    pattern.remove_prefix(1);
    return InSet(character, pattern);
  }
  const std::string_view wanted = pattern.substr(0, CharacterLength(pattern));
  pattern.remove_prefix(wanted.size());
  return wanted == character;
}

}  // namespace

// Greedy with one point to go back to: time is at most the product of both lengths.
bool MatchesLike(std::string_view text, std::string_view pattern, char escape) {
  std::string_view retry_text, retry_pattern;
  bool can_retry = false;
  while (true) {
    if (!pattern.empty() && pattern[0] == '%' && escape != '%') {
      pattern.remove_prefix(1);
      retry_text = text;
      retry_pattern = pattern;
      can_retry = true;
      continue;
    }
    if (text.empty() && pattern.empty()) return true;
    if (!text.empty() && !pattern.empty() && MatchesOne(text, pattern, escape)) continue;
    if (!can_retry || retry_text.empty()) return false;
    retry_text.remove_prefix(CharacterLength(retry_text));
    text = retry_text;
    pattern = retry_pattern;
  }
}

}  // namespace datamigrate::source
