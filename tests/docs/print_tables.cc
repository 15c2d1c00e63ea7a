// Prints the tables that pages of docs/reference are made of, as one JSON document.
#include <cstdio>

#include "agent_engine/verify/validation.h"
#include "common/diagnostics/diagnostic.h"
#include "nlohmann/json.hpp"

namespace {

using nlohmann::ordered_json;

ordered_json Diagnostics() {
  ordered_json rows = ordered_json::array();
  for (const datamigrate::diagnostics::DiagnosticKind& kind :
       datamigrate::diagnostics::AllKinds()) {
    rows.push_back({{"code", kind.code},
                    {"severity", datamigrate::diagnostics::SeverityName(kind.severity)},
                    {"text", kind.text}});
  }
  return rows;
}

ordered_json Checks() {
  ordered_json rows = ordered_json::array();
  for (const datamigrate::verify::CheckKind& kind : datamigrate::verify::kCheckKinds) {
    rows.push_back({{"name", kind.name}, {"weight", kind.weight}, {"counts", kind.counts}});
  }
  return rows;
}

}  // namespace

int main() {
  const ordered_json tables = {{"diagnostics", Diagnostics()},
                               {"checks", Checks()},
                               {"approval_score", datamigrate::verify::kApprovalScore}};
  std::printf("%s\n", tables.dump(1).c_str());
}
