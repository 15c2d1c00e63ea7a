#include "agent_engine/agents/model_records.h"

#include <vector>

#include "agent_engine/agents/state_conversion.h"
#include "agent_engine/store/migration_writer.h"
#include "nlohmann/json.hpp"

namespace datamigrate::agents {
namespace {

std::string DiagnosticsJson(const std::vector<diagnostics::Diagnostic>& found) {
  nlohmann::json list = nlohmann::json::array();
  for (const diagnostics::Diagnostic& diagnostic : found) {
    const v1::Diagnostic message = ToProto(diagnostic);
    list.push_back({{"code", message.code()},
                    {"severity", message.severity()},
                    {"message", message.message()},
                    {"hint", message.hint()},
                    {"object", message.object()},
                    {"file", message.file()},
                    {"line", message.line()},
                    {"column", message.column()}});
  }
  return list.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

store::ModelRecord ToRecord(const dbt::Model& model) {
  store::ModelRecord record;
  record.name = model.name;
  record.object = model.source_object.ToString();
  record.layer = std::string(dbt::LayerName(model.layer));
  record.materialization = std::string(dbt::MaterializationName(model.materialization));
  record.status = model.status == dbt::ModelStatus::kConverted ? "converted" : "refused";
  record.source_sql = model.source_sql;
  record.target_sql = model.sql;
  record.diagnostics_json = DiagnosticsJson(model.diagnostics);
  return record;
}

}  // namespace

workflow::Write RecordModels(const dbt::Project& project) {
  std::vector<store::ModelRecord> records;
  records.reserve(project.models.size());
  for (const dbt::Model& model : project.models) records.push_back(ToRecord(model));
  return store::Change([records = std::move(records)](store::MigrationWriter& writer) {
    return writer.UpsertModels(records);
  });
}

}  // namespace datamigrate::agents
