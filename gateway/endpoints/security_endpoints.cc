#include "gateway/endpoints/security_endpoints.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "absl/time/civil_time.h"
#include "common/audit/export_format.h"
#include "gateway/endpoints/json_body.h"
#include "gateway/endpoints/security_descriptions.h"
#include "gateway/endpoints/status_problem.h"
#include "gateway/version.h"

namespace datamigrate::gateway {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kDefaultPage = 100;
constexpr int kExportPage = 1000;
constexpr absl::Duration kDefaultSpan = absl::Hours(24);
constexpr absl::Duration kLongestSpan = absl::Hours(24 * 31);

std::optional<std::string> QueryOf(const Request& request, const std::string& name) {
  const auto found = request.query.find(name);
  if (found == request.query.end()) return std::nullopt;
  return found->second;
}

std::optional<int> NumberOf(const Request& request, const std::string& name) {
  const auto text = QueryOf(request, name);
  if (!text.has_value()) return std::nullopt;
  return std::atoi(text->c_str());
}

// A time as the description has checked it; the 30th of February is the 2nd of March.
std::optional<absl::Time> TimeOf(const Request& request, const std::string& name) {
  const auto text = QueryOf(request, name);
  if (!text.has_value()) return std::nullopt;
  const auto number = [&](size_t begin, size_t length) {
    return std::atoi(text->substr(begin, length).c_str());
  };
  return absl::FromCivil(absl::CivilSecond(number(0, 4), number(5, 2), number(8, 2), number(11, 2),
                                           number(14, 2), number(17, 2)),
                         absl::UTCTimeZone());
}

audit::RowFilter FilterOf(const Request& request) {
  return {.organization_id = request.principal->organization_id,
          .action = QueryOf(request, "action"),
          .user_id = QueryOf(request, "user_id"),
          .object = QueryOf(request, "object"),
          .remote_address = QueryOf(request, "remote_address"),
          .verdict = QueryOf(request, "verdict"),
          .rule = QueryOf(request, "rule"),
          .status = NumberOf(request, "status"),
          .from = TimeOf(request, "from"),
          .to = TimeOf(request, "to")};
}

Response List(const SecurityParts& parts, const Request& request) {
  const std::string token = QueryOf(request, "page_token").value_or("");
  const int64_t before = token.empty() ? std::numeric_limits<int64_t>::max()
                                       : std::strtoll(token.c_str(), nullptr, 10);
  const int limit = NumberOf(request, "page_size").value_or(kDefaultPage);
  const auto rows = parts.reader->Newest(FilterOf(request), before, limit);
  if (!rows.ok()) return ProblemOf(request, rows.status());
  Json entries = Json::array();
  for (const audit::Row& row : *rows) entries.push_back(audit::ToJson(row));
  const bool may_be_more = rows->size() == static_cast<size_t>(limit);
  const Json body = {{"entries", entries},
                     {"next_page_token", may_be_more ? std::to_string(rows->back().sequence) : ""}};
  return JsonResponse(200, body.dump(-1, ' ', false, Json::error_handler_t::replace));
}

// Reads page after page on the exporters' thread, as fast as the client takes them.
class ExportBody : public BodyStream {
 public:
  ExportBody(AuditReader* reader, WorkerPool* exporters, audit::RowFilter filter, bool as_cef)
      : exporters_(exporters),
        state_(std::make_shared<State>(State{reader, std::move(filter), as_cef})) {}

  void Next(Done done) override {
    // The stream may be gone when its turn comes.
    const bool is_taken = exporters_->TryPost([state = state_, done] { done(ReadPage(*state)); });
    if (!is_taken) done(absl::ResourceExhaustedError("too many exports run"));
  }

  void Cancel() override {}

 private:
  struct State {
    AuditReader* reader;
    audit::RowFilter filter;
    bool as_cef;
    int64_t after = 0;
  };

  static Piece ReadPage(State& state) {
    const auto rows = state.reader->Oldest(state.filter, state.after, kExportPage);
    if (!rows.ok()) return rows.status();
    if (rows->empty()) return std::nullopt;
    std::string text;
    for (const audit::Row& row : *rows) {
      text += state.as_cef ? audit::CefLine(row, kVersion) : audit::JsonLine(row);
    }
    state.after = rows->back().sequence;
    return text;
  }

