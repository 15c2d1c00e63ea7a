#include "gateway/endpoints/run_descriptions.h"

#include <string_view>

#include "gateway/endpoints/path_parameters.h"

namespace datamigrate::gateway {
namespace {

constexpr std::string_view kTag = "runs";

constexpr NamedSchema kHistory = {.name = "RunHistory", .message = "datamigrate.v1.RunHistory"};
constexpr NamedSchema kRun = {.name = "Run", .message = "datamigrate.v1.Run"};

constexpr NamedSchema kState = {.name = "RunState", .text = R"({
  "type": "object", "required": ["step", "node", "state"],
  "properties": {
    "step": {"type": "string", "pattern": "^[0-9]{1,19}$"},
    "node": {"type": "string", "description": "that ran; empty at step 0"},
    "state": {"type": "object", "description": "datamigrate.v1.MigrationState; values of SQLCMD variables are hidden"}
  }
})"};

constexpr NamedSchema kDiff = {.name = "RunStateDiff", .text = R"({
  "type": "object", "required": ["from_step", "to_step", "total", "changes"],
  "properties": {
    "from_step": {"type": "string", "pattern": "^[0-9]{1,19}$"},
    "to_step": {"type": "string", "pattern": "^[0-9]{1,19}$"},
    "total": {"type": "string", "description": "of all changes; the first 1,000 are told"},
    "changes": {"type": "array", "items": {
      "type": "object", "required": ["operation", "path"],
      "properties": {
        "operation": {"type": "string", "enum": ["add", "remove", "replace"]},
        "path": {"type": "string", "description": "a JSON pointer, as RFC 6901 has it"},
                      "before" : {"description" : "any value; missing for what was added"},
                      "after" : {
  "description" : "any value; missing for what was removed"
}
}
}
}
}
})"};

constexpr std::string_view kStepSchema =
    R"({"type":"integer","minimum":0,"maximum":9223372036854775806})";

constexpr NamedSchema kFork = {.name = "NewFork", .text = R"({
  "type": "object", "required": ["step"], "additionalProperties": false,
  "properties": {
    "step": {"type": "integer", "minimum": 0, "maximum": 9223372036854775806,
             "description": "the checkpoint that the new run begins at"},
    "state_patch": {"type": "object",
                    "description": "a JSON merge patch (RFC 7396) of the state; it may not change for whom the run is or which files it reads and writes"}
  }
})"};

constexpr NamedSchema kReplay = {.name = "NewReplay", .text = R"({
  "type": "object", "required": ["step"], "additionalProperties": false,
  "properties": {
    "step": {"type": "integer", "minimum": 0, "maximum": 9223372036854775806,
             "description": "the checkpoint that the new run begins at"}
  }
})"};

constexpr Parameter kId = {.name = "id",
                           .schema = kUuidSchema,
                           .description = "the migration",
                           .place = Parameter::Place::kPath};

}  // namespace

Description DescribeShowRun() {
  return {.operation_id = "showRun",
          .tag = kTag,
          .summary = "The run behind a migration: each checkpoint, answer and effect.",
          .parameters = {kId},
          .answers = {{200, "The run, its steps in their order, and its effects.", &kHistory}}};
}

Description DescribeShowRunState() {
  return {.operation_id = "showRunState",
          .tag = kTag,
          .summary = "The state of a run at one of its checkpoints.",
          .parameters = {kId, {"step", kStepSchema, "the checkpoint; the newest"}},
          .answers = {{200, "The state.", &kState}}};
}

Description DescribeDiffRunStates() {
  return {.operation_id = "diffRunStates",
          .tag = kTag,
          .summary = "What differs between the states at two checkpoints.",
          .parameters = {kId,
                         {"from", kStepSchema, "the earlier checkpoint; step 0"},
                         {"to", kStepSchema, "the later one; the newest"}},
          .answers = {{200, "The changes.", &kDiff}}};
}

Description DescribeDrawRun() {
  return {.operation_id = "drawRun",
          .tag = kTag,
          .summary = "The graph, with the node under way and those that have run marked.",
          .parameters = {kId,
                         {"format", R"({"type":"string","enum":["svg","mermaid"]})",
                          "goes before what Accept prefers"}},
          .answers = {{200, "The drawing.", nullptr, "image/svg+xml"},
                      {200, "", nullptr, "text/plain"}}};
}

Description DescribeForkRun() {
  return {.operation_id = "forkRun",
          .tag = kTag,
          .summary = "Begins a new run at a checkpoint, with its state or a changed one.",
          .parameters = {kId},
          .body = &kFork,
          .answers = {{201, "The new run; Location names its migration.", &kRun}}};
}

Description DescribeReplayRun() {
  return {.operation_id = "replayRun",
          .tag = kTag,
          .summary = "Begins a new run at a checkpoint, with the state as it was.",
          .parameters = {kId},
          .body = &kReplay,
          .answers = {{201, "The new run; Location names its migration.", &kRun}}};
}

}  // namespace datamigrate::gateway
