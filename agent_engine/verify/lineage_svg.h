// A picture of which model reads which.
#pragma once

#include <string>
#include <vector>

#include "agent_engine/verify/report_html.h"

namespace datamigrate::verify {

inline constexpr size_t kMaxLineageNodes = 60;

// Columns from left to right by depth, at most kMaxLineageNodes models. With more, one box per
// layer with its numbers. Empty when there are no models.
std::string RenderLineage(const std::vector<LineageNode>& nodes);

}  // namespace datamigrate::verify
