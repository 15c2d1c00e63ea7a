#include "gateway/endpoints/migration_descriptions.h"
#include "gateway/endpoints/path_parameters.h"

#include <string_view>

namespace datamigrate::gateway {
namespace {

constexpr std::string_view kTag = "migrations";

constexpr NamedSchema kMigration = {.name = "Migration", .message = "datamigrate.v1.Migration"};
constexpr NamedSchema kMigrationPage = {.name = "MigrationPage",
                                        .message = "datamigrate.v1.ListMigrationsResponse"};
constexpr NamedSchema kPlan = {.name = "Plan", .message = "datamigrate.v1.Plan"};
constexpr NamedSchema kExplanation = {.name = "Explanation",
                                      .message = "datamigrate.v1.Explanation"};
constexpr NamedSchema kModel = {.name = "Model", .message = "datamigrate.v1.Model"};
constexpr NamedSchema kModelPage = {.name = "ModelPage",
                                    .message = "datamigrate.v1.ListModelsResponse"};

constexpr NamedSchema kReport = {.name = "Report", .text = R"({
  "type": "object",
  "required": ["title", "source", "target", "finished_at", "score", "is_approved", "objects",
               "checks", "dbt", "tables", "results", "rewrites", "findings", "lineage"],
  "properties": {
    "title": {"type": "string"},
    "source": {"type": "string"},
    "target": {"type": "string"},
    "finished_at": {"type": "string"},
    "score": {"type": "number"},
    "is_approved": {"type": "boolean"},
    "objects": {"type": "array", "items": {"type": "object",
      "required": ["kind", "found", "converted", "refused"]}},
    "checks": {"type": "array", "items": {"type": "object",
      "required": ["name", "passed", "total", "weight", "findings"]}},
    "dbt": {"type": "array", "items": {"type": "object", "required": ["command", "exit_code"]}},
    "tables": {"type": "array", "items": {"type": "object",
      "required": ["table", "source_rows", "target_rows", "is_equal"]}},
    "results": {"type": "array", "items": {"type": "object",
      "required": ["object", "source_rows", "target_rows", "difference"]}},
    "rewrites": {"type": "array", "items": {"type": "object",
      "required": ["object", "model", "verdict", "reason", "is_used", "cost_microdollars"]}},
    "findings": {"type": "array", "items": {"type": "object",
      "required": ["code", "severity", "object", "place", "message", "hint"]}},
    "lineage": {"type": "array", "items": {"type": "object",
      "required": ["name", "layer", "is_refused", "depends_on"]}}
  }
})"};

constexpr NamedSchema kNewMigration = {.name = "NewMigration",
                                       .text = R"({
  "required": ["source", "target"],
  "properties": {
    "name": {"maxLength": 200, "description": "made from the source's name when it is empty"},
    "source": {"minLength": 1, "maxLength": 4096, "pattern": "^(/[^\\x00]*|upload:[0-9a-f-]{36})$",
               "examples": ["/srv/scripts/sales"],
               "description": "an absolute path, as the engine sees it, below one of its --source-root folders, or \"upload:\" and the id of an upload"},
    "target": {"enum": ["duckdb"],
               "description": "rows are moved to duckdb; `datamigrate generate` writes projects for the other warehouses"},
    "idempotency_key": {"maxLength": 255, "pattern": "^[!-~]*$",
                        "description": "visible ASCII; the header field of that name goes first"},
    "options": {
      "properties": {
        "max_rebuild_rounds": {"minimum": 0, "maximum": 100, "description": "0 is the default, 3"},
        "results": {"maxLength": 4096, "pattern": "^(|/[^\\x00]*|upload:[0-9a-f-]{36})$",
                    "description": "a folder of results taken from the source, schema.name.csv each, named as \"source\" is; models are compared with them"},
        "results_tolerance": {"minimum": 0, "maximum": 1000000000000,
                              "description": "how far apart numbers may be in them; 0 is the default, 0.000001"},
        "unproven_rewrites": {"description": "what happens to T-SQL of a language model that runs and has no result to be compared with"},
        "when_step_fails": {"description": "what becomes of it when a step has failed by every way there is: it stops and can be resumed, asks, or removes what it made"},
        "priority": {"minimum": -10, "maximum": 10, "description": "higher ones are begun first, of equal ones the oldest"},
        "after": {"maxItems": 32, "description": "migrations of the organization that have to succeed first",
                  "items": {"format": "uuid", "pattern": "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"}},
        "after_failure": {"description": "what becomes of it when one of those fails or is cancelled"},
        "start_at": {"maxLength": 40, "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}", "description": "not begun before"}
      }
    }
  }
})",
                                       .message = "datamigrate.v1.CreateMigrationRequest"};

