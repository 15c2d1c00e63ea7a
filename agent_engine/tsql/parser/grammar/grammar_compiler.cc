#include "agent_engine/tsql/parser/grammar/grammar_compiler.h"

#include <algorithm>
#include <array>
#include <optional>

#include "agent_engine/tsql/lexer/keywords.h"

namespace datamigrate::tsql {
namespace {

struct BuiltinRow {
  std::string_view name;
  Role role;
  std::string_view text;
};
constexpr auto kBuiltins = std::to_array<BuiltinRow>({
#define BUILTIN(id, name, role, text) {name, Role::role, text},
#include "agent_engine/tsql/parser/grammar/builtins.def"
#undef BUILTIN
});

constexpr auto kRoleIds = std::to_array<std::string_view>({
#define ROLE(id) #id,
#include "agent_engine/tsql/ast/roles.def"
#undef ROLE
});

constexpr auto kNodeIds = std::to_array<std::string_view>({
#define NODE(id, text) #id,
#include "agent_engine/tsql/ast/node_kinds.def"
#undef NODE
});

struct SymbolRow {
  std::string_view text;
  TokenKind token;
};
constexpr auto kSymbols = std::to_array<SymbolRow>({
    {"(", TokenKind::kLeftParenthesis},
    {")", TokenKind::kRightParenthesis},
    {",", TokenKind::kComma},
    {"=", TokenKind::kEqual},
    {".", TokenKind::kPeriod},
    {":", TokenKind::kColon},
    {"::", TokenKind::kDoubleColon},
    {"*", TokenKind::kStar},
    {"+", TokenKind::kPlus},
    {"-", TokenKind::kMinus},
    {"%", TokenKind::kPercent},
    {">", TokenKind::kGreater},
    {"<", TokenKind::kLess},
    {"!", TokenKind::kExclamation},
});

bool IsWordCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}
bool IsLower(char c) {
  return c >= 'a' && c <= 'z';
}
bool IsUpper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool HasLower(std::string_view word) {
  return std::ranges::any_of(word, IsLower);
}

// Finds "Name" in {"kName", ...}.
template <size_t N>
std::optional<size_t> FindId(const std::array<std::string_view, N>& ids, std::string_view name) {
  for (size_t i = 0; i < N; ++i) {
    if (ids[i].substr(1) == name) return i;
  }
  return std::nullopt;
}

}  // namespace

std::string_view BuiltinText(Builtin builtin) {
  return kBuiltins[static_cast<size_t>(builtin)].text;
}

GrammarCompiler::GrammarCompiler(Grammar& grammar, const std::vector<GrammarRuleRow>& rules)
    : grammar_(grammar), rules_(rules) {
  for (const GrammarRuleRow& rule : rules_) {
    const auto [place, is_new] = grammar_.rules_.emplace(rule.name, Add({}));
    if (!is_new) grammar_.errors_.push_back("two rules " + std::string(rule.name));
  }
}

void GrammarCompiler::Compile(const std::vector<GrammarStatementRow>& statements) {
  for (const GrammarRuleRow& rule : rules_) {
    Begin(rule.name, rule.text);
    const uint32_t body = CompileChoice();
    if (!token_.empty()) Error("unexpected " + std::string(token_));
    grammar_.elements_[grammar_.rules_[rule.name]].children = {body};
  }
  for (const GrammarStatementRow& row : statements) CompileStatement(row);
  for (auto& [word, rows] : grammar_.by_word_) {
    std::ranges::stable_sort(rows, std::ranges::greater(), [&](uint32_t row) {
      return grammar_.statements_[row].leading_words.size();
    });
  }
}

void GrammarCompiler::CompileStatement(const GrammarStatementRow& row) {
  Begin(row.text.substr(0, 40), row.text);
  GrammarStatement statement{row.node, {}, CompileChoice()};
  if (!token_.empty()) Error("unexpected " + std::string(token_));
  CollectLeadingWords(statement.element, statement.leading_words);
  if (statement.leading_words.empty()) return Error("a statement begins with a word");
  grammar_.by_word_[statement.leading_words[0]].push_back(
      static_cast<uint32_t>(grammar_.statements_.size()));
  grammar_.statements_.push_back(std::move(statement));
}

void GrammarCompiler::CollectLeadingWords(uint32_t element,
                                          std::vector<std::string_view>& words) const {
  using Kind = GrammarElement::Kind;
  const GrammarElement& root = grammar_.elements_[element];
  if (root.kind == Kind::kWord) return words.push_back(root.word);
  if (root.kind != Kind::kSequence) return;
  for (const uint32_t child : root.children) {
    if (grammar_.elements_[child].kind != Kind::kWord) return;
    words.push_back(grammar_.elements_[child].word);
  }
}

void GrammarCompiler::Begin(std::string_view name, std::string_view text) {
  row_ = name;
  rest_ = text;
  Next();
}

void GrammarCompiler::Next() {
  const size_t begin = std::min(rest_.find_first_not_of(" \n"), rest_.size());
  rest_.remove_prefix(begin);
  size_t length = 0;
  while (length < rest_.size() && IsWordCharacter(rest_[length])) ++length;
  if (length == 0 && !rest_.empty()) {
    length = 1;
    for (const std::string_view symbol : {",...", "...", "::"}) {
      if (!rest_.starts_with(symbol)) continue;
      length = symbol.size();
      break;
    }
  }
  token_ = rest_.substr(0, length);
  rest_.remove_prefix(length);
}

