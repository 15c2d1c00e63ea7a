// Runs as people read them.
#pragma once

#include <string>

#include "agent_engine/cli/terminal.h"
#include "datamigrate/v1/runs.pb.h"

namespace datamigrate::cli {

// A line for each, and how to get the next page.
std::string RenderRuns(const v1::ListRunsResponse& response, const Terminal& terminal);

// Where it stands, and how to run it on where it failed.
std::string RenderRun(const v1::Run& run, const Terminal& terminal);

// The run with its steps, failures and effects.
std::string RenderHistory(const v1::RunHistory& history, const Terminal& terminal);

std::string RenderDiff(const v1::StateDiff& diff, const Terminal& terminal);
std::string RenderMessages(const v1::ListMessagesResponse& response, const Terminal& terminal);
std::string RenderDecisions(const v1::ListDecisionsResponse& response, const Terminal& terminal);
std::string RenderMemory(const v1::ListMemoryResponse& response, const Terminal& terminal);

}  // namespace datamigrate::cli
