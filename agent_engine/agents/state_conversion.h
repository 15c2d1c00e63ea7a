// The engine's values to and from MigrationState's messages.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent_engine/catalog/catalog.h"
#include "common/diagnostics/diagnostic.h"
#include "datamigrate/v1/state.pb.h"
#include "google/protobuf/repeated_ptr_field.h"

namespace datamigrate::agents {

v1::Diagnostic ToProto(const diagnostics::Diagnostic& diagnostic);
// Adds one object's findings, with positions that are relative to its definition moved to its file.
void AddDiagnostics(const std::vector<diagnostics::Diagnostic>& found,
                    google::protobuf::RepeatedPtrField<v1::Diagnostic>* out);
std::map<std::string, int> CountByCode(
    const google::protobuf::RepeatedPtrField<v1::Diagnostic>& diagnostics);

// How many objects of each kind there are: "table", "view", "procedure", "function", "trigger", "sequence", "synonym",
// "user_type"; kinds without objects are left out. Converted and refused are zero.
std::vector<v1::ObjectCount> CountObjects(const catalog::Catalog& catalog);

// "procedure" or "function".
std::string RoutineKindName(catalog::RoutineKind kind);

}  // namespace datamigrate::agents