  WorkerPool* const exporters_;
  const std::shared_ptr<State> state_;
};

Response Export(const SecurityParts& parts, const Request& request) {
  audit::RowFilter filter = FilterOf(request);
  // Rows that come meanwhile, this request's among them, do not keep the export from ending.
  filter.to = std::min(filter.to.value_or(request.received_at), request.received_at);
  const bool as_cef = QueryOf(request, "format") == "cef";
  Response response =
      TextResponse(200, as_cef ? "text/plain; charset=utf-8" : "application/x-ndjson", "");
  response.headers.Set("Content-Disposition",
                       fmt::format("attachment; filename=\"audit.{}\"", as_cef ? "cef" : "jsonl"));
  response.headers.Set("Cache-Control", "no-store");
  response.stream =
      std::make_unique<ExportBody>(parts.reader, parts.exporters, std::move(filter), as_cef);
  return response;
}

Json Counts(const std::vector<AuditSummary::Count>& counts, const char* name) {
  Json list = Json::array();
  for (const auto& [what, number] : counts) list.push_back({{name, what}, {"requests", number}});
  return list;
}

double Milliseconds(int64_t micros) {
  return static_cast<double>(micros) / 1000;
}

Json SummaryJson(const AuditSummary& summary) {
  int64_t requests = 0;
  Json hours = Json::array();
  for (const AuditSummary::Hour& hour : summary.hours) {
    requests += hour.requests;
    hours.push_back({{"hour", IsoTime(hour.begin)},
                     {"requests", hour.requests},
                     {"blocked", hour.blocked},
                     {"refused", hour.refused},
                     {"failed", hour.failed}});
  }
  Json addresses = Json::array();
  for (const AuditSummary::Address& address : summary.addresses) {
    addresses.push_back({{"remote_address", address.remote_address},
                         {"requests", address.requests},
                         {"last_at", IsoTime(address.last_at)}});
  }
  return {{"requests", requests},
          {"by_hour", hours},
          {"by_action", Counts(summary.actions, "action")},
          {"by_verdict", Counts(summary.verdicts, "verdict")},
          {"top_rules", Counts(summary.rules, "rule")},
          {"refused_addresses", addresses},
          {"latency_ms",
           {{"p50", Milliseconds(summary.p50_micros)},
            {"p95", Milliseconds(summary.p95_micros)},
            {"p99", Milliseconds(summary.p99_micros)}}}};
}

Response ShowDashboard(const SecurityParts& parts, const Request& request) {
  const absl::Time to = TimeOf(request, "to").value_or(request.received_at);
  const absl::Time from =
      std::max(TimeOf(request, "from").value_or(to - kDefaultSpan), to - kLongestSpan);
  const auto summary = parts.reader->Summarize(request.principal->organization_id, from, to);
  if (!summary.ok()) return ProblemOf(request, summary.status());
  Json body = {{"from", IsoTime(from)}, {"to", IsoTime(to)}};
  body.update(SummaryJson(*summary));
  return JsonResponse(200, body.dump(-1, ' ', false, Json::error_handler_t::replace));
}

// Who erases: as far as the log needs it.
audit::Row EraserOf(const Request& request) {
  audit::Row row;
  row.user_id = request.principal->user_id;
  row.key_id = request.principal->key_id;
  row.session_id = request.principal->session_id;
  row.remote_address = request.remote_address;
  row.request_id = request.request_id;
  return row;
}

// Errors: kNotFound unless the organization's log tells of the user.
absl::Status CheckKnown(const SecurityParts& parts, const std::string& organization,
                        const std::string& id) {
  const auto done_by = parts.reader->Newest({.organization_id = organization, .user_id = id},
                                            std::numeric_limits<int64_t>::max(), 1);
  if (!done_by.ok() || !done_by->empty()) return done_by.status();
  const auto done_to = parts.reader->Newest(
      {.organization_id = organization, .action = "removeUser", .object = id, .status = 204},
      std::numeric_limits<int64_t>::max(), 1);
  if (!done_to.ok() || !done_to->empty()) return done_to.status();
  return absl::NotFoundError("the audit log does not tell of this user");
}

Response Erase(const SecurityParts& parts, const Request& request) {
  const std::string& organization = request.principal->organization_id;
  const std::string& id = request.parameters.at("id");
  const auto members = parts.organizations->ListMembers(organization);
  if (!members.ok()) return ProblemOf(request, members.status());
  if (std::ranges::find(*members, id, &Member::user_id) != members->end()) {
    return ProblemOf(request, absl::FailedPreconditionError(
                                  "this is a member; only who is none any more can be erased"));
  }
  const absl::Status known = CheckKnown(parts, organization, id);
  if (!known.ok()) return ProblemOf(request, known);
  const auto erasure = parts.erase(organization, id, EraserOf(request));
  if (!erasure.ok()) return ProblemOf(request, erasure.status());
  const Json body = {{"erased_actors", erasure->actors},
                     {"erased_objects", erasure->objects},
                     {"unerased", erasure->unerased}};
  Response response = JsonResponse(200, body.dump());
  // The id must not come back by the row of this request.
  response.audit.object = "(erased)";
  return response;
}

}  // namespace

void AddSecurityRoutes(const SecurityParts& parts, std::vector<Route>& routes) {
  const auto add = [&](std::string_view method, std::string_view pattern, Permission permission,
                       auto endpoint, Description description) {
    routes.push_back({.method = method,
                      .pattern = pattern,
                      .permission = permission,
                      .max_body_bytes = 0,
                      .endpoint = [=](const Request& request) { return endpoint(parts, request); },
                      .description = std::move(description)});
  };
  add("GET", "/api/v1/security/audit-logs", Permission::kAuditRead, List, DescribeListAuditLogs());
  add("GET", "/api/v1/security/audit-logs/export", Permission::kAuditRead, Export,
      DescribeExportAuditLogs());
  add("GET", "/api/v1/security/dashboard", Permission::kAuditRead, ShowDashboard,
      DescribeShowDashboard());
  add("DELETE", "/api/v1/security/audit-logs/users/{id}", Permission::kAuditErase, Erase,
      DescribeEraseAuditUser());
}

}  // namespace datamigrate::gateway
