#include "gateway/endpoints/run_endpoints.h"

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/endpoints/engine_request.h"
#include "gateway/endpoints/run_descriptions.h"
#include "gateway/http/accept.h"
#include "gateway/http/problem.h"
#include "gateway/http/target.h"

namespace datamigrate::gateway {
namespace {

namespace json = boost::json;

constexpr uint64_t kMaxPatchBytes = 256 * 1024;
constexpr int64_t kNewest = -1;
constexpr size_t kDeepestState = 100;  // as deep as protobuf reads messages

struct Format {
  std::string_view name;  // in the query
  v1::GraphFormat asked;
  std::string_view media_type;
};

constexpr std::array<Format, 2> kFormats = {{
    {"svg", v1::GRAPH_FORMAT_SVG, "image/svg+xml"},
    {"mermaid", v1::GRAPH_FORMAT_MERMAID, "text/plain; charset=utf-8"},
}};

// A drawing that is opened by itself loads and runs nothing.
constexpr std::string_view kDrawingPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; sandbox";

int64_t StepOf(const Request& request, const std::string& name, int64_t otherwise) {
  return QueryText(request, name).empty() ? otherwise : QueryNumber(request, name);
}

// A value that the engine tells as text. Errors: kInternal for one that is no JSON.
absl::StatusOr<json::value> ValueOf(const std::string& text) {
  json::parse_options options;
  options.max_depth = kDeepestState;
  json::error_code error;
  json::value value = json::parse(text, error, {}, options);
  if (error) return absl::InternalError("the engine told a value that is no JSON");
  return value;
}

Response Show(RunClient* runs, const Request& request) {
  v1::GetHistoryRequest asked;
  asked.set_id(ParameterOf(request, "id"));
  return MessageResponse(request, 200, runs->GetHistory(ContextOf(request), asked));
}

Response ShowState(RunClient* runs, const Request& request) {
  v1::GetStateRequest asked;
  asked.set_id(ParameterOf(request, "id"));
  asked.set_step(StepOf(request, "step", kNewest));
  const auto told = runs->GetState(ContextOf(request), asked);
  if (!told.ok()) return ProblemOf(request, told.status());
  absl::StatusOr<json::value> state = ValueOf(told->state_json());
  if (!state.ok()) return ProblemOf(request, state.status());
  return JsonResponse(200, json::serialize(json::object{{"step", std::to_string(told->step())},
                                                        {"node", told->node()},
                                                        {"state", *std::move(state)}}));
}

absl::StatusOr<json::object> ChangeJson(const v1::StateDiff::Change& change) {
  json::object written = {{"operation", change.operation()}, {"path", change.path()}};
  for (const auto& [name, text] :
       {std::pair("before", &change.before_json()), std::pair("after", &change.after_json())}) {
    if (text->empty()) continue;
    absl::StatusOr<json::value> value = ValueOf(*text);
    if (!value.ok()) return value.status();
    written[name] = *std::move(value);
  }
  return written;
}

Response Diff(RunClient* runs, const Request& request) {
  v1::DiffStatesRequest asked;
  asked.set_id(ParameterOf(request, "id"));
  asked.set_from_step(StepOf(request, "from", 0));
  asked.set_to_step(StepOf(request, "to", kNewest));
  const auto diff = runs->DiffStates(ContextOf(request), asked);
  if (!diff.ok()) return ProblemOf(request, diff.status());
  json::array changes;
  for (const v1::StateDiff::Change& change : diff->changes()) {
    absl::StatusOr<json::object> written = ChangeJson(change);
    if (!written.ok()) return ProblemOf(request, written.status());
    changes.push_back(*std::move(written));
  }
  return JsonResponse(200,
                      json::serialize(json::object{{"from_step", std::to_string(diff->from_step())},
                                                   {"to_step", std::to_string(diff->to_step())},
                                                   {"total", std::to_string(diff->total())},
                                                   {"changes", std::move(changes)}}));
}

// Nothing where the client takes neither.
std::optional<Format> FormatOf(const Request& request) {
  const std::string named = QueryText(request, "format");
  for (const Format& format : kFormats) {
    if (format.name == named) return format;
  }
  constexpr std::array<std::string_view, 2> kTypes = {"image/svg+xml", "text/plain"};
  const std::optional<size_t> chosen = ChooseMediaType(request.headers.Get("Accept"), kTypes);
  return chosen.has_value() ? std::optional(kFormats[*chosen]) : std::nullopt;
}

Response Draw(RunClient* runs, const Request& request) {
  const std::optional<Format> format = FormatOf(request);
  if (!format.has_value()) {
    return Problem(request, 406,
                   "The graph is image/svg+xml or text/plain (Mermaid); accept one of them.");
  }
  v1::DrawGraphRequest asked;
  asked.set_id(ParameterOf(request, "id"));
  asked.set_format(format->asked);
  auto drawing = runs->DrawGraph(ContextOf(request), asked);
  if (!drawing.ok()) return ProblemOf(request, drawing.status());
  Response response = TextResponse(200, format->media_type, std::move(*drawing->mutable_text()));
  response.headers.Set("Content-Security-Policy", kDrawingPolicy);
  if (QueryText(request, "format").empty()) response.headers.Add("Vary", "Accept");
  return response;
}

// Of a run with or without "state_patch": the schema says which the route takes.
Response Fork(RunClient* runs, const Request& request) {
  const json::object& body = request.json->get_object();
  v1::ForkRunRequest asked;
  asked.set_id(ParameterOf(request, "id"));
  asked.set_step(body.at("step").to_number<int64_t>());
  if (const json::value* patch = body.if_contains("state_patch")) {
    asked.set_state_patch_json(json::serialize(*patch));
  }
  const auto run = runs->ForkRun(ContextOf(request), asked);
  Response response = MessageResponse(request, 201, run);
  if (run.ok()) response.headers.Set("Location", "/api/v1/migrations/" + PercentEncode(run->id()));
  return response;
}

}  // namespace

void AddRunRoutes(RunClient* runs, std::vector<Route>& routes) {
  const auto add = [&](std::string_view method, std::string_view pattern, Permission permission,
                       auto endpoint, Description description) {
    routes.push_back({.method = method,
                      .pattern = pattern,
                      .permission = permission,
                      .max_body_bytes = kMaxPatchBytes,
                      .endpoint = [=](const Request& request) { return endpoint(runs, request); },
                      .description = std::move(description)});
  };
  using P = Permission;
  add("GET", "/api/v1/migrations/{id}/run", P::kMigrationsRead, Show, DescribeShowRun());
  add("GET", "/api/v1/migrations/{id}/run/state", P::kMigrationsRead, ShowState,
      DescribeShowRunState());
  add("GET", "/api/v1/migrations/{id}/run/diff", P::kMigrationsRead, Diff, DescribeDiffRunStates());
  add("GET", "/api/v1/migrations/{id}/run/graph", P::kMigrationsRead, Draw, DescribeDrawRun());
  add("POST", "/api/v1/migrations/{id}/run/fork", P::kMigrationsWrite, Fork, DescribeForkRun());
  add("POST", "/api/v1/migrations/{id}/run/replay", P::kMigrationsWrite, Fork, DescribeReplayRun());
}

}  // namespace datamigrate::gateway
