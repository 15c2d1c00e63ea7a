#include "agent_engine/tsql/ast/syntax_tree.h"

#include <algorithm>
#include <array>
#include <span>

namespace datamigrate::tsql {
namespace {

constexpr std::array kNodeTexts = {
#define NODE(id, text) std::string_view(text),
#include "agent_engine/tsql/ast/node_kinds.def"
#undef NODE
};

constexpr std::array kRoleNames = {
#define ROLE(id) std::string_view(#id).substr(1),
#include "agent_engine/tsql/ast/roles.def"
#undef ROLE
};

std::span<const Element> ElementsOf(const SyntaxTree& tree, uint32_t node) {
  const auto& record = tree.nodes[node];
  return {tree.elements.data() + record.first_element, record.element_count};
}

// Appends `text`, whose quotes are taken off, with each doubled `quote` made single.
void AppendUndoubled(std::string_view text, char quote, std::string& out) {
  for (size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    if (text[i] == quote && i + 1 < text.size() && text[i + 1] == quote) ++i;
  }
}

// The text between the first character and the closing one, which an unterminated token lacks.
std::string_view Inside(std::string_view text, char closing) {
  text.remove_prefix(1);
  if (!text.empty() && text.back() == closing) text.remove_suffix(1);
  return text;
}

std::string WithoutLineContinuations(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = text.substr(i);
    if (rest.starts_with("\\\n")) {
      i += 1;
    } else if (rest.starts_with("\\\r\n")) {
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// Walks the tokens below a node in order, without recursion: chains of operators are as deep as
// they are long.
class TokenWalk {
 public:
  explicit TokenWalk(Node node) : tree_(node.tree()) { Push(node.index()); }

  // The next token; null behind the last.
  const Token* Next() {
    while (!stack_.empty()) {
      auto& top = stack_.back();
      if (top.empty()) {
        stack_.pop_back();
        continue;
      }
      const Element element = top.front();
      top = top.subspan(1);
      if (!element.is_node) return &tree_.tokens[element.index];
      Push(element.index);
    }
    return nullptr;
  }

 private:
  void Push(uint32_t node) { stack_.push_back(ElementsOf(tree_, node)); }

  const SyntaxTree& tree_;
  std::vector<std::span<const Element>> stack_;
};

void AppendGap(std::string_view gap, std::string& out) {
  if (gap.empty()) return;
  out += gap.find('\n') == std::string_view::npos ? ' ' : '\n';
}

}  // namespace

std::string_view NodeKindText(NodeKind kind) {
  return kNodeTexts[static_cast<size_t>(kind)];
}

std::string_view RoleName(Role role) {
  return kRoleNames[static_cast<size_t>(role)];
}

NodeKind Node::kind() const {
  return tree_->nodes[index_].kind;
}
uint32_t Node::first_token() const {
  return tree_->nodes[index_].first_token;
}
uint32_t Node::end_token() const {
  return tree_->nodes[index_].end_token;
}

diagnostics::SourceSpan Node::span() const {
  if (tree_ == nullptr || first_token() == end_token()) return {};
  return {tree_->tokens[first_token()].begin, tree_->tokens[end_token() - 1].end};
}

std::string_view Node::Text() const {
  if (tree_ == nullptr) return {};
  const auto [begin, end] = span();
  return tree_->text.substr(begin, end - begin);
}

Node Node::Child(Role role) const {
  if (tree_ == nullptr) return {};
  for (const Element& element : ElementsOf(*tree_, index_)) {
    if (element.is_node && element.role == role) return Node(tree_, element.index);
  }
  return {};
}

size_t Node::Count(Role role) const {
  if (tree_ == nullptr) return 0;
  return std::ranges::count_if(ElementsOf(*tree_, index_), [&](const Element& element) {
    return element.is_node && element.role == role;
  });
}

std::vector<Node> Node::Children(Role role) const {
  std::vector<Node> children;
  const size_t count = Count(role);
  if (count == 0) return children;
  children.reserve(count);
  for (const Element& element : ElementsOf(*tree_, index_)) {
    if (element.is_node && element.role == role) children.emplace_back(tree_, element.index);
  }
  return children;
}

std::vector<Node> Node::Children() const {
  std::vector<Node> children;
  if (tree_ == nullptr) return children;
  for (const Element& element : ElementsOf(*tree_, index_)) {
    if (element.is_node) children.emplace_back(tree_, element.index);
  }
  return children;
}

bool Node::Has(Role role) const {
  if (tree_ == nullptr) return false;
  for (const Element& element : ElementsOf(*tree_, index_)) {
    if (element.role == role) return true;
  }
  return false;
}

const Token* Node::TokenOf(Role role) const {
  if (tree_ == nullptr) return nullptr;
  for (const Element& element : ElementsOf(*tree_, index_)) {
    if (!element.is_node && element.role == role) return &tree_->tokens[element.index];
  }
  return nullptr;
}

std::vector<const Token*> Node::TokensOf(Role role) const {
  std::vector<const Token*> found;
  if (tree_ == nullptr) return found;
  for (const Element& element : ElementsOf(*tree_, index_)) {
    if (!element.is_node && element.role == role) found.push_back(&tree_->tokens[element.index]);
  }
  return found;
}

std::string_view Node::TokenText(Role role) const {
  const Token* token = TokenOf(role);
  return token == nullptr ? std::string_view() : tree_->TextOf(*token);
}

Keyword Node::KeywordOf(Role role) const {
  const Token* token = TokenOf(role);
  return token == nullptr ? Keyword::kNone : token->keyword;
}

bool Node::HasKeyword(Role role, Keyword keyword) const {
  for (const Token* token : TokensOf(role)) {
    if (token->keyword == keyword) return true;
  }
  return false;
}

std::string UnquoteName(std::string_view token_text) {
  std::string out;
  if (token_text.starts_with('[')) {
    AppendUndoubled(Inside(token_text, ']'), ']', out);
  } else if (token_text.starts_with('"')) {
    AppendUndoubled(Inside(token_text, '"'), '"', out);
  } else {
    out = token_text;
  }
  return out;
}

std::string UnquoteString(std::string_view token_text) {
  if (token_text.starts_with('N') || token_text.starts_with('n')) token_text.remove_prefix(1);
  if (token_text.empty()) return {};
  const char quote = token_text.front();
  std::string out;
  AppendUndoubled(Inside(token_text, quote), quote, out);
  if (out.find('\\') == std::string::npos) return out;
  return WithoutLineContinuations(out);
}

std::vector<std::string> NameParts(Node name) {
  std::vector<std::string> parts;
  if (!name) return parts;
  parts.reserve(2);
  const Token* open_part = nullptr;  // The last token of a part that no period followed yet.
  for (const Element& element : ElementsOf(name.tree(), name.index())) {
    if (element.is_node) continue;
    const Token& token = name.tree().tokens[element.index];
    if (element.role == Role::kPart) {
      std::string part = UnquoteName(name.tree().TextOf(token));
      if (open_part == nullptr) {
        parts.push_back(std::move(part));
      } else if (open_part->end == token.begin) {
        parts.back() += part;  // x$(y)
      } else {
        parts.back() += ' ' + part;  // double precision
      }
      open_part = &token;
    } else if (token.kind == TokenKind::kPeriod) {
      if (open_part == nullptr) parts.emplace_back();
      open_part = nullptr;
    }
  }
  return parts;
}

std::string PrintTree(Node node) {
  std::string out;
  if (!node) return out;
  TokenWalk walk(node);
  const std::string_view text = node.tree().text;
  const Token* previous = nullptr;
  while (const Token* token = walk.Next()) {
    if (previous != nullptr) {
      AppendGap(text.substr(previous->end, token->begin - previous->end), out);
    }
    out += node.tree().TextOf(*token);
    previous = token;
  }
  return out;
}

}  // namespace datamigrate::tsql
