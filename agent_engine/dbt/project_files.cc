#include "agent_engine/dbt/project_files.h"

#include <array>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "agent_engine/dbt/generic_tests.h"
#include "agent_engine/dbt/properties.h"
#include "agent_engine/dbt/template.h"
#include "agent_engine/dbt/yaml.h"

namespace datamigrate::dbt {
namespace {

using diagnostics::Diagnostic;

constexpr std::string_view kGitIgnore =
    "target/\ndbt_packages/\nlogs/\n.user.yml\n*.duckdb\n*.duckdb.wal\n";

// "TP0101 error 12:8: …"
std::string DiagnosticLine(const Diagnostic& diagnostic) {
  const auto& kind = diagnostics::KindOf(diagnostic.id);
  return std::string(kind.code) + " " + std::string(diagnostics::SeverityName(kind.severity)) +
         " " + std::to_string(diagnostic.place.line) + ":" +
         std::to_string(diagnostic.place.column) + ": " + diagnostics::Message(diagnostic);
}

// Text that stays in one line of a comment or of Markdown.
std::string OneLine(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  return text;
}

std::string MarkdownText(std::string text) {
  text = OneLine(std::move(text));
  return absl::StrReplaceAll(text, {{"\\", "\\\\"},
                                    {"|", "\\|"},
                                    {"`", "\\`"},
                                    {"<", "&lt;"},
                                    {"*", "\\*"},
                                    {"_", "\\_"},
                                    {"[", "\\["}});
}

// A text as a Jinja string literal.
std::string JinjaString(const std::string& text) {
  return "'" +
         absl::StrReplaceAll(OneLine(text),
                             {{"\\", "\\\\"}, {"'", "\\'"}, {"{", "("}, {"}", ")"}}) +
         "'";
}

class ProjectPrinter {
 public:
  explicit ProjectPrinter(const Project& project) : project_(project) {}

  ProjectFiles Print() {
    files_["dbt_project.yml"] = ProjectYaml();
    files_["profiles.yml"] = RenderProfiles(project_);
    files_["README.md"] = Readme();
    files_[".gitignore"] = kGitIgnore;
    files_["macros/generate_schema_name.sql"] = GenerateSchemaNameText();
    files_["macros/quoted.sql"] = QuotedText(project_.target);
    PrintGenericTests();
    PrintSources();
    PrintModels();
    for (const auto& object : project_.unconverted) files_[object.path] = Unconverted(object);
    for (const auto& object : project_.rewritten) files_[object.path] = Rewritten(object);
    return std::move(files_);
  }

 private:
  static constexpr std::array<Layer, 3> kLayers = {Layer::kStaging, Layer::kIntermediate,
                                                   Layer::kMarts};

  std::string ProjectYaml() const {
    YamlWriter yaml;
    yaml.Field("name", project_.name);
    yaml.Field("version", "1.0.0");
    yaml.Raw("config-version", "2");
    yaml.Raw("require-dbt-version", "[\">=1.10.8\", \"<2.0.0\"]");
    yaml.BlankLine();
    yaml.Field("profile", project_.name);
    yaml.BlankLine();
    yaml.Raw("model-paths", "[models]");
    yaml.Raw("macro-paths", "[macros]");
    yaml.Raw("test-paths", "[tests]");
    yaml.Raw("clean-targets", "[target, dbt_packages]");
    WriteQuoting(yaml);
    WriteVariables(yaml);
    yaml.BlankLine();
    WriteModelConfig(yaml);
    return yaml.Take();
  }

  // Views and tables keep the case of the source's names; Snowflake folds what is not quoted.
  void WriteQuoting(YamlWriter& yaml) const {
    if (project_.target != dialects::Target::kSnowflake) return;
    yaml.BlankLine();
    yaml.Begin("quoting");
    yaml.Raw("identifier", "true");
    yaml.End();
  }

  void WriteVariables(YamlWriter& yaml) const {
    if (project_.variables.empty()) return;
    yaml.BlankLine();
    yaml.Comment("Parameters of the routines that became models; set them with --vars.");
    yaml.Begin("vars");
    for (const Variable& variable : project_.variables) {
      yaml.Field(variable.name, variable.default_value);
    }
    yaml.End();
  }

