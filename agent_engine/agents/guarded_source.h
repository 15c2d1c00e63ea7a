// What the Guardian says of the source's own texts: definitions, and descriptions of tables,
// columns, views and routines. They are untrusted, though nothing here obeys them.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "agent_engine/agents/environment.h"
#include "agent_engine/catalog/catalog.h"
#include "agent_engine/workflow/node_context.h"
#include "common/diagnostics/diagnostic.h"

namespace datamigrate::agents {

// Text of the source that does not pass.
struct MindedText {
  catalog::ObjectName object;
  catalog::SourcePlace place;
  std::string text;
  rewriting::Scanned scanned;
};

// In the catalog's order. Definitions are scanned as SQL, descriptions as metadata.
std::vector<MindedText> FindMindedTexts(const rewriting::Guard& guard,
                                        const catalog::Catalog& catalog);

// A finding (SC0502) for each object with such a text, with the rules that spoke.
std::vector<diagnostics::Diagnostic> FindingsOf(const std::vector<MindedText>& minded);

// Tells the audit log of each, once a run. Errors: the sink's and the journal's.
absl::Status TellOf(const std::vector<MindedText>& minded, const Environment& environment,
                    const std::string& tenant, workflow::NodeContext& context);

}  // namespace datamigrate::agents
