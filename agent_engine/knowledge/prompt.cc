#include "agent_engine/knowledge/prompt.h"

#include <charconv>
#include <utility>

#include "common/crypto/encoding.h"
#include "common/crypto/random.h"
#include "common/guardian/text/encodings.h"
#include "fmt/format.h"

namespace datamigrate::knowledge {

// Made from prompts/ when the program is built.
extern const std::string_view answer_question_file;
extern const std::string_view rewrite_object_file;

namespace {

constexpr size_t kKeyBytes = 12;
constexpr std::string_view kSystemLine = "=== system\n";
constexpr std::string_view kUserLine = "\n=== user\n";

std::string RandomKey() {
  return crypto::HexEncode(crypto::RandomBytes(kKeyBytes));
}

// The number behind "version: "; 0 where there is none.
int VersionOf(std::string_view head) {
  constexpr std::string_view kLabel = "version: ";
  const size_t at = head.find(kLabel);
  int version = 0;
  if (at == std::string_view::npos) return version;
  const std::string_view number = head.substr(at + kLabel.size());
  std::from_chars(number.data(), number.data() + number.size(), version);
  return version;
}

std::string ToUtf8(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const guardian::Utf8Character front = guardian::FrontUtf8(text);
    guardian::AppendUtf8(front.character, clean);
    text.remove_prefix(front.length);
  }
  return clean;
}

}  // namespace

absl::StatusOr<PromptTemplate> ParsePrompt(std::string_view name, std::string_view file) {
  PromptTemplate prompt;
  prompt.name = std::string(name);
  const size_t system = file.find(kSystemLine);
  const size_t user = file.find(kUserLine);
  if (system == std::string_view::npos || user == std::string_view::npos || user < system) {
    return absl::InvalidArgumentError(
        fmt::format("prompt {}: the lines \"=== system\" and \"=== user\" are missing", name));
  }
  prompt.version = VersionOf(file.substr(0, system));
  if (prompt.version <= 0) {
    return absl::InvalidArgumentError(
        fmt::format("prompt {}: it has no line \"version: N\" with N from 1", name));
  }
  const size_t begin = system + kSystemLine.size();
  prompt.system = std::string(file.substr(begin, user - begin));
  prompt.user = std::string(file.substr(user + kUserLine.size()));
  if (prompt.system.find("{{") != std::string::npos) {
    return absl::InvalidArgumentError(fmt::format(
        "prompt {}: the system part is the same for every case, so it has no {{{{names}}}}", name));
  }
  return prompt;
}

// Both are checked by knowledge_test, as the files are part of the program.
const PromptTemplate& RewriteObjectPrompt() {
  static const auto* const prompt =
      new PromptTemplate(*ParsePrompt("rewrite_object", rewrite_object_file));
  return *prompt;
}

const PromptTemplate& AnswerQuestionPrompt() {
  static const auto* const prompt =
      new PromptTemplate(*ParsePrompt("answer_question", answer_question_file));
  return *prompt;
}

PromptCase::PromptCase(const PromptTemplate& prompt)
    : prompt_(prompt), key_(RandomKey()), canary_(RandomKey()) {}

void PromptCase::Set(std::string_view name, std::string text) {
  values_.insert_or_assign(std::string(name), std::move(text));
}

void PromptCase::SetFromSource(std::string_view name, std::string_view text) {
  Set(name, Delimited(text));
}

std::string PromptCase::Delimited(std::string_view text) const {
  return fmt::format("<data {0}>\n{1}\n</data {0}>", key_, ToUtf8(text));
}

absl::StatusOr<Prompt> PromptCase::Fill() const {
  Prompt prompt{prompt_.system, "", fmt::format("{}/{}", prompt_.name, prompt_.version), canary_};
  size_t used = 0;
  std::string_view rest = prompt_.user;
  while (true) {
    const size_t begin = rest.find("{{");
    const size_t end = rest.find("}}", begin);
    prompt.user += rest.substr(0, begin);
    if (begin == std::string_view::npos || end == std::string_view::npos) break;
    const std::string_view name = rest.substr(begin + 2, end - begin - 2);
    rest.remove_prefix(end + 2);
    if (name == "canary") {
      prompt.user += canary_;
      continue;
    }
    const auto value = values_.find(name);
    if (value == values_.end()) {
      return absl::InternalError(fmt::format("prompt {}: {} was not set", prompt.id, name));
    }
    prompt.user += value->second;
    ++used;
  }
  if (used == values_.size()) return prompt;
  return absl::InternalError(
      fmt::format("prompt {}: {} values for {} names", prompt.id, values_.size(), used));
}

}  // namespace datamigrate::knowledge
