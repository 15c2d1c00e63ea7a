// What a model is asked about an object that the rules refuse, and its answer as values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "agent_engine/catalog/catalog.h"
#include "agent_engine/knowledge/prompt.h"
#include "agent_engine/rewriting/guarded_model.h"
#include "agent_engine/rewriting/rewrite_review.h"
#include "agent_engine/routing/model_call.h"
#include "common/diagnostics/diagnostic.h"

namespace datamigrate::rewriting {

// An object that was refused for like reasons, and the T-SQL that was found equal.
struct SolvedCase {
  std::string original;
  std::string rewritten;
};

// What was answered before about the same object, and what was seen of it.
struct EarlierAnswer {
  std::string definition;
  std::string finding;
};

struct RewriteCase {
  RefusedObject object;
  std::string target;                             // "duckdb".
  std::vector<diagnostics::Diagnostic> findings;  // Why it is refused.
  std::vector<catalog::ObjectName> reads;         // What it names.
  std::vector<SolvedCase> solved;
  std::vector<EarlierAnswer> earlier;
};

struct RewriteQuestion {
  knowledge::Prompt prompt;
  routing::ModelRequest request;
  std::vector<std::string> source_texts;  // All of the source's that the prompt has.
};

// Comments are left out of a definition that the Guardian does not let pass with them; descriptions
// of tables and columns are never part of it. Errors: kInvalidArgument for a definition longer than
// kMostDefinitionBytes.
inline constexpr size_t kMostDefinitionBytes = 200 * 1024;
absl::StatusOr<RewriteQuestion> AskForRewrite(const RewriteCase& asked,
                                              const catalog::CatalogIndex& catalog,
                                              const Guard& guard);

// The same for cases in which the same is asked, whatever keys their prompts were given: 64 hex
// digits.
std::string FingerprintOf(const RewriteCase& asked);

struct RewriteAnswer {
  std::string definition;  // Empty: the model says that it cannot be done.
  std::string explanation;
};

// kInvalidArgument for a text that is not the JSON object that was asked for.
absl::StatusOr<RewriteAnswer> ParseAnswer(std::string_view text);

}  // namespace datamigrate::rewriting