  void WriteModelConfig(YamlWriter& yaml) const {
    yaml.Begin("models");
    yaml.Begin(project_.name);
    yaml.Begin("staging");
    yaml.Field("+materialized", "view");
    yaml.Field("+schema", "staging");
    yaml.End();
    WriteLayerConfig(Layer::kIntermediate, "view", yaml);
    WriteLayerConfig(Layer::kMarts, "table", yaml);
    yaml.End();
    yaml.End();
  }

  // Models of these layers are built into the schema of their folder's name. Layers without models
  // are left out: dbt warns of configuration that nothing uses.
  void WriteLayerConfig(Layer layer, std::string_view materialized, YamlWriter& yaml) const {
    std::set<std::string> schemas;
    for (const Model& model : project_.models) {
      if (model.layer == layer && model.status == ModelStatus::kConverted) {
        schemas.insert(model.schema);
      }
    }
    if (schemas.empty()) return;
    yaml.Begin(LayerName(layer));
    yaml.Field("+materialized", materialized);
    for (const std::string& schema : schemas) {
      yaml.Begin(schema);
      yaml.Field("+schema", schema);
      yaml.End();
    }
    yaml.End();
  }

  void PrintGenericTests() {
    for (const Model& model : project_.models) {
      for (const ModelTest& test : model.tests) {
        const std::string_view text = GenericTestText(test.kind);
        if (text.empty()) continue;
        files_["tests/generic/" + std::string(TestName(test.kind)) + ".sql"] = text;
      }
    }
  }

  void PrintSources() {
    std::map<std::string, std::vector<const SourceTable*>> by_source;
    for (const SourceTable& table : project_.sources)
      by_source[table.source_name].push_back(&table);
    for (const auto& [name, tables] : by_source) {
      files_["models/staging/" + name + "/_sources.yml"] = RenderSources(project_, tables);
    }
  }

  void PrintModels() {
    std::map<std::string, std::vector<const Model*>> by_folder;
    for (const Model& model : project_.models) {
      if (model.status == ModelStatus::kRefused) {
        files_[model.path()] = Stub(model);
        continue;
      }
      files_[model.path()] = model.sql + "\n";
      by_folder[model.folder].push_back(&model);
    }
    for (const auto& [folder, models] : by_folder) {
      files_[folder + "/_schema.yml"] = RenderProperties(project_, models);
    }
  }

  // A disabled model that stops dbt with the reason once somebody enables it without a query.
  std::string Stub(const Model& model) const {
    std::string message = model.source_object.ToString() + " is not converted.";
    for (const Diagnostic& diagnostic : model.diagnostics) {
      if (diagnostics::KindOf(diagnostic.id).severity != diagnostics::Severity::kError) continue;
      message += " " + DiagnosticLine(diagnostic);
      break;
    }
    return "{{ config(enabled=false) }}\n\n"
           "{# The original is in " +
           UnconvertedPath(model) +
           ". Write its query here, then remove "
           "the line above. #}\n"
           "{% if execute %}\n"
           "{{ exceptions.raise_compiler_error(" +
           JinjaString(message) +
           ") }}\n"
           "{% endif %}\n";
  }

  std::string UnconvertedPath(const Model& model) const {
    for (const auto& object : project_.unconverted) {
      if (object.model == model.name) return object.path;
    }
    return "unconverted/";
  }

  static std::string Unconverted(const UnconvertedObject& object) {
    std::string text = "-- " + OneLine(object.kind + " " + object.object.ToString());
    if (!object.place.file.empty()) {
      text += ", " + OneLine(object.place.file) + ":" + std::to_string(object.place.line);
    }
    text += "\n";
    for (const Diagnostic& diagnostic : object.diagnostics) {
      text += "-- " + OneLine(DiagnosticLine(diagnostic)) + "\n";
      if (!diagnostic.hint.empty()) text += "--   " + OneLine(diagnostic.hint) + "\n";
    }
    text += "\n" + object.source_sql;
    if (!text.ends_with("\n")) text += "\n";
    return text;
  }

  // The T-SQL that was translated, from the line that findings about it count from, and the
  // original behind it as a comment.
  static std::string Rewritten(const RewrittenObject& object) {
    std::string text = "-- " + OneLine(object.kind + " " + object.object.ToString()) +
                       ": the T-SQL that its model was translated from, written by " +
                       OneLine(object.author) + "\n-- " + OneLine(object.evidence) + "\n\n" +
                       object.sql;
    if (!text.ends_with("\n")) text += "\n";
    text += "\n-- The original:\n";
    for (const absl::string_view line : absl::StrSplit(object.original, '\n')) {
      absl::StrAppend(&text, "-- ", absl::StripTrailingAsciiWhitespace(line), "\n");
    }
    return text;
  }

