#include "agent_engine/service/training.h"

#include <charconv>
#include <string_view>
#include <vector>

#include "agent_engine/service/messages.h"
#include "agent_engine/training/example.h"
#include "fmt/format.h"

namespace datamigrate::service {
namespace {

constexpr size_t kPageBytes = 1 << 20;
// "OFFSET/TOKEN": the next example of the migration that the store's token leads to.
struct Position {
  size_t example = 0;
  std::string migrations;
};

absl::StatusOr<Position> ParsePosition(std::string_view token) {
  Position position;
  if (token.empty()) return position;
  const char* const end = token.data() + token.size();
  const auto parsed = std::from_chars(token.data(), end, position.example);
  if (parsed.ec != std::errc() || parsed.ptr == end || *parsed.ptr != '/') {
    return absl::InvalidArgumentError("the page token is not one that was given out");
  }
  position.migrations.assign(parsed.ptr + 1, end);
  return position;
}

v1::TrainingExample Export(const training::Example& example,
                           const v1::ListExamplesRequest& request) {
  v1::TrainingExample exported;
  exported.set_is_for_evaluation(training::IsForEvaluation(example));
  exported.set_score(example.score);
  exported.set_model(example.model);
  for (const std::string& code : example.codes) exported.add_codes(code);
  const double least = request.least_score() > 0 ? request.least_score() : training::kLeastScore;
  if (example.score < least) {
    exported.set_left_out("score");
    return exported;
  }
  auto line = training::LineOf(example, request.seed());
  if (!line.ok()) {
    exported.set_left_out("not readable");
  } else if (!request.without_lines()) {
    exported.set_line(*std::move(line));
  }
  return exported;
}

}  // namespace

absl::StatusOr<v1::ListExamplesResponse> Training::List(const Caller& caller,
                                                        const v1::ListExamplesRequest& request) {
  const auto position = ParsePosition(request.page_token());
  if (!position.ok()) return position.status();
  const auto page = migrations_->List(caller.tenant, {}, 1, position->migrations);
  if (!page.ok()) return page.status();
  v1::ListExamplesResponse response;
  if (page->items.empty()) return response;
  if (!page->next_token.empty()) response.set_next_page_token("0/" + page->next_token);
  const auto newest = history_->State(caller.tenant, page->items.front().id, store::kNewestStep);
  if (absl::IsNotFound(newest.status())) return response;  // It has not begun.
  if (!newest.ok()) return newest.status();
  const auto state = StateOf(newest->state);
  if (!state.ok()) return state.status();
  const std::vector<training::Example> examples = training::ExamplesOf(*state);
  size_t bytes = 0;
  for (size_t i = position->example; i < examples.size(); ++i) {
    if (bytes > kPageBytes) {
      response.set_next_page_token(fmt::format("{}/{}", i, position->migrations));
      return response;
    }
    v1::TrainingExample& exported = *response.add_examples();
    exported = Export(examples[i], request);
    bytes += exported.ByteSizeLong();
  }
  return response;
}

}  // namespace datamigrate::service