constexpr NamedSchema kMigrationQuestion = {.name = "MigrationQuestion",
                                            .text = R"({
  "required": ["question"],
  "properties": {
    "id": null,
    "question": {"minLength": 1, "maxLength": 4000, "examples": ["What does this mean for our reports?"],
                 "description": "at most 4000 bytes"}
  }
})",
                                            .message = "datamigrate.v1.ExplainMigrationRequest"};

constexpr NamedSchema kDecision = {.name = "Decision",
                                   .text = R"({
  "required": ["question_id", "option_id"],
  "properties": {
    "id": null,
    "question_id": {"minLength": 1, "maxLength": 200},
    "option_id": {"minLength": 1, "maxLength": 200},
    "comment": {"maxLength": 10000},
    "plan_edits": {"maxItems": 10000,
                   "description": "with approve or revise as the answer to the question about the plan",
                   "items": {
      "required": ["object"],
      "properties": {
        "object": {"minLength": 1, "maxLength": 300},
        "layer": {"enum": ["", "intermediate", "marts", "default"]},
        "materialization": {"enum": ["", "view", "table", "default"]},
        "translator": {"enum": ["", "simple", "medium", "complex", "critical", "person", "default"]}
      }
    }}
  }
})",
                                   .message = "datamigrate.v1.DecideMigrationRequest"};

constexpr NamedSchema kPriority = {.name = "Priority",
                                   .text = R"({
  "required": ["priority"],
  "properties": {
    "id": null,
    "priority": {"minimum": -10, "maximum": 10,
                 "description": "higher ones are begun first, of equal ones the oldest"}
  }
})",
                                   .message = "datamigrate.v1.SetMigrationPriorityRequest"};

constexpr NamedSchema kMigrationLimit = {.name = "MigrationLimit",
                                         .message = "datamigrate.v1.MigrationLimit"};
constexpr NamedSchema kNewMigrationLimit = {.name = "NewMigrationLimit",
                                            .text = R"({
  "properties": {
    "most_running": {"minimum": 0, "maximum": 100000,
                     "description": "0: none are begun; absent: the operator's limit alone holds"}
  }
})",
                                            .message = "datamigrate.v1.SetMigrationLimitRequest"};

constexpr Parameter kId = {.name = "id",
                           .schema = kUuidSchema,
                           .description = "the migration",
                           .place = Parameter::Place::kPath};

constexpr Parameter kModelName = {
    .name = "name",
    .schema = R"({"type":"string","minLength":1,"maxLength":512,)"
              R"("pattern":"^[^\\x00-\\x1f\\x7f]+$","description":"no control characters"})",
    .description = "the model's name in the dbt project",
    .place = Parameter::Place::kPath};

constexpr Parameter kPageToken = {.name = "page_token",
                                  .schema = R"({"type":"string","maxLength":1000})",
                                  .description = "next_page_token of the page before"};

constexpr Parameter kIdempotencyKey = {
    .name = "Idempotency-Key",
    .schema = R"({"type":"string","minLength":1,"maxLength":255,"pattern":"^[!-~]+$",)"
              R"("description":"1 to 255 visible ASCII characters"})",
    .description = "the same key and body answer with the same migration",
    .place = Parameter::Place::kHeader};

