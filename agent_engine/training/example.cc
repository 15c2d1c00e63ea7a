#include "agent_engine/training/example.h"

#include <map>
#include <nlohmann/json.hpp>

#include "agent_engine/knowledge/prompt.h"
#include "agent_engine/training/anonymizer.h"
#include "common/crypto/digest.h"
#include "fmt/format.h"

namespace datamigrate::training {
namespace {

constexpr int kEvaluationShare = 10;  // One of so many.

// Definitions of views and routines by "schema.name".
std::map<std::string, std::string> DefinitionsOf(const v1::Catalog& catalog) {
  std::map<std::string, std::string> definitions;
  const auto add = [&](const auto& object) {
    definitions[object.name().schema() + "." + object.name().name()] = object.definition();
  };
  for (const v1::View& view : catalog.views()) add(view);
  for (const v1::Routine& routine : catalog.routines()) add(routine);
  return definitions;
}

}  // namespace

double ScoreOf(const v1::RewriteAttempt& attempt, bool is_accepted) {
  switch (attempt.verdict()) {
    case v1::REWRITE_VERDICT_PROVEN:
      return 1.0;
    case v1::REWRITE_VERDICT_UNPROVEN:
      return is_accepted ? 0.7 : 0.5;
    case v1::REWRITE_VERDICT_DIFFERS:
      return 0.2;
    case v1::REWRITE_VERDICT_DOES_NOT_RUN:
      return 0.1;
    default:
      return 0.0;
  }
}

std::vector<Example> ExamplesOf(const v1::MigrationState& state) {
  std::vector<Example> examples;
  const std::map<std::string, std::string> definitions = DefinitionsOf(state.metadata());
  const std::map<std::string, v1::Rewrite> rewrites(state.rewrites().begin(),
                                                    state.rewrites().end());
  for (const auto& [object, rewrite] : rewrites) {
    const auto original = definitions.find(object);
    if (original == definitions.end()) continue;
    for (int i = 0; i < rewrite.attempts_size(); ++i) {
      const v1::RewriteAttempt& attempt = rewrite.attempts(i);
      if (attempt.definition().empty()) continue;
      examples.push_back({object,
                          original->second,
                          attempt.definition(),
                          {rewrite.codes().begin(), rewrite.codes().end()},
                          attempt.model(),
                          ScoreOf(attempt, rewrite.accepted() == i)});
    }
  }
  return examples;
}

absl::StatusOr<std::string> LineOf(const Example& example, uint64_t seed) {
  Anonymizer anonymizer(seed);
  const auto original = anonymizer.Rewrite(example.original);
  if (!original.ok()) return original.status();
  const auto rewritten = anonymizer.Rewrite(example.rewritten);
  if (!rewritten.ok()) return rewritten.status();
  std::string codes;
  for (const std::string& code : example.codes) codes += (codes.empty() ? "" : ", ") + code;
  const nlohmann::ordered_json answer = {{"definition", *rewritten}};
  const nlohmann::ordered_json line = {
      {"messages",
       {{{"role", "system"}, {"content", knowledge::RewriteObjectPrompt().system}},
        {{"role", "user"},
         {"content", fmt::format("Reported: {}\n\nThe definition:\n{}", codes, *original)}},
        {{"role", "assistant"}, {"content", answer.dump()}}}}};
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

bool IsForEvaluation(const Example& example) {
  const std::string digest = crypto::Sha256(example.object + "\n" + example.original);
  return static_cast<unsigned char>(digest[0]) % kEvaluationShare == 0;
}

}  // namespace datamigrate::training
