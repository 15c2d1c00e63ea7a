// How hard an object is to translate, from its syntax tree.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent_engine/tsql/ast/syntax_tree.h"

namespace datamigrate::agents {

enum class Complexity { kSimple, kMedium, kComplex, kCritical };

// "simple", "medium", "complex", "critical".
std::string_view ComplexityName(Complexity complexity);

struct ComplexityReport {
  Complexity complexity = Complexity::kSimple;
  int points = 0;
  std::vector<std::string> reasons;  // The constructs that weigh most, each once: "cursor", "PIVOT".
};

// Adds up the weights of the constructs below `node`; one that has no set form (a cursor, dynamic SQL) makes it critical.
ComplexityReport ClassifyComplexity(tsql::Node node);

}  // namespace datamigrate::agents
