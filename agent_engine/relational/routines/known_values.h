// Conditions that can be decided while a routine is followed: their operands are constants.
#pragma once

#include "agent_engine/relational/expr.h"

namespace datamigrate::relational {

enum class Truth : uint8_t { kTrue, kFalse, kUnknown, kOpen };  // kOpen: not decided here.

// What a condition over constants gives, in three-valued logic. Numbers are compared as whole
// numbers only, text only where equality leaves no doubt (the same text but for case and trailing
// blanks decides nothing); the rest is kOpen.
Truth KnownTruth(const Expr& condition);

// Sums, differences and products of constant whole numbers worked out, where the result fits the
// type; everything else as it is.
ExprPtr FoldWhole(ExprPtr value);

}  // namespace datamigrate::relational