void GrammarCompiler::Expect(std::string_view symbol) {
  if (!At(symbol)) return Error("expected " + std::string(symbol));
  Next();
}

void GrammarCompiler::Error(std::string message) {
  grammar_.errors_.push_back(std::string(row_) + ": " + message + " before \"" +
                             std::string(rest_.substr(0, 30)) + "\"");
  rest_ = {};
  token_ = {};
}

uint32_t GrammarCompiler::Add(GrammarElement element) {
  grammar_.elements_.push_back(std::move(element));
  return static_cast<uint32_t>(grammar_.elements_.size() - 1);
}

uint32_t GrammarCompiler::CompileChoice() {
  GrammarElement choice{.kind = GrammarElement::Kind::kChoice};
  choice.children.push_back(CompileSequence());
  while (At("|")) {
    Next();
    choice.children.push_back(CompileSequence());
  }
  if (choice.children.size() == 1) return choice.children[0];
  return Add(std::move(choice));
}

uint32_t GrammarCompiler::CompileSequence() {
  GrammarElement sequence;
  while (!token_.empty() && !At("|") && !At("]") && !At("}")) {
    sequence.children.push_back(CompileRepeated());
  }
  if (sequence.children.size() == 1) return sequence.children[0];
  if (sequence.children.empty()) Error("an alternative is empty");
  return Add(std::move(sequence));
}

uint32_t GrammarCompiler::CompileRepeated() {
  const uint32_t item = CompileRoled();
  if (!At("...") && !At(",...")) return item;
  const bool comma_separated = At(",...");
  Next();
  return Add({.kind = GrammarElement::Kind::kRepeat,
              .comma_separated = comma_separated,
              .children = {item}});
}

uint32_t GrammarCompiler::CompileRoled() {
  const bool is_role = !token_.empty() && IsUpper(token_[0]) && HasLower(token_);
  if (!is_role) return CompilePrimary();
  const auto role = FindId(kRoleIds, token_);
  if (!role) Error("no role " + std::string(token_));
  NodeKind node = token_ == "Option" ? NodeKind::kOption : NodeKind::kClause;
  Next();
  if (At("/")) {
    Next();
    const auto kind = FindId(kNodeIds, token_);
    if (!kind) Error("no kind of node " + std::string(token_));
    if (kind) node = static_cast<NodeKind>(*kind);
    Next();
  }
  Expect(":");
  uint32_t element = CompilePrimary();
  if (role) ApplyRole(element, static_cast<Role>(*role), node);
  return element;
}

void GrammarCompiler::ApplyRole(uint32_t& element, Role role, NodeKind node) {
  using Kind = GrammarElement::Kind;
  const Kind kind = grammar_.elements_[element].kind;
  const bool is_leaf = kind == Kind::kWord || kind == Kind::kToken || kind == Kind::kBuiltin;
  if (!is_leaf || node != NodeKind::kClause) {
    if (!is_leaf || node != NodeKind::kOption || kind == Kind::kWord) {
      element = Add({.makes_node = true, .node = node, .children = {element}});
    }
  }
  grammar_.elements_[element].has_role = true;
  grammar_.elements_[element].role = role;
}

uint32_t GrammarCompiler::CompilePrimary() {
  if (token_.empty()) {
    Error("something is missing");
    return Add({});
  }
  if (At("{")) return CompileBracketed("}");
  if (At("[")) {
    const uint32_t inner = CompileBracketed("]");
    return Add({.kind = GrammarElement::Kind::kOptional, .children = {inner}});
  }
  if (!IsWordCharacter(token_[0])) return CompileSymbol();
  if (HasLower(token_)) return CompileName();
  const uint32_t word =
      Add({.kind = GrammarElement::Kind::kWord, .keyword = FindKeyword(token_), .word = token_});
  Next();
  return word;
}

uint32_t GrammarCompiler::CompileBracketed(std::string_view close) {
  Next();
  const uint32_t inner = CompileChoice();
  Expect(close);
  return inner;
}

uint32_t GrammarCompiler::CompileName() {
  const std::string_view name = token_;
  Next();
  if (const auto rule = grammar_.rules_.find(name); rule != grammar_.rules_.end()) {
    return Add({.children = {rule->second}});
  }
  const auto builtin = std::ranges::find(kBuiltins, name, &BuiltinRow::name);
  if (builtin == kBuiltins.end()) {
    Error("no rule " + std::string(name));
    return Add({});
  }
  return Add({.kind = GrammarElement::Kind::kBuiltin,
              .builtin = static_cast<Builtin>(builtin - kBuiltins.begin()),
              .role = builtin->role});
}

uint32_t GrammarCompiler::CompileSymbol() {
  const auto symbol = std::ranges::find(kSymbols, token_, &SymbolRow::text);
  if (symbol == kSymbols.end()) {
    Error("no symbol " + std::string(token_));
    return Add({});
  }
  Next();
  return Add({.kind = GrammarElement::Kind::kToken, .token = symbol->token});
}

}  // namespace datamigrate::tsql
