#include "agent_engine/workflow/failure_question.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace datamigrate::workflow {
namespace {

using nlohmann::json;

struct OptionText {
  FailureOption option;
  std::string_view id;
  std::string_view text;
  std::string_view risk;
};

constexpr auto kOptions = std::to_array<OptionText>({
    {FailureOption::kRetry, "retry", "Try it again, from its first strategy on.",
     "It fails again where the reason is still there; what it did already is not repeated."},
    {FailureOption::kSkip, "skip", "Go on without it.", ""},
    {FailureOption::kRollBack, "roll_back", "Undo {} and stop.",
     "The work of these steps is lost; the run can be resumed and then does it again."},
    {FailureOption::kGiveUp, "give_up", "Stop and leave everything as it is.",
     "What was done stays there, unfinished; the run can be resumed."},
});

bool IsOffered(FailureOption option, bool may_skip, bool can_roll_back) {
  if (option == FailureOption::kSkip) return may_skip;
  if (option == FailureOption::kRollBack) return can_roll_back;
  return true;
}

std::string_view UsualDefault(bool can_roll_back) {
  return can_roll_back ? "roll_back" : "give_up";
}

json ToJson(const OptionText& option, const FailureQuestion& question,
            const std::vector<std::string>& to_undo) {
  const bool is_skip = option.option == FailureOption::kSkip;
  return {{"id", option.id},
          {"text", fmt::format(fmt::runtime(option.text), fmt::join(to_undo, ", "))},
          {"risk", is_skip ? question.skip_risk : std::string(option.risk)}};
}

std::string TextOf(const errors::ErrorContext& failure) {
  const std::string details = errors::Describe(failure);
  return fmt::format("Step {} failed: {}{}{}{} What is to be done?", failure.agent, failure.message,
                     details.empty() ? "" : " (", details, details.empty() ? "." : ").");
}

}  // namespace

bool IsFailureOption(std::string_view word, bool may_skip) {
  if (word.empty()) return true;
  const auto found = std::ranges::find(kOptions, word, &OptionText::id);
  return found != kOptions.end() && IsOffered(found->option, may_skip, true);
}

Interrupt AskAbout(const errors::ErrorContext& failure, const FailureQuestion& question,
                   bool is_transient, const std::vector<std::string>& to_undo) {
  const bool can_roll_back = !to_undo.empty();
  json options = json::array();
  for (const OptionText& option : kOptions) {
    if (!IsOffered(option.option, question.may_skip, can_roll_back)) continue;
    options.push_back(ToJson(option, question, to_undo));
  }
  const std::string_view usual = UsualDefault(can_roll_back);
  // A default of "roll_back" where there is nothing to undo means to give up.
  const bool is_set =
      !question.default_option.empty() && (can_roll_back || question.default_option != "roll_back");
  const std::string otherwise(is_set ? std::string_view(question.default_option) : usual);
  const json asked = {{"text", TextOf(failure)},
                      {"recommended", is_transient ? "retry" : usual},
                      {"default", otherwise},
                      {"options", options},
                      {"error", json::parse(errors::ToJson(failure))}};
  return {.question = asked.dump(-1, ' ', false, json::error_handler_t::replace),
          .answer_within = question.answer_within,
          .default_answer = json{{"option", otherwise}}.dump()};
}

std::optional<FailureOption> ChosenOf(std::string_view answer, const FailureQuestion& question,
                                      bool can_roll_back) {
  const json parsed = json::parse(answer, nullptr, /*allow_exceptions=*/false);
  const bool has_option =
      parsed.is_object() && parsed.contains("option") && parsed.at("option").is_string();
  if (!has_option) return std::nullopt;
  const auto found =
      std::ranges::find(kOptions, parsed.at("option").get<std::string>(), &OptionText::id);
  if (found == kOptions.end()) return std::nullopt;
  if (!IsOffered(found->option, question.may_skip, can_roll_back)) return std::nullopt;
  return found->option;
}

}  // namespace datamigrate::workflow