constexpr Parameter kLastEventId = {
    .name = "Last-Event-ID",
    .schema = R"({"type":"integer","minimum":0,"maximum":9223372036854775806})",
    .description = "the last event that arrived; goes before \"after\"",
    .place = Parameter::Place::kHeader};

constexpr Parameter kRange = {.name = "Range",
                              .schema = R"({"type":"string","maxLength":1000})",
                              .description =
                                  "at most 16 ranges of bytes, as RFC 9110 has them; "
                                  "what is no such range is passed over",
                              .place = Parameter::Place::kHeader};

constexpr Parameter kIfRange = {
    .name = "If-Range",
    .schema = R"({"type":"string","maxLength":200})",
    .description = "the ETag of what the client has a part of; all is sent when it has changed",
    .place = Parameter::Place::kHeader};

constexpr Parameter kIfNoneMatch = {.name = "If-None-Match",
                                    .schema = R"({"type":"string","maxLength":1000})",
                                    .description = "ETags of what the client has",
                                    .place = Parameter::Place::kHeader};

Description OfOne(std::string_view operation_id, std::string_view summary) {
  return {.operation_id = operation_id,
          .tag = kTag,
          .summary = summary,
          .parameters = {kId},
          .answers = {{200, "The migration.", &kMigration}}};
}

}  // namespace

Description DescribeListMigrations() {
  return {
      .operation_id = "listMigrations",
      .tag = kTag,
      .summary = "The organization's migrations, in pages.",
      .parameters = {{"page_size", R"({"type":"integer","minimum":1,"maximum":200,"default":50})",
                      "migrations in a page"},
                     kPageToken,
                     {"status",
                      R"({"type":"string","enum":["queued","running","waiting","paused",)"
                      R"("succeeded","failed","cancelled"]})",
                      "only migrations of this status"},
                     {"target", R"({"type":"string","maxLength":40})", "only those to this target"},
                     {"name", R"({"type":"string","maxLength":200})",
                      "only those with this in their names, whatever the case"},
                     {"set_aside", R"({"type":"string","enum":["true","false"],"default":"false"})",
                      "true: only those that were given up because they stopped their engine"},
                     {"created_from", kTimeSchema, "only those of this time and later"},
                     {"created_before", kTimeSchema, "only those before this time"},
                     {"sort",
                      R"({"type":"string","enum":["newest","oldest","name"],"default":"newest"})",
                      "a page_token is for the order it came with"}},
      .answers = {{200, "One page.", &kMigrationPage}}};
}

Description DescribeCreateMigration() {
  Description description = OfOne("createMigration", "Starts a migration.");
  description.parameters = {kIdempotencyKey};
  description.body = &kNewMigration;
  description.answers = {{201, "The migration, queued; Location names it.", &kMigration}};
  return description;
}

Description DescribeShowMigration() {
  return OfOne("showMigration", "One migration.");
}

Description DescribeCancelMigration() {
  return OfOne("cancelMigration", "Stops a migration at once.");
}

Description DescribeResumeMigration() {
  return OfOne("resumeMigration", "Runs a paused, failed or cancelled migration on.");
}

Description DescribePauseMigration() {
  return OfOne("pauseMigration", "Stops a migration until it is resumed.");
}

Description DescribeSetPriority() {
  Description description =
      OfOne("setMigrationPriority", "Lets a migration begin earlier or later than others.");
  description.body = &kPriority;
  return description;
}

Description DescribeShowMigrationLimit() {
  return {
      .operation_id = "showMigrationLimit",
      .tag = kTag,
      .summary = "How many of the organization's migrations may run at a time, and how many do.",
      .answers = {{200, "What is chosen, permitted and holds.", &kMigrationLimit}}};
}

Description DescribeSetMigrationLimit() {
  return {.operation_id = "setMigrationLimit",
          .tag = kTag,
          .summary = "Chooses how many may; what runs is not stopped for it.",
          .body = &kNewMigrationLimit,
          .answers = {{200, "What is chosen, permitted and holds.", &kMigrationLimit}}};
}

