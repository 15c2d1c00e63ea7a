// Whether T-SQL that somebody wrote in place of an object may stand for it, as far as its text
// tells. It is never run as T-SQL: what passes is translated like any other definition.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent_engine/catalog/catalog.h"

namespace datamigrate::rewriting {

// A view or routine that the rules refuse.
struct RefusedObject {
  catalog::ObjectName name;
  std::string kind;        // "view", "procedure", "function".
  std::string definition;  // The source's.
};

// Why the definition cannot stand for the object, each as a sentence for who wrote it; empty when
// it can:
//   it is one statement that the parser takes and that creates an object of the same kind and name
//   with the same parameters; it does nothing that a query does not do, or that the original does
//   not do, by agent_engine/tsql/effects: it writes only what the original writes, and nothing that
//   leaves the database, runs a text or drops something passes at all.
std::vector<std::string> ReviewRewrite(const RefusedObject& original, std::string_view definition);

// The definition as its tokens, without the comments; empty when the parser does not take it.
std::string WithoutComments(std::string_view definition);

}  // namespace datamigrate::rewriting
