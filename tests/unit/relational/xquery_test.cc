// XQuery text becomes the tree that "Path Expressions (XQuery)" describes, or is told with its
// place.
#include "agent_engine/relational/xml/xquery.h"

#include <catch2/catch.hpp>

namespace datamigrate::relational {
namespace {

// The tree as one line: steps as axis::name behind what they go on from.
std::string Printed(const XQueryNode& node) {
  static constexpr std::string_view kAxes[] = {"child", "attribute", "descendant",
                                               "any",   "self",      "parent"};
  const auto below = [&](size_t index) { return Printed(*node.children[index]); };
  const auto all = [&](std::string_view separator) {
    std::string text;
    for (size_t i = 0; i < node.children.size(); ++i)
      text += (i > 0 ? std::string(separator) : "") + below(i);
    return text;
  };
  switch (node.kind) {
    case XQueryKind::kDocument:
      return "/";
    case XQueryKind::kContext:
      return ".";
    case XQueryKind::kStep:
      return below(0) + " " + std::string(kAxes[static_cast<size_t>(node.axis)]) + "::" + node.name;
    case XQueryKind::kWhere:
      return (node.of_step ? below(0) : "(" + below(0) + ")") + " [" + below(1) + "]";
    case XQueryKind::kString:
      return "\"" + node.text + "\"";
    case XQueryKind::kNumber:
      return node.text;
    case XQueryKind::kCompare:
      return below(0) + " " + node.text + " " + below(1);
    case XQueryKind::kAnd:
      return all(" and ");
    case XQueryKind::kOr:
      return "(" + all(" or ") + ")";
    case XQueryKind::kCall:
      return node.text + "(" + all(", ") + ")";
    case XQueryKind::kSqlColumn:
      return "column " + node.text;
    case XQueryKind::kSqlVariable:
      return "variable " + node.text;
  }
  return "";
}

std::string Tree(std::string_view text, const XmlNamespaces& namespaces = {}) {
  const XQueryParse parsed = ParseXQuery(text, namespaces);
  return parsed.root ? Printed(*parsed.root)
                     : (parsed.is_beyond ? "beyond: " : "wrong: ") + parsed.problem;
}

TEST_CASE("paths are steps behind steps", "[xquery]") {
  CHECK(Tree("/a/b") == "/ child::a child::b");
  CHECK(Tree("a/@b") == ". child::a attribute::b");
  CHECK(Tree("//a") == "/ any::node() child::a");
  CHECK(Tree(".//a/..") == ". any::node() child::a parent::node()");
  CHECK(Tree("/*/text()") == "/ child::* child::text()");
  CHECK(Tree("descendant::a/self::a") == ". descendant::a self::a");
  CHECK(Tree("Name.First") == ". child::Name.First");
  CHECK(Tree("/") == "/");
  CHECK(Tree(" . ") == ".");
  CHECK(Tree("/a (: a comment :) / b") == "/ child::a child::b");
}

TEST_CASE("predicates belong to their step, or to what parentheses hold", "[xquery]") {
  CHECK(Tree("/a/b[1]") == "/ child::a child::b [1]");
  CHECK(Tree("(/a/b)[1]") == "(/ child::a child::b) [1]");
  CHECK(Tree("(a)[1]/b") == "(. child::a) [1] child::b");
  CHECK(Tree("string(.)[1]") == "(string(.)) [1]");
  CHECK(Tree("a[@b = \"x\" and c > 1.5 or d]") ==
        ". child::a [(. attribute::b = \"x\" and . child::c > 1.5 or . child::d)]");
  CHECK(Tree("a[@b eq 'it''s']") == ". child::a [. attribute::b = \"it's\"]");
  CHECK(Tree("a[. = \"&lt;&amp;\"]") == ". child::a [. = \"<&\"]");
  CHECK(Tree("a[sql:column(\"t.c\") = sql:variable(\"@v\")]") ==
        ". child::a [column t.c = variable @v]");
}

TEST_CASE("prefixes stand for the namespaces that are declared last", "[xquery]") {
  CHECK(Tree("declare namespace p=\"u\"; /p:a/p:*/@p:b/@c") ==
        "/ child::{u}a child::{u}* attribute::{u}b attribute::c");
  CHECK(Tree("declare default element namespace \"u\"; /a/@b") == "/ child::{u}a attribute::b");
  CHECK(Tree("/p:a/b", {{"p", "u"}, {"", "v"}}) == "/ child::{u}a child::{v}b");
  CHECK(Tree("declare namespace p=\"w\"; p:a", {{"p", "u"}}) == ". child::{w}a");
  CHECK(Tree("/q:a") == "wrong: the prefix q is not declared");
}

TEST_CASE("what is beyond is named with its place", "[xquery]") {
  CHECK(Tree("for $x in /a return $x") == "beyond: the expression for");
  CHECK(Tree("if (a) then b else c") == "beyond: the expression if");
  CHECK(Tree("/a + 1") == "beyond: the operator +");
  CHECK(Tree("/a cast as xs:int ?") == "beyond: the operator cast");
  CHECK(Tree("a, b") == "beyond: a sequence of several items");
  CHECK(Tree("<a/>") == "beyond: a constructor of XML");
  CHECK(Tree("following-sibling::a") == "beyond: the axis following-sibling");
  CHECK(Tree("a/comment()") == "beyond: comment()");
  const XQueryParse parsed = ParseXQuery("/a/b[ancestor::c]", {});
  CHECK(parsed.begin == 5);
}

TEST_CASE("wrong text is told, at any length", "[xquery]") {
  CHECK(Tree("") == "wrong: unexpected end");
  CHECK(Tree("/a[") == "wrong: unexpected end");
  CHECK(Tree("/a]") == "wrong: unexpected ]");
  CHECK(Tree("\"a") == "wrong: a string without its end");
  CHECK(Tree("declare namespace = \"u\"; a") == "wrong: expected a name");
  CHECK(Tree(std::string(100000, '(')).starts_with("beyond: "));
  CHECK(Tree(std::string(100000, '[')).starts_with("wrong: "));
}

}  // namespace
}  // namespace datamigrate::relational
