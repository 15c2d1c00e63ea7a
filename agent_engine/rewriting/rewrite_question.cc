#include "agent_engine/rewriting/rewrite_question.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "common/crypto/digest.h"
#include "fmt/format.h"

namespace datamigrate::rewriting {
namespace {

constexpr char kAnswerSchema[] =
    R"({"type":"object","properties":{"definition":{"type":"string"},"explanation":{"type":"string"}},)"
    R"("required":["definition","explanation"],"additionalProperties":false})";
constexpr int kMostOutputTokens = 8192;
// Definitions of views and functions that are read: longer ones are left to their names.
constexpr size_t kMostReadBytes = 8 * 1024;

// The text as it may be sent: without its comments where those are what the Guardian minds.
std::string Sendable(const std::string& text, const Guard& guard) {
  if (guard.Scan(text, guardian::FieldKind::kSql).may_pass()) return text;
  std::string bare = WithoutComments(text);
  return bare.empty() ? text : bare;  // What still does not pass stops the call.
}

std::string DescribeTable(const catalog::Table& table) {
  std::string text = fmt::format("table {} (", table.name.ToString());
  for (const catalog::Column& column : table.columns) {
    text += fmt::format("{}{} {}{}", text.back() == '(' ? "" : ", ", column.name,
                        column.type.ToString(), column.nullable ? "" : " not null");
  }
  text += ")";
  const catalog::KeyConstraint* key = table.PrimaryKey();
  if (key == nullptr) return text;
  text += " primary key (";
  for (const catalog::IndexColumn& column : key->columns) {
    text += fmt::format("{}{}", text.back() == '(' ? "" : ", ", column.name);
  }
  return text + ")";
}

// A relation or function that may be read, for the model.
std::string Describe(const catalog::ObjectName& object, const catalog::CatalogIndex& catalog,
                     const Guard& guard) {
  if (const auto* table = catalog.FindTable(object.schema, object.name))
    return DescribeTable(*table);
  std::string definition;
  if (const auto* view = catalog.FindView(object.schema, object.name)) {
    definition = view->definition;
  } else if (const auto* routine = catalog.FindRoutine(object.schema, object.name)) {
    definition = routine->definition;
  }
  if (definition.empty() || definition.size() > kMostReadBytes) return object.ToString();
  return Sendable(definition, guard);
}

std::string Findings(const std::vector<diagnostics::Diagnostic>& findings) {
  std::string text;
  for (const diagnostics::Diagnostic& diagnostic : findings) {
    text += fmt::format("- {}: {}{}\n", diagnostics::KindOf(diagnostic.id).code,
                        diagnostics::Message(diagnostic),
                        diagnostic.hint.empty() ? "" : ". " + diagnostic.hint);
  }
  return text;
}

// The parts of the prompt that come from the source, each between delimiters and noted for the
// scan.
class Parts {
 public:
  Parts(knowledge::PromptCase& prompt, RewriteQuestion& question)
      : prompt_(prompt), question_(question) {}

  std::string Add(std::string text) {
    std::string delimited = prompt_.Delimited(text);
    question_.source_texts.push_back(std::move(text));
    return delimited;
  }

 private:
  knowledge::PromptCase& prompt_;
  RewriteQuestion& question_;
};

std::string Examples(const RewriteCase& asked, Parts& parts) {
  std::string text;
  for (const SolvedCase& solved : asked.solved) {
    text += fmt::format(
        "Another object of this kind was solved so. Its original:\n{}\nWhat was found "
        "equal:\n{}\n\n",
        parts.Add(solved.original), parts.Add(solved.rewritten));
  }
  return text;
}

std::string Earlier(const RewriteCase& asked, Parts& parts) {
  std::string text;
  for (const EarlierAnswer& earlier : asked.earlier) {
    text += fmt::format("An earlier answer:\n{}\nIt was not good: {}\n\n",
                        parts.Add(earlier.definition), parts.Add(earlier.finding));
  }
  return text;
}

}  // namespace

absl::StatusOr<RewriteQuestion> AskForRewrite(const RewriteCase& asked,
                                              const catalog::CatalogIndex& catalog,
                                              const Guard& guard) {
  if (asked.object.definition.size() > kMostDefinitionBytes) {
    return absl::InvalidArgumentError(
        fmt::format("its definition has {} bytes, and models are asked about at most {}",
                    asked.object.definition.size(), kMostDefinitionBytes));
  }
  RewriteQuestion question;
  knowledge::PromptCase filled(knowledge::RewriteObjectPrompt());
  Parts parts(filled, question);
  filled.Set("target", asked.target);
  filled.Set("kind", asked.object.kind);
  filled.Set("object", parts.Add(asked.object.name.ToString()));
  filled.Set("findings", parts.Add(Findings(asked.findings)));
  filled.Set("definition", parts.Add(Sendable(asked.object.definition, guard)));
  std::string relations;
  for (const catalog::ObjectName& object : asked.reads) {
    relations += Describe(object, catalog, guard) + "\n";
  }
  filled.Set("relations", parts.Add(relations.empty() ? "nothing" : relations));
  filled.Set("examples", Examples(asked, parts));
  filled.Set("earlier", Earlier(asked, parts));
  auto prompt = filled.Fill();
  if (!prompt.ok()) return prompt.status();
  question.prompt = *std::move(prompt);
  question.request.system = question.prompt.system;
  question.request.cache_system = true;
  question.request.messages = {routing::UserMessage(question.prompt.user)};
  question.request.answer_schema = kAnswerSchema;
  question.request.max_output_tokens = kMostOutputTokens;
  question.request.temperature = 0;
  return question;
}

std::string FingerprintOf(const RewriteCase& asked) {
  nlohmann::json content = {{"prompt", knowledge::RewriteObjectPrompt().version},
                            {"object", asked.object.name.ToString()},
                            {"definition", asked.object.definition},
                            {"target", asked.target},
                            {"findings", Findings(asked.findings)}};
  for (const catalog::ObjectName& read : asked.reads) content["reads"].push_back(read.ToString());
  for (const SolvedCase& solved : asked.solved) {
    content["solved"].push_back({solved.original, solved.rewritten});
  }
  for (const EarlierAnswer& earlier : asked.earlier) {
    content["earlier"].push_back({earlier.definition, earlier.finding});
  }
  return crypto::Sha256Hex(content.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

absl::StatusOr<RewriteAnswer> ParseAnswer(std::string_view text) {
  const nlohmann::json answer = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  const auto has_text = [&](const char* name) {
    return answer.is_object() && answer.contains(name) && answer[name].is_string();
  };
  if (!has_text("definition") || !has_text("explanation")) {
    return absl::InvalidArgumentError(
        "the answer is not a JSON object with \"definition\" and \"explanation\"");
  }
  return RewriteAnswer{answer["definition"], answer["explanation"]};
}

}  // namespace datamigrate::rewriting
