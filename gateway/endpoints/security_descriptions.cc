#include "gateway/endpoints/security_descriptions.h"

#include <string_view>
#include <utility>
#include <vector>

#include "gateway/endpoints/path_parameters.h"

namespace datamigrate::gateway {
namespace {

constexpr std::string_view kTag = "security";

constexpr std::string_view kWord =
    R"({"type":"string","minLength":1,"maxLength":200,"pattern":"^[!-~]+$",)"
    R"("description":"1 to 200 visible ASCII characters"})";
constexpr std::string_view kTime =
    R"({"type":"string","description":"a time in UTC, as 2026-11-21T16:00:00Z","pattern":)"
    R"("^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01]))"
    R"(T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$"})";

constexpr NamedSchema kEntries = {.name = "AuditLogPage", .text = R"({
  "type": "object", "required": ["entries", "next_page_token"],
  "properties": {
    "next_page_token": {"type": "string"},
    "entries": {"type": "array", "items": {
      "type": "object",
      "required": ["organization_id", "sequence", "at", "user_id", "api_key_id", "session_id",
                   "remote_address", "action", "object", "status", "verdict", "rules", "findings",
                   "text_sha256", "latency_ms", "occurrences", "request_id", "hash"],
      "properties": {
        "organization_id": {"type": "string"}, "sequence": {"type": "integer"},
        "at": {"type": "string"}, "user_id": {"type": "string"},
        "api_key_id": {"type": "string"}, "session_id": {"type": "string"},
        "remote_address": {"type": "string"}, "action": {"type": "string"},
        "object": {"type": "string"}, "status": {"type": "integer"},
        "verdict": {"type": "string", "enum": ["", "allow", "sanitize", "report", "block"]},
        "rules": {"type": "array", "items": {"type": "string"}},
        "findings": {"type": "array", "items": {"type": "string"}},
        "text_sha256": {"type": "string"}, "latency_ms": {"type": "number"},
        "occurrences": {"type": "integer"}, "request_id": {"type": "string"},
        "hash": {"type": "string"}
      }
    }}
  }
})"};

constexpr NamedSchema kDashboard = {.name = "SecurityDashboard", .text = R"({
  "type": "object",
  "required": ["from", "to", "requests", "by_hour", "by_action", "by_verdict", "top_rules",
               "refused_addresses", "latency_ms"],
  "properties": {
    "from": {"type": "string"}, "to": {"type": "string"}, "requests": {"type": "integer"},
    "by_hour": {"type": "array", "items": {
      "type": "object", "required": ["hour", "requests", "blocked", "refused", "failed"],
      "properties": {"hour": {"type": "string"}, "requests": {"type": "integer"},
        "blocked": {"type": "integer"}, "refused": {"type": "integer"},
        "failed": {"type": "integer"}}}},
    "by_action": {"type": "array", "items": {"type": "object", "required": ["action", "requests"],
      "properties": {"action": {"type": "string"}, "requests": {"type": "integer"}}}},
    "by_verdict": {"type": "array", "items": {
      "type": "object", "required": ["verdict", "requests"],
      "properties": {"verdict": {"type": "string"}, "requests": {"type": "integer"}}}},
    "top_rules": {"type": "array", "items": {"type": "object", "required": ["rule", "requests"],
      "properties": {"rule": {"type": "string"}, "requests": {"type": "integer"}}}},
    "refused_addresses": {"type": "array", "items": {
      "type": "object", "required": ["remote_address", "requests", "last_at"],
      "properties": {"remote_address": {"type": "string"}, "requests": {"type": "integer"},
                     "last_at": {"type": "string"}}}},
    "latency_ms": {"type": "object", "required": ["p50", "p95", "p99"],
      "properties": {"p50": {"type": "number"}, "p95": {"type": "number"},
                     "p99": {"type": "number"}}}
  }
})"};

constexpr NamedSchema kErasure = {.name = "AuditErasure", .text = R"({
  "type": "object", "required": ["erased_actors", "erased_objects", "unerased"],
  "properties": {
    "erased_actors": {"type": "integer", "description": "rows of what the user did"},
    "erased_objects": {"type": "integer", "description": "rows of what was done to the user"},
    "unerased": {"type": "integer", "description": "rows of the first version, which stay"}
  }
})"};

std::vector<Parameter> Filters() {
  return {{"action", kWord, "the operation's name in this document"},
          {"user_id", kUuidSchema, "who"},
          {"object", kWord, "what was acted on"},
          {"remote_address", kWord, "from where"},
          {"verdict", R"({"type":"string","enum":["allow","sanitize","report","block"]})",
           "the Guardian's"},
          {"rule", kWord, "one of the Guardian's rules"},
          {"status", R"({"type":"integer","minimum":100,"maximum":599})", "of the answer"},
          {"from", kTime, "not before"},
          {"to", kTime, "before"}};
}

std::vector<Parameter> FiltersAnd(std::initializer_list<Parameter> more) {
  std::vector<Parameter> parameters = Filters();
  parameters.insert(parameters.end(), more);
  return parameters;
}

}  // namespace

Description DescribeListAuditLogs() {
  return {.operation_id = "listAuditLogs",
          .tag = kTag,
          .summary = "The organization's audit log, newest first.",
          .parameters = FiltersAnd(
              {{"page_size", R"({"type":"integer","minimum":1,"maximum":1000,"default":100})",
                "entries in a page"},
               {"page_token", R"({"type":"string","pattern":"^[0-9]{0,18}$"})",
                "next_page_token of the page before"}}),
          .answers = {{200, "A page.", &kEntries}}};
}

Description DescribeExportAuditLogs() {
  return {.operation_id = "exportAuditLogs",
          .tag = kTag,
          .summary = "The organization's audit log, oldest first, as it is when asked.",
          .parameters = FiltersAnd(
              {{"format", R"({"type":"string","enum":["jsonl","cef"],"default":"jsonl"})",
                "a JSON object a line, or ArcSight's Common Event Format"}}),
          .answers = {{200, "The rows.", nullptr, "application/x-ndjson"},
                      {200, "The rows.", nullptr, "text/plain; charset=utf-8"}}};
}

Description DescribeShowDashboard() {
  return {.operation_id = "showSecurityDashboard",
          .tag = kTag,
          .summary = "Figures of the audit log: by hour, action, verdict, rule and address.",
          .parameters = {{"from", kTime, "a day before \"to\" by default, at most 31 days"},
                         {"to", kTime, "now by default"}},
          .answers = {{200, "The figures.", &kDashboard}}};
}

Description DescribeEraseAuditUser() {
  return {.operation_id = "eraseAuditUser",
          .tag = kTag,
          .summary = "Erases a person, no member any more, from the audit log for good.",
          .parameters = {{.name = "id",
                          .schema = kUuidSchema,
                          .description = "the user",
                          .place = Parameter::Place::kPath}},
          .answers = {{200, "What was erased.", &kErasure}}};
}

}  // namespace datamigrate::gateway
