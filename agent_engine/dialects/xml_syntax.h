// How a target reads XML that it keeps as text: a query that takes a document apart into lists of
// its nodes, and the operations on lists that paths are made of.
//
// A document's lists, one element for each node in the order of the document:
//   xml_parent  the number of the parent; 0 for the document itself
//   xml_name    "{uri}name" of an element, "@{uri}name" of an attribute, "" of a text; "@" for the
//               declaration of a namespace, which paths do not see
//   xml_last    the number of the last node inside, or the node's own
//   xml_text    the text of a text node; NULL for others
//   xml_value   the value of an attribute; NULL for others
// Comments and processing instructions are left out, as is text of nothing but blanks: "xml
// (Transact-SQL)", insignificant white space.
#pragma once

#include <string_view>

namespace datamigrate::dialects {

// Templates. $v: a variable that they name; $c: an expression over it; $s, $l: lists of numbers.
struct XmlSyntax {
  // $d: one of the next two; a table of one row, or of a row for each document, with it as
  // xml_document.
  std::string_view nodes;
  std::string_view one_document;  // $0: the document; may see what is to the left.
  // $0, $r: a column and its relation; empty where one document at a time is as quick.
  std::string_view all_documents;
  std::string_view one;            // A list of $n alone.
  std::string_view count;          // $s
  std::string_view from_to;        // $b, $e: numbers of nodes; those for which $c holds.
  std::string_view filter;         // $s: those of a list for which $c holds.
  std::string_view contains;       // $s contains $n
  std::string_view map;            // $s: what $c says of each, once each
  std::string_view bind;           // $c, with the list $s as $v
  std::string_view first;          // $c for the first of $s; NULL without one.
  std::string_view join;           // $s: the texts that $c says of each, as one.
  std::string_view rows;           // $s, a row for each.
  std::string_view value_of;       // $x: the document; $n: a node; its string value.
  std::string_view local_name;     // $0: an element of xml_name
  std::string_view to_number;      // $0: text; NULL where it is none.
  std::string_view contains_text;  // $0, $1
  std::string_view ordered_text;   // $0, for < and >: by code points
};

extern const XmlSyntax kDuckDbXml;
extern const XmlSyntax kPostgresXml;

}  // namespace datamigrate::dialects