  std::string Readme() const {
    std::map<Layer, int> counts;
    for (const Model& model : project_.models) {
      if (model.status == ModelStatus::kConverted) ++counts[model.layer];
    }
    std::string text;
    absl::StrAppend(&text, "# ", project_.name, "\n\nThe SQL Server database ",
                    MarkdownText(project_.database), " as a dbt project for ",
                    std::string(dialects::TargetName(project_.target)),
                    ", written by DataMigrate.\n\n"
                    "| layer | models | built as |\n|---|---|---|\n");
    absl::StrAppend(
        &text, "| staging | ", counts[Layer::kStaging],
        " | views in `staging`, one per source table |\n| intermediate | ",
        counts[Layer::kIntermediate], " | views, read by other models |\n| marts | ",
        counts[Layer::kMarts],
        " | tables, in the schema and under the name that they had in SQL Server |\n\n");
    absl::StrAppend(
        &text,
        "Source tables are loaded into `raw_<schema>`. Names and order of columns are the "
        "source's.\n\n"
        "```\ndbt build --profiles-dir . --target prod\n```\n\n"
        "`profiles.yml` takes addresses and secrets from environment variables. The target `dev` "
        "(the default) builds into schemas of its own, `prod` into the final ones.\n");
    AppendVariables(text);
    AppendRewritten(text);
    AppendUnconverted(text);
    return text;
  }

  void AppendVariables(std::string& text) const {
    if (project_.variables.empty()) return;
    absl::StrAppend(&text, "\n## Variables\n\nParameters of routines that became models.\n\n");
    const bool takes_tables = std::ranges::any_of(project_.variables, [](const Variable& variable) {
      return variable.default_value.starts_with("(select ");
    });
    if (takes_tables) {
      absl::StrAppend(
          &text,
          "Where the default is a query in parentheses, the variable takes a table: set "
          "it to the name of a relation with these columns.\n\n");
    }
    absl::StrAppend(&text, "| variable | default | model |\n|---|---|---|\n");
    for (const Variable& variable : project_.variables) {
      absl::StrAppend(&text, "| ", MarkdownText(variable.name), " | ",
                      MarkdownText(variable.default_value), " | ", variable.model, " |\n");
    }
  }

  void AppendRewritten(std::string& text) const {
    if (project_.rewritten.empty()) return;
    absl::StrAppend(
        &text,
        "\n## Rewritten\n\nThe rules do not translate the original of these; each model comes from "
        "T-SQL that was written in its place.\n\n"
        "| object | kind | written by | found out | both texts |\n|---|---|---|---|---|\n");
    for (const RewrittenObject& object : project_.rewritten) {
      absl::StrAppend(&text, "| ", MarkdownText(object.object.ToString()), " | ", object.kind,
                      " | ", MarkdownText(object.author), " | ", MarkdownText(object.evidence),
                      " | `", object.path, "` |\n");
    }
  }

  void AppendUnconverted(std::string& text) const {
    if (project_.unconverted.empty()) return;
    absl::StrAppend(
        &text,
        "\n## Not converted\n\nThe original text of each is kept; its model, where there "
        "is one, is disabled and fails when enabled as it is.\n\n"
        "| object | kind | reason | original |\n|---|---|---|---|\n");
    for (const auto& object : project_.unconverted) {
      std::string reason;
      for (const Diagnostic& diagnostic : object.diagnostics) {
        const auto& kind = diagnostics::KindOf(diagnostic.id);
        if (!reason.empty() && kind.severity != diagnostics::Severity::kError) continue;
        reason = std::string(kind.code) + ": " + diagnostics::Message(diagnostic);
        if (kind.severity == diagnostics::Severity::kError) break;
      }
      absl::StrAppend(&text, "| ", MarkdownText(object.object.ToString()), " | ", object.kind,
                      " | ", MarkdownText(reason), " | `", object.path, "` |\n");
    }
  }

  const Project& project_;
  ProjectFiles files_;
};

}  // namespace

ProjectFiles RenderProject(const Project& project) {
  return ProjectPrinter(project).Print();
}

}  // namespace datamigrate::dbt
