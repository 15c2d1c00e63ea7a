#include "agent_engine/tsql/ast/syntax_tree.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "agent_engine/tsql/parser/parser.h"
#include "tests/unit/tsql/parse_cases.h"

namespace datamigrate::tsql {
namespace {

using testing::KeepsAllTokens;

// The text lives as long as the tree.
struct Parsed {
  explicit Parsed(std::string sql) : text(std::move(sql)) {
    diagnostics::DiagnosticSink sink;
    result = ParseBatch(text, {}, sink);
  }
  Node Statement() const { return result.tree.Root().Child(Role::kStatement); }

  std::string text;
  ParseResult result;
};

TEST_CASE("children are found by role", "[ast]") {
  const Parsed parsed("SELECT a, b AS c FROM dbo.t");
  const Node specification = parsed.Statement().Child(Role::kQuery).Child(Role::kBody);
  REQUIRE(specification.Is(NodeKind::kQuerySpecification));
  const auto items = specification.Child(Role::kSelectList).Children(Role::kItem);
  REQUIRE(items.size() == 2);
  CHECK(items[0].TokenText(Role::kAlias).empty());
  CHECK(items[1].TokenText(Role::kAlias) == "c");
  CHECK(items[1].Text() == "b AS c");
  CHECK(items[1].span().begin == 10);
  CHECK(items[1].span().end == 16);
  CHECK(specification.Has(Role::kFrom));
  CHECK_FALSE(specification.Has(Role::kWhere));
}

TEST_CASE("an absent node answers with absent nodes", "[ast]") {
  const Parsed parsed("SELECT 1");
  const Node absent = parsed.Statement().Child(Role::kWith).Child(Role::kCte);
  CHECK_FALSE(absent);
  CHECK(absent.Text().empty());
  CHECK(absent.Children().empty());
  CHECK(absent.TokenOf(Role::kName) == nullptr);
  CHECK(absent.KeywordOf(Role::kName) == Keyword::kNone);
  CHECK_FALSE(absent.Is(NodeKind::kQuery));
}

TEST_CASE("tokens of a role carry their keywords", "[ast]") {
  const Parsed parsed("SELECT DISTINCT TOP 1 WITH TIES a FROM t LEFT OUTER JOIN u ON 1 = 1");
  const Node specification = parsed.Statement().Child(Role::kQuery).Child(Role::kBody);
  CHECK(specification.KeywordOf(Role::kQuantifier) == Keyword::kDistinct);
  CHECK(specification.Child(Role::kTop).HasKeyword(Role::kWithTies, Keyword::kTies));
  const Node join = specification.Child(Role::kFrom).Child(Role::kSource);
  REQUIRE(join.Is(NodeKind::kJoin));
  CHECK(join.TokensOf(Role::kJoinKind).size() == 3);
  CHECK(join.HasKeyword(Role::kJoinKind, Keyword::kOuter));
  CHECK_FALSE(join.HasKeyword(Role::kJoinKind, Keyword::kInner));
}

TEST_CASE("names lose their quotes", "[ast]") {
  CHECK(UnquoteName("a") == "a");
  CHECK(UnquoteName("[a b]") == "a b");
  CHECK(UnquoteName("[a]]b]") == "a]b");
  CHECK(UnquoteName("\"a\"\"b\"") == "a\"b");
  CHECK(UnquoteName("[a\"\"b]") == "a\"\"b");
  CHECK(UnquoteName("[]") == "");
  CHECK(UnquoteName("[") == "");
}

TEST_CASE("strings lose their quotes", "[ast]") {
  CHECK(UnquoteString("'a'") == "a");
  CHECK(UnquoteString("N'it''s'") == "it's");
  CHECK(UnquoteString("\"a'b\"") == "a'b");
  CHECK(UnquoteString("''") == "");
  CHECK(UnquoteString("''''") == "'");
  CHECK(UnquoteString("'") == "");
  // "Backslash (Line Continuation) (Transact-SQL)"
  CHECK(UnquoteString("'ab\\\ncd'") == "abcd");
  CHECK(UnquoteString("'ab\\\r\ncd'") == "abcd");
  CHECK(UnquoteString("'a\\b'") == "a\\b");
}

TEST_CASE("the parts of a name are unquoted, and left-out ones are empty", "[ast]") {
  const auto parts = [](const std::string& name) {
    const Parsed parsed("TRUNCATE TABLE " + name);
    return NameParts(parsed.Statement().Child(Role::kName));
  };
  using Parts = std::vector<std::string>;
  CHECK(parts("t") == Parts{"t"});
  CHECK(parts("[my db].dbo.\"t\"") == Parts{"my db", "dbo", "t"});
  CHECK(parts("db..t") == Parts{"db", "", "t"});
  CHECK(parts("srv.db..t") == Parts{"srv", "db", "", "t"});
  CHECK(parts("srv...t") == Parts{"srv", "", "", "t"});
  CHECK(parts("a . b") == Parts{"a", "b"});
  CHECK(parts("dbo.stage_$(env)_x") == Parts{"dbo", "stage_$(env)_x"});
  CHECK(NameParts(Node()).empty());
}

TEST_CASE("a type of two words is one part", "[ast]") {
  const Parsed parsed("DECLARE @a double precision");
  const Node type = parsed.Statement().Child(Role::kItem).Child(Role::kType);
  CHECK(NameParts(type.Child(Role::kName)) == std::vector<std::string>{"double precision"});
}

TEST_CASE("printing keeps the tokens and one blank or line break between them", "[ast]") {
  const Parsed parsed("SELECT  a ,b -- c\r\n\r\nFROM/* d */t");
  CHECK(PrintTree(parsed.result.tree.Root()) == "SELECT a ,b\nFROM t");
  CHECK(KeepsAllTokens(parsed.text, parsed.result.tree.Root(), true));
  const Node item = parsed.Statement().Child(Role::kQuery);
  CHECK(PrintTree(item.Child(Role::kBody).Child(Role::kFrom)) == "FROM t");
  CHECK(PrintTree(Node()).empty());
}

TEST_CASE("an empty batch is an empty tree", "[ast]") {
  for (const std::string text : {"", "  \n", "-- nothing"}) {
    const Parsed parsed(text);
    CHECK(parsed.result.ok);
    const Node root = parsed.result.tree.Root();
    CHECK(root.Is(NodeKind::kBatch));
    CHECK(root.Children().empty());
    CHECK(root.Text().empty());
    CHECK(PrintTree(root).empty());
  }
}

TEST_CASE("a token lost from a tree is a token lost from its print", "[ast]") {
  Parsed parsed("SELECT a");
  REQUIRE(KeepsAllTokens(parsed.text, parsed.result.tree.Root(), true));
  auto& tree = parsed.result.tree;
  for (auto& node : tree.nodes) {
    if (node.kind == NodeKind::kQuerySpecification) --node.element_count;
  }
  CHECK_FALSE(KeepsAllTokens(parsed.text, tree.Root(), true));
}

}  // namespace
}  // namespace datamigrate::tsql
