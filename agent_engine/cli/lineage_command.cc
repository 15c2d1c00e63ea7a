#include "agent_engine/cli/lineage_command.h"

#include <unistd.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "agent_engine/agents/generation.h"
#include "agent_engine/cli/exit_code.h"
#include "agent_engine/cli/json_line.h"
#include "agent_engine/cli/source_findings.h"
#include "agent_engine/cli/source_options.h"
#include "agent_engine/cli/terminal.h"
#include "fmt/format.h"

namespace datamigrate::cli {
namespace {

using nlohmann::ordered_json;
using relational::ColumnOrigin;
using relational::FieldLineage;
using relational::RowOrigin;

constexpr const char* kProducer = "urn:datamigrate:" DATAMIGRATE_VERSION;
constexpr const char* kSpecification = "https://openlineage.io/spec/";

struct Options {
  SourceOptions source;
  std::string space = "mssql";
  bool json = false;
};

// OpenLineage's events for a project without runs: one JobEvent for each model.
class EventWriter {
 public:
  EventWriter(const catalog::Catalog& catalog, std::string space)
      : database_(catalog.database), space_(std::move(space)) {}

  ordered_json Event(const dbt::Model& model) const {
    return {{"eventTime", time_},
            {"producer", kProducer},
            {"schemaURL", Schema("2-0-2/OpenLineage.json#/$defs/JobEvent")},
            {"job", {{"namespace", space_}, {"name", model.name}}},
            {"inputs", Inputs(model)},
            {"outputs", ordered_json::array({Output(model)})}};
  }

 private:
  static std::string Schema(const std::string& path) { return kSpecification + path; }

  // "{database}.{schema}.{table}", as OpenLineage names datasets of SQL Server.
  std::string NameOf(const catalog::ObjectName& object) const {
    return (database_.empty() ? "" : database_ + ".") + object.ToString();
  }

  ordered_json DatasetOf(const catalog::ObjectName& object) const {
    return {{"namespace", space_}, {"name", NameOf(object)}};
  }

  ordered_json Inputs(const dbt::Model& model) const {
    ordered_json inputs = ordered_json::array();
    std::vector<std::string> seen;
    const auto add = [&](const catalog::ObjectName& object) {
      const std::string name = object.ToString();
      if (std::ranges::find(seen, name) != seen.end()) return;
      seen.push_back(name);
      inputs.push_back(DatasetOf(object));
    };
    for (const FieldLineage& field : model.lineage.fields) {
      for (const ColumnOrigin& origin : field.origins) add(origin.relation);
    }
    for (const RowOrigin& origin : model.lineage.rows) add(origin.relation);
    return inputs;
  }

  ordered_json Output(const dbt::Model& model) const {
    ordered_json columns = ordered_json::array();
    for (const dbt::ModelColumn& column : model.columns) {
      columns.push_back({{"name", column.name}, {"type", column.target_type}});
    }
    ordered_json fields = ordered_json::object();
    for (const FieldLineage& field : model.lineage.fields) {
      fields[field.name] = {{"inputFields", InputFields(field)}};
    }
    ordered_json rows = ordered_json::array();
    for (const RowOrigin& origin : model.lineage.rows) rows.push_back(InputOf(origin));
    ordered_json output = DatasetOf(model.source_object);
    output["facets"] = {{"schema", Facet("1-1-1/SchemaDatasetFacet", {{"fields", columns}})},
                        {"columnLineage", Facet("1-2-0/ColumnLineageDatasetFacet",
                                                {{"fields", fields}, {"dataset", rows}})}};
    return output;
  }

  static ordered_json Facet(const std::string& name, ordered_json content) {
    ordered_json facet = {{"_producer", kProducer},
                          {"_schemaURL", Schema("facets/" + name + ".json#/$defs/" +
                                                name.substr(name.find('/') + 1))}};
    facet.update(content);
    return facet;
  }

  ordered_json InputFields(const FieldLineage& field) const {
    ordered_json inputs = ordered_json::array();
    for (const ColumnOrigin& origin : field.origins) {
      inputs.push_back(
          Input(origin.relation, origin.column, "DIRECT", relational::UseName(origin.use)));
    }
    for (const RowOrigin& origin : field.conditions) inputs.push_back(InputOf(origin));
    return inputs;
  }

  ordered_json InputOf(const RowOrigin& origin) const {
    return Input(origin.relation, origin.column, "INDIRECT", relational::UseName(origin.use));
  }

  ordered_json Input(const catalog::ObjectName& relation, const std::string& column,
                     const char* type, std::string_view use) const {
    ordered_json input = DatasetOf(relation);
    input["field"] = column;
    input["transformations"] = ordered_json::array(
        {{{"type", type}, {"subtype", std::string(use)}, {"description", ""}, {"masking", false}}});
    return input;
  }

  std::string database_;
  std::string space_;
  std::string time_ = absl::FormatTime(absl::RFC3339_sec, absl::Now(), absl::UTCTimeZone());
};

void PrintModel(const dbt::Model& model, const Terminal& terminal, TextTable& table) {
  const std::string object = model.source_object.ToString();
  for (const FieldLineage& field : model.lineage.fields) {
    const std::string column = terminal.Paint(Style::kBold, object + "." + field.name);
    if (field.origins.empty()) table.Add({column, "", "no column"});
    for (const ColumnOrigin& origin : field.origins) {
      table.Add({column, origin.relation.ToString() + "." + origin.column,
                 std::string(relational::UseName(origin.use))});
    }
  }
}

int Lineage(const Options& options) {
  auto source = OpenSource(options.source, false);
  if (!source.ok()) return ReportFailure(source.status());
  agents::GenerationOptions generation;
  generation.threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  const dbt::Project project = agents::GenerateProject((*source)->catalog(), generation);
  const EventWriter writer((*source)->catalog(), options.space);
  Terminal terminal(STDOUT_FILENO);
  TextTable table({"column", "comes from", "as"});
  for (const dbt::Model& model : project.models) {
    if (model.lineage.fields.empty()) continue;
    if (options.json)
      fmt::print("{}\n", JsonLine(writer.Event(model)));
    else
      PrintModel(model, terminal, table);
  }
  if (!options.json) terminal.Line(table.Render(terminal));
  return kSuccess;
}

}  // namespace

void AddLineageCommand(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "lineage", "Say which columns each column of a view or routine comes from");
  AddSourceOptions(*command, options->source);
  command
      ->add_option("--namespace", options->space,
                   "OpenLineage's namespace of the source, such as mssql://host:1433")
      ->capture_default_str();
  command->add_flag("--json", options->json, "Print OpenLineage events, one JSON document a line");
  command->footer(
      "Examples:\n"
      "  datamigrate lineage --source ./scripts\n"
      "  datamigrate lineage --source ./scripts --namespace mssql://sales-db:1433 --json > "
      "events.jsonl\n"
      "Exit codes: 0 done, 1 failed, 2 wrong use. Objects that are refused have no lineage.");
  command->callback([options, &exit_code] { exit_code = Lineage(*options); });
}

}  // namespace datamigrate::cli
