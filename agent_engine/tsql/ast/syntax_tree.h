// The lossless syntax tree of one T-SQL text: tokens, nodes and the part that each child plays in
// its parent.
//
//   Node query = statement.Child(Role::kQuery);
//   for (Node item : list.Children(Role::kItem)) ...
//   std::string name = UnquoteName(column.TokenText(Role::kName));
//
// Three flat arrays: no allocation per node or token, text as views into the source.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent_engine/tsql/lexer/token.h"
#include "common/diagnostics/source_file.h"

namespace datamigrate::tsql {

enum class NodeKind : uint16_t {
#define NODE(id, text) id,
#include "agent_engine/tsql/ast/node_kinds.def"
#undef NODE
};

enum class Role : uint8_t {
#define ROLE(id) id,
#include "agent_engine/tsql/ast/roles.def"
#undef ROLE
};

// What a person would call the node: "SELECT statement".
std::string_view NodeKindText(NodeKind kind);
std::string_view RoleName(Role role);

class SyntaxTree;

// A child of a node: a token or a node, in a role. Indexes are into the tree's arrays.
struct Element {
  uint32_t index : 31;
  uint32_t is_node : 1;
  Role role;
};

// A node of a tree, by reference; cheap to copy, valid while the tree lives. A default-made one is
// absent and tests false; asking an absent node for children gives absent nodes, so that chains of
// Child() need no checks.
class Node {
 public:
  Node() = default;
  Node(const SyntaxTree* tree, uint32_t index) : tree_(tree), index_(index) {}

  explicit operator bool() const { return tree_ != nullptr; }
  bool operator==(const Node&) const = default;

  NodeKind kind() const;
  bool Is(NodeKind kind) const { return tree_ != nullptr && this->kind() == kind; }
  uint32_t index() const { return index_; }
  const SyntaxTree& tree() const { return *tree_; }

  // Half-open range of the tokens below; never empty but for an empty batch.
  uint32_t first_token() const;
  uint32_t end_token() const;
  // Bytes of the source from the first token's begin to the last token's end, comments inside
  // included.
  diagnostics::SourceSpan span() const;
  std::string_view Text() const;

  // The first child node in `role`; absent when there is none.
  Node Child(Role role) const;
  // The child nodes in `role`, in order.
  std::vector<Node> Children(Role role) const;
  size_t Count(Role role) const;
  // All child nodes, in order.
  std::vector<Node> Children() const;
  bool Has(Role role) const;

  // The first token in `role`; null when there is none.
  const Token* TokenOf(Role role) const;
  std::vector<const Token*> TokensOf(Role role) const;
  // Its text as written; empty when there is none.
  std::string_view TokenText(Role role) const;
  // The keyword of the first token in `role`; kNone when there is none.
  Keyword KeywordOf(Role role) const;
  // Whether a token in `role` is this keyword.
  bool HasKeyword(Role role, Keyword keyword) const;

 private:
  const SyntaxTree* tree_ = nullptr;
  uint32_t index_ = 0;
};

// Owns the tokens and nodes; borrows the text, which must outlive it. Immutable once built: safe to
// share.
class SyntaxTree {
 public:
  struct NodeRecord {
    uint32_t first_element;
    uint32_t element_count;
    uint32_t first_token;
    uint32_t end_token;
    NodeKind kind;
  };

  std::string_view text;
  std::vector<Token> tokens;  // Without the end token.
  std::vector<NodeRecord> nodes;
  std::vector<Element> elements;
  uint32_t root = 0;

  Node Root() const { return Node(this, root); }
  std::string_view TextOf(const Token& token) const {
    return text.substr(token.begin, token.end - token.begin);
  }
};

// A name without its brackets or quotes, doubled ones undone: [a]]b] is a]b; a regular name is
// itself.
std::string UnquoteName(std::string_view token_text);
// The value of '..' or N'..' without quotes, doubled ones undone, and a backslash before a line
// break removed with it.
std::string UnquoteString(std::string_view token_text);

// The parts of a kName, unquoted, last part last; a part left out (a..b) is empty.
std::vector<std::string> NameParts(Node name);

// Prints a tree as T-SQL from its tokens alone: one space where the source had white space or a
// comment between two tokens (a line break where it had one), nothing elsewhere.
std::string PrintTree(Node node);

}  // namespace datamigrate::tsql
