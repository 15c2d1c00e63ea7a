// The XQuery that the methods of the xml type take, as a tree: paths with predicates, comparisons
// and calls of functions. What is beyond that (FLWOR, constructors, arithmetic, casts, sequences)
// is told with its place. A pure function of its input.
//
//   XQueryParse parsed = ParseXQuery("declare namespace p=\"u\"; (/p:a/@b)[1]", {});
//
// Source: "XQuery Language Reference (SQL Server)", "Path Expressions (XQuery)".
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace datamigrate::relational {

enum class XQueryKind : uint8_t {
  kDocument,     // The / that a path begins with.
  kContext,      // The item that the path is relative to.
  kStep,         // axis, name; [nodes]
  kWhere,        // [nodes or value, predicate]; of_step
  kString,       // text
  kNumber,       // text: the digits
  kCompare,      // text: = != < <= > >=; [left, right]
  kAnd,          // [conditions...]
  kOr,           // [conditions...]
  kCall,         // text: the function, without fn:; [arguments...]
  kSqlColumn,    // text: the column, as T-SQL writes it
  kSqlVariable,  // text: the variable, with its @
};

enum class XQueryAxis : uint8_t { kChild, kAttribute, kDescendant, kAny, kSelf, kParent };

struct XQueryNode {
  XQueryKind kind = XQueryKind::kContext;
  std::string text{};
  XQueryAxis axis = XQueryAxis::kChild;  // kAny: descendant-or-self.
  // What a step takes: "{uri}name" or "name"; "*"; "{uri}*"; "text()"; "node()".
  std::string name{};
  bool of_step = false;  // A predicate counts positions below each parent, not in the whole.
  size_t begin = 0;      // Where it stands in the text; end is behind it.
  size_t end = 0;
  std::vector<std::unique_ptr<XQueryNode>> children{};
};
using XQueryPtr = std::unique_ptr<XQueryNode>;

// Prefix and URI; an empty prefix is the default namespace of elements.
using XmlNamespaces = std::vector<std::pair<std::string, std::string>>;

struct XQueryParse {
  XQueryPtr root;          // Null where it was not understood.
  bool is_beyond = false;  // It may be right, but is more than is read here.
  std::string problem{};   // What was found: the piece of text, or what is wrong with it.
  size_t begin = 0;        // Its place.
  size_t end = 0;
};

// `namespaces` are those of WITH XMLNAMESPACES; later ones, and those of the prolog, win.
XQueryParse ParseXQuery(std::string_view text, const XmlNamespaces& namespaces);

}  // namespace datamigrate::relational
