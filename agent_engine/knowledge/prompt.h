// What models are asked: texts with a version, kept as files in prompts/, and the filling in of
// what a case needs.
//
//   PromptCase filled(RewriteObjectPrompt());
//   filled.Set("target", "duckdb");
//   filled.SetFromSource("definition", view.definition);
//   absl::StatusOr<Prompt> prompt = filled.Fill();
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace datamigrate::knowledge {

struct PromptTemplate {
  std::string name;  // The file's, without its ending.
  int version = 0;
  std::string system;  // Fixed: no text of a case is ever part of it.
  std::string user;    // With {{names}} to be filled.
};

// Reads "version: N", further lines of the head, and the parts behind "=== system" and "=== user".
// kInvalidArgument names what is missing.
absl::StatusOr<PromptTemplate> ParsePrompt(std::string_view name, std::string_view file);

// prompts/rewrite_object.md.
const PromptTemplate& RewriteObjectPrompt();
// prompts/answer_question.md.
const PromptTemplate& AnswerQuestionPrompt();

struct Prompt {
  std::string system;
  std::string user;
  std::string id;      // "rewrite_object/1".
  std::string canary;  // Random; an answer that has it repeats what it was told not to.
};

// One case of a template. Everything that came from the source goes in by SetFromSource: it stands
// between lines with a random key, which the text cannot know. Not thread-safe.
class PromptCase {
 public:
  // `prompt` must outlive this. Draws the key and the canary.
  explicit PromptCase(const PromptTemplate& prompt);

  // Our own words.
  void Set(std::string_view name, std::string text);
  // Anything else. Bytes that are no UTF-8 become U+FFFD.
  void SetFromSource(std::string_view name, std::string_view text);
  // The same as one piece of a longer text that is then Set.
  std::string Delimited(std::string_view text) const;

  // kInternal when a name of the template was not set, or one was that it does not have.
  absl::StatusOr<Prompt> Fill() const;

 private:
  const PromptTemplate& prompt_;
  const std::string key_;
  const std::string canary_;
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace datamigrate::knowledge
