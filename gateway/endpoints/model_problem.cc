#include "gateway/endpoints/model_problem.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "gateway/endpoints/status_problem.h"
#include "gateway/engine_client/engine_cause.h"
#include "gateway/http/problem.h"

namespace datamigrate::gateway {
namespace {

struct Row {
  std::string_view cause;  // as models.proto has it
  int http_status;
};

// Where the status code alone would say something else, or its words would be kept back.
constexpr auto kRows = std::to_array<Row>({
    {"all_failed", 502},
    {"answer_not_in_schema", 502},
    {"budget_spent", 402},  // not 429: waiting a little does not help
    {"timeout", 504},
    {"too_large", 413},
});

}  // namespace

Response ModelProblem(const Request& request, const absl::Status& status) {
  const std::string cause = CauseOf(status);
  const auto row = std::ranges::find(kRows, cause, &Row::cause);
  if (row == kRows.end()) return ProblemOf(request, status);
  return Problem(request, row->http_status, std::string(status.message()));
}

Response HeldBack(const Request& request, const AnswerVerdict& verdict) {
  return Problem(
      request, 502,
      fmt::format("The model's answer is held back ({}), as the organization's policy "
                  "asks. Ask in other words, or ask an administrator.",
                  verdict.rules.empty() ? "more findings than are counted"
                                        : fmt::format("{}", fmt::join(verdict.rules, ", "))));
}

Response AnswerUnrecorded(const Request& request) {
  Response response = Problem(
      request, 503, "The model answered, and the answer could not be recorded. Try again later.");
  response.headers.Set("Retry-After", "5");
  return response;
}

}  // namespace datamigrate::gateway
