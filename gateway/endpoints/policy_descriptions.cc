#include "gateway/endpoints/policy_descriptions.h"

#include <string_view>

namespace datamigrate::gateway {
namespace {

constexpr std::string_view kTag = "policies";

constexpr NamedSchema kNewPolicy = {.name = "NewPolicy", .text = R"({
  "type": "object", "additionalProperties": false,
  "properties": {
    "comment": {"type": "string", "maxLength": 500, "pattern": "^[^\\x00]*$"},
    "if_version": {"type": "integer", "minimum": 0, "maximum": 2147483646,
                   "description": "refused with 409 unless this is the present version"},
    "mode": {"type": "string", "enum": ["enforce", "report"], "default": "enforce",
             "description": "report: nothing is refused or cut, only recorded"},
    "reactions": {"type": "array", "maxItems": 1000, "items": {
      "type": "object", "required": ["to", "reaction"], "additionalProperties": false,
      "properties": {
        "to": {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[a-z0-9_.]+$",
               "examples": ["secret"],
               "description": "a category of the Guardian or one of its rules"},
        "reaction": {"type": "string", "enum": ["allow", "report", "sanitize", "block"]}
      }
    }},
    "thresholds": {"type": "array", "maxItems": 200, "items": {
      "type": "object", "required": ["category", "score"], "additionalProperties": false,
      "properties": {
        "category": {"type": "string",
                     "enum": ["sql_injection", "cross_site_scripting", "file_inclusion",
                              "command_injection", "prompt_injection", "exfiltration", "secret",
                              "personal_data"]},
        "field": {"type": "string", "enum": ["unknown", "chat", "identifier", "metadata", "sql",
                                             "path", "model_output"]},
        "score": {"type": "number", "minimum": 0, "maximum": 100,
                  "description": "from which score of the category on; 1 is enough for attacks"}
      }
    }},
    "allow": {"type": "array", "maxItems": 1000, "items": {
      "type": "object", "required": ["rule", "reason", "expires_at"],
      "additionalProperties": false,
      "properties": {
        "rule": {"type": "string", "minLength": 1, "maxLength": 100,
                 "pattern": "^[a-z0-9_.]+$"},
        "field": {"type": "string", "enum": ["unknown", "chat", "identifier", "metadata", "sql",
                                             "path", "model_output"]},
        "reason": {"type": "string", "minLength": 1, "maxLength": 500,
                   "pattern": "^[^\\x00]*$"},
        "expires_at": {"type": "string",
          "description": "a time in UTC, as 2026-11-21T16:00:00Z",
          "pattern": "^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$"}
      }
    }},
    "addresses": {"type": "array", "maxItems": 200, "items": {
      "type": "string", "minLength": 1, "maxLength": 50, "pattern": "^[0-9a-fA-F.:/]+$",
      "examples": ["10.0.0.0/8"]},
      "description": "networks that requests may come from; empty: any"}
  }
})"};

constexpr NamedSchema kPolicy = {.name = "Policy", .text = R"({
  "type": "object", "required": ["version", "mode", "reactions", "thresholds", "allow", "addresses"],
  "properties": {
    "version": {"type": "integer", "description": "0: the Guardian's own, nothing was stored"},
    "comment": {"type": "string"}, "created_by": {"type": "string"},
    "created_at": {"type": "string"}, "mode": {"type": "string"},
    "reactions": {"type": "array", "items": {"type": "object"}},
    "thresholds": {"type": "array", "items": {"type": "object"}},
    "allow": {"type": "array", "items": {"type": "object"}},
    "addresses": {"type": "array", "items": {"type": "string"}}
  }
})"};

constexpr NamedSchema kVersions = {.name = "PolicyVersions", .text = R"({
  "type": "object", "required": ["versions"],
  "properties": {"versions": {"type": "array", "items": {"type": "object"}}}
})"};

constexpr NamedSchema kEffect = {.name = "PolicyEffect", .text = R"({
  "type": "object",
  "required": ["from", "requests_with_findings", "is_complete", "would_change", "changes"],
  "properties": {
    "from": {"type": "string"},
    "requests_with_findings": {"type": "integer"},
    "is_complete": {"type": "boolean", "description": "false: there were more than were looked at"},
    "would_change": {"type": "integer"},
    "changes": {"type": "array", "items": {
      "type": "object", "required": ["was", "would_be", "requests", "actions", "rules",
                                     "request_ids"],
      "properties": {"was": {"type": "string"}, "would_be": {"type": "string"},
        "requests": {"type": "integer"},
        "actions": {"type": "array", "items": {"type": "string"}},
        "rules": {"type": "array", "items": {"type": "string"}},
        "request_ids": {"type": "array", "items": {"type": "string"},
                        "description": "of the first ten"}}}}
  }
})"};

}  // namespace

Description DescribeShowPolicy() {
  return {.operation_id = "showPolicy",
          .tag = kTag,
          .summary = "What is done with what the Guardian finds.",
          .answers = {{200, "The present version.", &kPolicy}}};
}

Description DescribeListPolicyVersions() {
  return {.operation_id = "listPolicyVersions",
          .tag = kTag,
          .summary = "The policy's versions, newest first, at most 100.",
          .answers = {{200, "The versions.", &kVersions}}};
}

Description DescribePutPolicy() {
  return {
      .operation_id = "putPolicy",
      .tag = kTag,
      .summary = "Makes a new version of the policy, which counts at once.",
      .parameters = {{"If-Match", R"({"type":"string","maxLength":1000})",
                      "the ETag of the version that the new one is made from; 412 when there is "
                      "another one by now. Goes before \"if_version\"",
                      Parameter::Place::kHeader}},
      .body = &kNewPolicy,
      .answers = {{200, "The new version.", &kPolicy}}};
}

Description DescribePreviewPolicy() {
  return {.operation_id = "previewPolicy",
          .tag = kTag,
          .summary = "What a policy would have done with the requests of the last days.",
          .parameters = {{"days", R"({"type":"integer","minimum":1,"maximum":31,"default":7})",
                          "how far back to look"}},
          .body = &kNewPolicy,
          .answers = {{200, "What would be different.", &kEffect}}};
}

}  // namespace datamigrate::gateway
