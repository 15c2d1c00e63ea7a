#include "gateway/endpoints/policy_endpoints.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_split.h"
#include "gateway/endpoints/json_body.h"
#include "gateway/endpoints/policy_descriptions.h"
#include "gateway/endpoints/status_problem.h"
#include "gateway/endpoints/text_fields.h"
#include "gateway/http/entity_tag.h"
#include "gateway/http/problem.h"

namespace datamigrate::gateway {
namespace {

using Json = nlohmann::json;

constexpr uint64_t kMaxPolicyBytes = 256 * 1024;
constexpr int kDefaultDays = 7;
constexpr int64_t kMostRows = 50000;
constexpr size_t kMostExamples = 10;

// The members that are the policy, each there.
Json DocumentOf(const Json& body) {
  Json document = {{"mode", "enforce"},
                   {"reactions", Json::array()},
                   {"thresholds", Json::array()},
                   {"allow", Json::array()},
                   {"addresses", Json::array()}};
  for (auto& [name, value] : document.items()) {
    if (const auto found = body.find(name); found != body.end()) value = *found;
  }
  return document;
}

// "" where nothing was stored, or what is stored cannot be read.
Json ReadDocument(const std::string& text) {
  const Json document = Json::parse(text, nullptr, false);
  return DocumentOf(document.is_object() ? document : Json::object());
}

// Allow-list entries say who made them and when; those that were there before keep that.
void SignAllowed(Json& document, const Json& before, const Request& request) {
  for (Json& entry : document["allow"]) {
    const auto old = std::ranges::find_if(before["allow"], [&](Json known) {
      known.erase("added_by");
      known.erase("added_at");
      return known == entry;
    });
    const bool is_known = old != before["allow"].end();
    entry["added_by"] = is_known ? old->value("added_by", "") : request.principal->user_id;
    entry["added_at"] = is_known ? old->value("added_at", "") : IsoTime(request.received_at);
  }
}

Json PolicyJson(const StoredPolicy& policy) {
  Json body = ReadDocument(policy.document);
  body["version"] = policy.version;
  if (policy.version > 0) {
    body["comment"] = policy.comment;
    body["created_by"] = policy.created_by;
    body["created_at"] = IsoTime(policy.created_at);
  }
  return body;
}

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Response Show(const PolicyParts& parts, const Request& request) {
  const auto latest = parts.store->Latest(request.principal->organization_id);
  if (!latest.ok()) return ProblemOf(request, latest.status());
  return JsonResponse(200, Dump(PolicyJson(latest->value_or(StoredPolicy()))));
}

Response ListVersions(const PolicyParts& parts, const Request& request) {
  const auto versions = parts.store->Versions(request.principal->organization_id);
  if (!versions.ok()) return ProblemOf(request, versions.status());
  Json list = Json::array();
  for (const StoredPolicy& policy : *versions) list.push_back(PolicyJson(policy));
  return JsonResponse(200, Dump(Json{{"versions", list}}));
}

Response Put(const PolicyParts& parts, const Request& request) {
  const auto body = ReadObject(request);
  if (!body.ok()) return ProblemOf(request, body.status());
  Json document = DocumentOf(*body);
  auto policy = Policy::Parse(document, *parts.scores);
  if (!policy.ok()) return ProblemOf(request, policy.status());
  if (!policy->AllowsAddress(request.remote_address)) {
    return ProblemOf(request, absl::FailedPreconditionError(
                                  "\"addresses\" would lock you out: yours is not among them"));
  }
  const std::string& organization = request.principal->organization_id;
  const auto latest = parts.store->Latest(organization);
  if (!latest.ok()) return ProblemOf(request, latest.status());
  const StoredPolicy before = latest->value_or(StoredPolicy());
  const bool is_conditional = request.headers.Has("If-Match");
  if (auto refused = RefuseUnlessMatch(request, Dump(PolicyJson(before))))
    return *std::move(refused);
  SignAllowed(document, ReadDocument(before.document), request);
  StoredPolicy changed;
  changed.organization_id = organization;
  changed.version = is_conditional ? before.version : body->value("if_version", before.version);
  changed.document = Dump(document);
  changed.comment = body->value("comment", "");
  changed.created_by = request.principal->user_id;
  const auto stored = parts.store->Add(changed);
  if (is_conditional && absl::IsAborted(stored.status())) {
    return Problem(request, 412, "It was changed meanwhile; get it again, and repeat the change.");
  }
  if (!stored.ok()) return ProblemOf(request, stored.status());
  parts.book->Add(organization, stored->version, *std::move(policy));
  Response response = JsonResponse(200, Dump(PolicyJson(*stored)));
  response.audit.object = "version " + std::to_string(stored->version);
  return response;
}

// What requests with one verdict would have got instead.
struct Change {
  int64_t requests = 0;
  std::set<std::string> actions;
  std::set<std::string> rules;
  std::vector<std::string> request_ids;
};
using Changes = std::map<std::pair<std::string, std::string>, Change>;

// The strongest reaction to a request's findings, and the rules that asked for it.
Policy::Judgement JudgeAll(const Policy& policy, const RuleScores& scores,
                           const RecordedFindings& recorded, absl::Time now) {
  Policy::Judgement strongest;
  const std::vector<std::string> texts = absl::StrSplit(recorded.findings, ' ');
  for (const std::string& text : texts) {
    const auto finding = ParseFinding(text);
    if (!finding.has_value()) continue;
    const Policy::Judgement judgement = policy.Judge(*finding, scores, now);
    if (judgement.reaction > strongest.reaction) {
      strongest = judgement;
    } else if (judgement.reaction == strongest.reaction) {
      strongest.rules.insert(strongest.rules.end(), judgement.rules.begin(), judgement.rules.end());
    }
  }
  return strongest;
}

void Count(const RecordedFindings& recorded, const Policy::Judgement& judgement, Changes& changes) {
  const std::string would_be(NameOf(judgement.reaction));
  if (would_be == recorded.verdict) return;
  Change& change = changes[{recorded.verdict, would_be}];
  ++change.requests;
  change.actions.insert(recorded.action);
  change.rules.insert(judgement.rules.begin(), judgement.rules.end());
  if (change.request_ids.size() < kMostExamples) {
    change.request_ids.push_back(recorded.request_id);
  }
}

Json ChangesJson(const Changes& changes) {
  Json list = Json::array();
  for (const auto& [verdicts, change] : changes) {
    list.push_back({{"was", verdicts.first},
                    {"would_be", verdicts.second},
                    {"requests", change.requests},
                    {"actions", change.actions},
                    {"rules", change.rules},
                    {"request_ids", change.request_ids}});
  }
  return list;
}

Response Preview(const PolicyParts& parts, const Request& request) {
  const auto body = ReadObject(request);
  if (!body.ok()) return ProblemOf(request, body.status());
  const auto policy = Policy::Parse(DocumentOf(*body), *parts.scores);
  if (!policy.ok()) return ProblemOf(request, policy.status());
  const absl::Time from = request.received_at - absl::Hours(24) * body->value("days", kDefaultDays);
  Changes changes;
  int64_t looked_at = 0;
  int64_t would_change = 0;
  int64_t after = 0;
  bool is_complete = false;
  while (looked_at < kMostRows && !is_complete) {
    const auto page = parts.store->Findings(request.principal->organization_id, from, after);
    if (!page.ok()) return ProblemOf(request, page.status());
    for (const RecordedFindings& recorded : *page) {
      Count(recorded, JudgeAll(*policy, *parts.scores, recorded, request.received_at), changes);
      after = recorded.sequence;
    }
    looked_at += static_cast<int64_t>(page->size());
    is_complete = page->empty();
  }
  for (const auto& [verdicts, change] : changes) would_change += change.requests;
  return JsonResponse(200, Dump(Json{{"from", IsoTime(from)},
                                     {"requests_with_findings", looked_at},
                                     {"is_complete", is_complete},
                                     {"would_change", would_change},
                                     {"changes", ChangesJson(changes)}}));
}

}  // namespace

void AddPolicyRoutes(const PolicyParts& parts, std::vector<Route>& routes) {
  const auto add = [&](std::string_view method, std::string_view pattern, Permission permission,
                       auto endpoint, Description description) {
    const bool has_body = description.body != nullptr;
    routes.push_back({.method = method,
                      .pattern = pattern,
                      .permission = permission,
                      .max_body_bytes = has_body ? kMaxPolicyBytes : 0,
                      .endpoint = [=](const Request& request) { return endpoint(parts, request); },
                      .description = std::move(description)});
  };
  add("GET", "/api/v1/policies", Permission::kPoliciesRead, Show, DescribeShowPolicy());
  add("PUT", "/api/v1/policies", Permission::kPoliciesWrite, Put, DescribePutPolicy());
  add("GET", "/api/v1/policies/versions", Permission::kPoliciesRead, ListVersions,
      DescribeListPolicyVersions());
  add("POST", "/api/v1/policies/preview", Permission::kPoliciesRead, Preview,
      DescribePreviewPolicy());
}

absl::Status ReloadPolicies(const PolicyParts& parts) {
  const auto changed = parts.store->Changed();
  if (!changed.ok()) return changed.status();
  for (const StoredPolicy& stored : *changed) {
    if (stored.version <= parts.book->VersionOf(stored.organization_id)) continue;
    auto policy = Policy::Parse(ReadDocument(stored.document), *parts.scores);
    if (policy.ok()) {
      parts.book->Add(stored.organization_id, stored.version, *std::move(policy));
    } else {
      spdlog::error("version {} of the policy of {} cannot be read: {}", stored.version,
                    stored.organization_id, std::string(policy.status().message()));
    }
  }
  return absl::OkStatus();
}

}  // namespace datamigrate::gateway