Description DescribeDecideMigration() {
  Description description =
      OfOne("decideMigration", "Answers the question of a waiting migration.");
  description.body = &kDecision;
  return description;
}

Description DescribeShowPlan() {
  return {.operation_id = "showPlan",
          .tag = kTag,
          .summary = "What becomes of each object, by whom, in which order and for how much.",
          .parameters = {kId},
          .answers = {{200, "The plan; question_id is there while it waits.", &kPlan}}};
}

Description DescribeExplainMigration() {
  return {.operation_id = "explainMigration",
          .tag = kTag,
          .summary = "Where a migration stands and what to do, in plain words.",
          .parameters = {kId},
          .answers = {{200, "Made from what was measured.", &kExplanation}}};
}

Description DescribeAskAboutMigration() {
  return {.operation_id = "askAboutMigration",
          .tag = kTag,
          .summary = "Asks a model about a migration, which gets what is known of it in words.",
          .parameters = {kId},
          .body = &kMigrationQuestion,
          .answers = {{200,
                       "What is known, and the model's answer, as the policy lets it pass. Nothing "
                       "has checked it.",
                       &kExplanation}}};
}

Description DescribeWatchMigration() {
  return {.operation_id = "watchMigration",
          .tag = kTag,
          .summary =
              "What happens, as server-sent events (\"event: end\" is the last), or as messages "
              "of a WebSocket.",
          .parameters = {kId,
                         kLastEventId,
                         {"after", kLastEventId.schema, "only events after this sequence number"}},
          .answers = {{200, "Events from the first asked for.", nullptr, "text/event-stream"},
                      {101, "The same as a WebSocket's messages.", nullptr, ""}}};
}

Description DescribeListModels() {
  return {
      .operation_id = "listModels",
      .tag = kTag,
      .summary = "A migration's dbt models by name, without their SQL.",
      .parameters = {kId,
                     {"page_size", R"({"type":"integer","minimum":1,"maximum":1000,"default":200})",
                      "models in a page"},
                     kPageToken},
      .answers = {{200, "One page.", &kModelPage}}};
}

Description DescribeShowModel() {
  return {.operation_id = "showModel",
          .tag = kTag,
          .summary = "One dbt model with its SQL, before and after.",
          .parameters = {kId, kModelName},
          .answers = {{200, "The model.", &kModel}}};
}

Description DescribeDownloadProject() {
  return {.operation_id = "downloadProject",
          .tag = kTag,
          .summary = "The dbt project as a zip archive; the same project is the same archive.",
          .parameters = {kId, kRange, kIfRange, kIfNoneMatch},
          .answers = {{200, "The archive; ETag is its SHA-256.", nullptr, "application/zip"},
                      {206, "The parts that Range asks for.", nullptr, "application/zip"},
                      {206, "", nullptr, "multipart/byteranges"},
                      {304, "It is what If-None-Match names.", nullptr, ""}}};
}

Description DescribeDownloadReport() {
  return {
      .operation_id = "downloadReport",
      .tag = kTag,
      .summary = "The report on an evaluated migration, as a page or as JSON.",
      .parameters = {kId,
                     {"format", R"({"type":"string","enum":["html","json"]})",
                      "goes before what Accept prefers"},
                     {"download", R"({"type":"string","enum":["true","false"],"default":"false"})",
                      "true: a browser saves it"},
                     kRange,
                     kIfRange,
                     kIfNoneMatch},
      .answers = {{200, "The report; ETag is its SHA-256.", nullptr, "text/html"},
                  {200, "", &kReport},
                  {206, "The parts that Range asks for.", nullptr, "text/html"},
                  {206, "", nullptr, "application/json"},
                  {206, "", nullptr, "multipart/byteranges"},
                  {304, "It is what If-None-Match names.", nullptr, ""}}};
}

}  // namespace datamigrate::gateway
