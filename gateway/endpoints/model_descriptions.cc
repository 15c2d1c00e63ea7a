#include "gateway/endpoints/model_descriptions.h"

#include <string_view>

#include "gateway/endpoints/path_parameters.h"

namespace datamigrate::gateway {
namespace {

constexpr std::string_view kTag = "models";

constexpr NamedSchema kDeployments = {.name = "ModelDeployments",
                                      .message = "datamigrate.v1.ListDeploymentsResponse"};
constexpr NamedSchema kUsage = {.name = "ModelUsage",
                                .message = "datamigrate.v1.GetModelUsageResponse"};
constexpr NamedSchema kCustomModel = {.name = "CustomModel",
                                      .message = "datamigrate.v1.CustomModel"};
constexpr NamedSchema kAnswer = {.name = "ModelAnswer",
                                 .message = "datamigrate.v1.CompleteResponse"};

constexpr NamedSchema kNewCustomModel = {.name = "NewCustomModel",
                                         .text = R"({
  "required": ["model"],
  "properties": {
    "model": {
      "required": ["protocol", "url", "provider_model", "context_tokens", "max_output_tokens"],
      "properties": {
        "name": null,
        "has_key": null,
        "protocol": {"enum": ["anthropic", "openai", "openai_responses", "ollama", "vllm"]},
        "url": {"minLength": 1, "maxLength": 2000, "pattern": "^https?://[!-?A-~]+$",
                "examples": ["http://10.1.2.4:8000"],
                "description": "http:// or https://, without a user; its host must be one that the engine's routing file allows"},
        "provider_model": {"minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$",
                           "description": "as its server names it, visible ASCII"},
        "context_tokens": {"pattern": "^[0-9]{1,9}$", "description": "input and output together"},
        "max_output_tokens": {"pattern": "^[0-9]{1,9}$", "description": "a whole number, as a text"},
        "input_price": {"minimum": 0, "maximum": 1000000,
                        "description": "dollars for a million tokens"},
        "output_price": {"minimum": 0, "maximum": 1000000},
        "fallbacks": {"maxItems": 10, "items": {"minLength": 1, "maxLength": 64}}
      }
    },
    "key": {"maxLength": 8192, "pattern": "^[!-~]*$",
            "description": "visible ASCII; stored encrypted and never told again. Without one the key that was given for the same url stays"}
  }
})",
                                         .message = "datamigrate.v1.RegisterCustomModelRequest"};

constexpr NamedSchema kQuestion = {.name = "ModelQuestion",
                                   .text = R"({
  "required": ["messages"],
  "properties": {
    "task": {"maxLength": 64, "pattern": "^[0-9A-Za-z_.:/-]*$", "examples": ["simple"],
             "description": "\"simple\", \"medium\", \"complex\", \"critical\", or a model's name; \"medium\" when it is empty"},
    "system": {"maxLength": 1000000},
    "messages": {"maxItems": 1000, "items": {"required": ["parts"], "properties": {
      "parts": {"maxItems": 100, "items": {"properties": {
        "text": {"maxLength": 4000000},
        "tool_call": {"required": ["id", "name"], "properties": {
          "id": {"maxLength": 200}, "name": {"maxLength": 200},
          "arguments": {"maxLength": 1000000}}},
        "tool_result": {"required": ["call_id"], "properties": {
          "call_id": {"maxLength": 200}, "text": {"maxLength": 4000000}}}
      }}}
    }}},
    "tools": {"maxItems": 128, "items": {"required": ["name"], "properties": {
      "name": {"minLength": 1, "maxLength": 64, "pattern": "^[0-9A-Za-z_-]+$"},
      "description": {"maxLength": 10000},
      "parameters": {"maxLength": 100000, "description": "a JSON schema, as a text"}
    }}},
    "answer_schema": {"maxLength": 100000,
                      "description": "a JSON schema, as a text, that the answer has to match"},
    "max_output_tokens": {"minimum": 0, "maximum": 1000000, "description": "0 is 4096"},
    "temperature": {"minimum": 0, "maximum": 1},
    "stop": {"maxItems": 4, "items": {"minLength": 1, "maxLength": 200}},
    "migration_id": {"pattern": "^(|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})$",
                     "description": "a UUID: of the migration whose budget it counts against"},
    "agent": {"maxLength": 100, "pattern": "^[ -~]*$",
              "description": "who asks, for the records; \"api\" when it is empty"},
    "idempotency_key": {"maxLength": 255, "pattern": "^[!-~]*$",
                        "description": "visible ASCII; the header field of that name goes first"}
  }
})",
                                   .message = "datamigrate.v1.CompleteRequest"};

constexpr Parameter kName = {
    .name = "name",
    .schema = R"({"type":"string","minLength":1,"maxLength":64,"pattern":"^[0-9A-Za-z_.:/-]+$",)"
              R"("description":"letters, digits and -_.:/"})",
    .description = "the organization's name for the model",
    .place = Parameter::Place::kPath};

constexpr Parameter kIdempotencyKey = {
    .name = "Idempotency-Key",
    .schema = R"({"type":"string","minLength":1,"maxLength":255,"pattern":"^[!-~]+$",)"
              R"("description":"1 to 255 visible ASCII characters"})",
    .description = "the same key and request answer with the same answer, and cost once",
    .place = Parameter::Place::kHeader};

}  // namespace

Description DescribeListDeployments() {
  return {.operation_id = "listModelDeployments",
          .tag = kTag,
          .summary = "Tiers, and the deployments of each model with their state.",
          .answers = {{200, "Those of the engine and of the organization.", &kDeployments}}};
}

Description DescribeModelUsage() {
  return {.operation_id = "showModelUsage",
          .tag = kTag,
          .summary = "What models were used and what it cost, by day, model, agent and task.",
          .parameters = {{"from", kTimeSchema, "from this time on; 30 days before \"before\""},
                         {"before", kTimeSchema, "before this time; now"},
                         {"migration_id", kUuidSchema, "of this migration alone"}},
          .answers = {{200, "The sums, and the budgets with what is spent of them.", &kUsage}}};
}

Description DescribeRegisterCustomModel() {
  return {.operation_id = "registerCustomModel",
          .tag = kTag,
          .summary = "Adds a model of the organization's own, or changes the one of that name.",
          .parameters = {kName},
          .body = &kNewCustomModel,
          .answers = {{200, "The model, without its key.", &kCustomModel}}};
}

Description DescribeRemoveCustomModel() {
  return {.operation_id = "removeCustomModel",
          .tag = kTag,
          .summary = "Removes a model of the organization's own, with its key.",
          .parameters = {kName},
          .answers = {{204, "It is gone.", nullptr, ""}}};
}

Description DescribeComplete() {
  return {.operation_id = "completeByModel",
          .tag = kTag,
          .summary = "Asks a model and answers with the whole text, as the policy lets it pass.",
          .parameters = {kIdempotencyKey},
          .body = &kQuestion,
          .answers = {{200, "The answer.", &kAnswer}}};
}

Description DescribeStreamComplete() {
  return {.operation_id = "streamCompleteByModel",
          .tag = kTag,
          .summary =
              "The same as server-sent events: \"text\", \"restart\" (what came before is void), "
              "and \"answer\" or \"error\" as the last.",
          .parameters = {kIdempotencyKey},
          .body = &kQuestion,
          .answers = {{200,
                       "Events; the data of the last is the answer without its text, or a "
                       "problem document.",
                       nullptr, "text/event-stream"}}};
}

}  // namespace datamigrate::gateway
