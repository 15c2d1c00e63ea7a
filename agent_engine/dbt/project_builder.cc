#include "agent_engine/dbt/project_builder.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <set>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "agent_engine/dbt/identifiers.h"
#include "agent_engine/dbt/project_names.h"
#include "agent_engine/dbt/table_tests.h"
#include "agent_engine/dbt/template.h"

namespace datamigrate::dbt {
namespace {

using catalog::ObjectName;
using diagnostics::Diagnostic;
using diagnostics::DiagnosticId;

std::string_view KindName(catalog::RoutineKind kind) {
  return kind == catalog::RoutineKind::kProcedure ? "procedure" : "function";
}

// Fills object, file and place of a diagnostic whose span counts in `definition`, which begins at
// `place`.
void Locate(Diagnostic& diagnostic, const ObjectName& object,
            const diagnostics::SourceFile& definition, const catalog::SourcePlace& place) {
  if (diagnostic.object.empty()) diagnostic.object = object.ToString();
  if (!diagnostic.file.empty()) return;
  const diagnostics::LineColumn at = definition.Locate(diagnostic.span.begin);
  diagnostic.file = place.file;
  diagnostic.place.line = place.line + at.line - 1;
  diagnostic.place.column = at.line == 1 ? place.column + at.column - 1 : at.column;
}

Diagnostic MakeDiagnostic(DiagnosticId id, std::vector<std::string> arguments, std::string hint,
                          const ObjectName& object, const catalog::SourcePlace& place) {
  return {id,
          {},
          std::move(arguments),
          std::move(hint),
          object.ToString(),
          place.file,
          {place.line, place.column}};
}

// A view or routine on its way to a model.
struct Query {
  ObjectName object;
  std::string kind;
  std::string definition;
  std::string description;
  catalog::SourcePlace place;
  bool has_index = false;
  dialects::TranslatedQuery translated;
  std::vector<size_t> reads;  // Other queries.
  const Rewrite* rewrite = nullptr;
  Placement placement{};
};

// The line of a rewritten object's file at which its T-SQL begins; the lines before are comments.
constexpr uint32_t kRewriteLine = 4;

class ProjectBuilder {
 public:
  ProjectBuilder(const catalog::Catalog& catalog, const BuildOptions& options,
                 const Translator& translator)
      : catalog_(catalog),
        options_(options),
        translator_(translator),
        index_(catalog),
        names_(index_, options.target) {
    for (const auto& [object, reason] : options.quarantined) {
      quarantined_.emplace(catalog::FoldName(object), reason);
    }
    for (const auto& [object, rewrite] : options.rewrites) {
      rewrites_.emplace(catalog::FoldName(object), &rewrite);
    }
    for (const auto& [object, placement] : options.placements) {
      placements_.emplace(catalog::FoldName(object), placement);
    }
  }

  Project Build() {
    project_.database = catalog_.database;
    project_.target = options_.target;
    project_.name = ProjectName(options_.name.empty() ? catalog_.database : options_.name);
    AddTables();
    TranslateQueries();
    LinkQueries();
    AddQueryModels();
    AddTriggers();
    return std::move(project_);
  }

 private:
  void ForEach(size_t count, const std::function<void(size_t)>& body) const {
    if (options_.for_each) return options_.for_each(count, body);
    for (size_t i = 0; i < count; ++i) body(i);
  }

  // Whether this definition is the first of its name; reports the others.
  bool IsFirst(const ObjectName& name, const catalog::SourcePlace& place) {
    if (seen_.insert(ObjectKey(name)).second) return true;
    project_.diagnostics.push_back(MakeDiagnostic(DiagnosticId::kObjectMetAgain, {name.ToString()},
                                                  "Remove or rename one of them.", name, place));
    return false;
  }

  // ---- Tables

  struct TableModel {
    SourceTable source;
    Model model;
    TableTests tests;
    std::vector<Diagnostic> diagnostics;
  };

  void AddTables() {
    std::vector<const catalog::Table*> tables;
    for (const auto& table : catalog_.tables) {
      if (IsFirst(table.name, table.place)) tables.push_back(&table);
    }
    std::vector<TableModel> built(tables.size());
    ForEach(tables.size(), [&](size_t i) { built[i] = BuildTable(*tables[i]); });
    std::ranges::sort(built, {}, [](const TableModel& table) { return table.model.name; });
    HideMissingColumns(tables, built);
    for (TableModel& table : built) AddTable(std::move(table));
  }

  // Queries must not find the columns that staging models leave out.
  void HideMissingColumns(const std::vector<const catalog::Table*>& tables,
                          const std::vector<TableModel>& built) {
    std::map<std::string, const TableModel*> by_key;
    for (const TableModel& table : built) by_key[ObjectKey(table.source.object)] = &table;
    const auto is_missing = [&](const catalog::Table& table, const catalog::Column& column) {
      const auto model = by_key.find(ObjectKey(table.name));
      return model != by_key.end() &&
             std::ranges::find(model->second->model.columns, column.name, &ModelColumn::name) ==
                 model->second->model.columns.end();
    };
    const bool hides = std::ranges::any_of(tables, [&](const catalog::Table* table) {
      return std::ranges::any_of(table->columns, [&](const catalog::Column& column) {
        return is_missing(*table, column);
      });
    });
    if (!hides) return;
    visible_ = catalog_;
    for (catalog::Table& table : visible_.tables) {
      std::erase_if(table.columns,
                    [&](const catalog::Column& column) { return is_missing(table, column); });
    }
    visible_index_ = std::make_unique<catalog::CatalogIndex>(visible_);
  }

  const catalog::CatalogIndex& VisibleIndex() const {
    return visible_index_ ? *visible_index_ : index_;
  }

  void AddTable(TableModel table) {
    project_.coverage.constraints += table.tests.coverage.constraints;
    project_.coverage.tested += table.tests.coverage.tested;
    std::ranges::move(table.tests.coverage.untested,
                      std::back_inserter(project_.coverage.untested));
    std::ranges::move(table.diagnostics, std::back_inserter(table.model.diagnostics));
    std::ranges::move(table.tests.diagnostics, std::back_inserter(table.model.diagnostics));
    table.model.tests = std::move(table.tests.tests);
    project_.sources.push_back(std::move(table.source));
    project_.models.push_back(std::move(table.model));
  }

  // Both are safe to call from several threads at once: they only read the builder.
  TableModel BuildTable(const catalog::Table& table) const {
    TableModel result;
    result.source = StartSource(table);
    result.model = StartModel(table.name, Layer::kStaging, "table", table.place);
    result.model.alias = result.model.name;
    result.model.schema = "staging";
    result.model.description = table.description;
    result.model.materialization =
        PlacementOf(table.name).materialization.value_or(Materialization::kView);
    result.source.staging_model = result.model.name;
    std::string selected;
    for (const catalog::Column& column : table.columns) {
      const std::string expression = AddColumn(table, column, result);
      if (expression.empty()) continue;
      selected += selected.empty() ? "\n    " : ",\n    ";
      selected += expression;
    }
    if (selected.empty()) selected = " *";
    result.model.sql = "select" + selected + "\nfrom {{ source('" + result.source.source_name +
                       "', '" + result.source.table_name + "') }}";
    result.tests = MakeTableTests(index_, table, options_.target, names_, translator_);
    DropTestsOfMissingColumns(result);
    return result;
  }

  // A computed column that was left out takes the tests of its keys with it.
  static void DropTestsOfMissingColumns(TableModel& table) {
    const auto is_missing = [&](const std::string& name) {
      return std::ranges::find(table.model.columns, name, &ModelColumn::name) ==
             table.model.columns.end();
    };
    std::erase_if(table.tests.tests, [&](const ModelTest& test) {
      if (std::ranges::none_of(test.columns, is_missing)) return false;
      --table.tests.coverage.tested;
      table.tests.coverage.untested.push_back(table.model.source_object.ToString() + ": " +
                                              test.constraint);
      return true;
    });
  }

  SourceTable StartSource(const catalog::Table& table) const {
    SourceTable source;
    source.object = table.name;
    source.source_name = names_.Schema(table.name.schema);
    source.table_name = names_.SourceTable(table.name);
    source.raw_schema = "raw_" + source.source_name;
    source.identifier = RelationName(table.name.name, options_.target);
    source.description = table.description;
    return source;
  }

  // Adds a column to the source and the model and returns what the staging model selects; empty
  // when it is left out.
  std::string AddColumn(const catalog::Table& table, const catalog::Column& column,
                        TableModel& result) const {
    const catalog::DataType type = Resolve(column.type);
    const std::string quoted = translator_.quote(column.name, options_.target);
    if (!column.computed_expression.empty()) {
      return AddComputedColumn(table, column, quoted, result);
    }
    std::string target_type = translator_.type(type, options_.target);
    if (target_type.empty()) {
      target_type =
          translator_.type({"nvarchar", catalog::DataType::kMax, 0, 0, {}}, options_.target);
      result.diagnostics.push_back(MakeDiagnostic(
          DiagnosticId::kNoTargetType,
          {column.name, column.type.ToString(), std::string(dialects::TargetName(options_.target))},
          "Cast it in the staging model if its text is not what is needed.", table.name,
          table.place));
    }
    result.source.columns.push_back(
        {column.name, type, target_type, column.nullable, column.description});
    result.model.columns.push_back({column.name, target_type, column.description, column.nullable});
    return quoted;
  }

  std::string AddComputedColumn(const catalog::Table& table, const catalog::Column& column,
                                const std::string& quoted, TableModel& result) const {
    const auto translated = translator_.expression(index_, table, column.computed_expression,
                                                   /*is_condition=*/false, options_.target);
    if (translated.sql.empty()) {
      std::string reason = "its expression has no translation";
      if (!translated.diagnostics.empty()) reason = diagnostics::Message(translated.diagnostics[0]);
      result.diagnostics.push_back(MakeDiagnostic(
          DiagnosticId::kComputedColumnLeftOut, {column.name, reason},
          "Write the expression in the staging model by hand.", table.name, table.place));
      return "";
    }
    const std::string type =
        column.type.name.empty() ? "" : translator_.type(Resolve(column.type), options_.target);
    result.model.columns.push_back({column.name, type, column.description, true});
    return EscapeJinjaExceptCalls(translated.sql) + " as " + quoted;
  }

  catalog::DataType Resolve(const catalog::DataType& type) const {
    if (type.user_type.name.empty()) return type;
    const auto* user_type = index_.FindUserType(type.user_type.schema, type.user_type.name);
    if (user_type == nullptr || user_type->base.name.empty()) return type;
    return user_type->base;
  }

  Placement PlacementOf(const ObjectName& object) const {
    const auto found = placements_.find(catalog::FoldName(object.ToString()));
    return found == placements_.end() ? Placement{} : found->second;
  }

  Model StartModel(const ObjectName& object, Layer layer, std::string kind,
                   const catalog::SourcePlace& place) const {
    Model model;
    model.name = names_.ModelOf(object);
    model.layer = layer;
    model.folder = "models/" + std::string(LayerName(layer)) + "/" + names_.Schema(object.schema);
    model.source_object = object;
    model.source_kind = std::move(kind);
    model.place = place;
    return model;
  }

  // ---- Views and routines

  void TranslateQueries() {
    for (const auto& view : catalog_.views) {
      if (!IsFirst(view.name, view.place)) continue;
      views_.push_back(&view);
      queries_.push_back({view.name,
                          "view",
                          view.definition,
                          view.description,
                          view.place,
                          !view.indexes.empty(),
                          {},
                          {}});
    }
    for (const auto& routine : catalog_.routines) {
      if (!IsFirst(routine.name, routine.place)) continue;
      routines_.push_back(&routine);
      queries_.push_back({routine.name,
                          std::string(KindName(routine.kind)),
                          routine.definition,
                          routine.description,
                          routine.place,
                          false,
                          {},
                          {}});
    }
    const auto namer = names_.Namer();
    ForEach(queries_.size(), [&](size_t i) {
      Query& query = queries_[i];
      const auto rewrite = rewrites_.find(catalog::FoldName(query.object.ToString()));
      if (rewrite != rewrites_.end()) query.rewrite = rewrite->second;
      query.placement = PlacementOf(query.object);
      query.translated = i < views_.size() ? Translate(translator_.view, *views_[i], query, namer)
                                           : Translate(translator_.routine,
                                                       *routines_[i - views_.size()], query, namer);
      LocateFindings(query);
    });
  }

  // Translates a view or routine, from its rewrite where it has one.
  template <typename Function, typename Object>
  dialects::TranslatedQuery Translate(const Function& translate, const Object& object,
                                      const Query& query,
                                      const dialects::RelationNamer& namer) const {
    if (query.rewrite == nullptr) return translate(VisibleIndex(), object, options_.target, namer);
    Object rewritten = object;
    rewritten.definition = query.rewrite->definition;
    return translate(VisibleIndex(), rewritten, options_.target, namer);
  }

  // Findings about a rewrite count in the file that keeps it.
  void LocateFindings(Query& query) const {
    const catalog::SourcePlace place =
        query.rewrite == nullptr
            ? query.place
            : catalog::SourcePlace{KeptPath("rewritten", query.object), kRewriteLine, 1};
    const diagnostics::SourceFile text(
        place.file, query.rewrite == nullptr ? query.definition : query.rewrite->definition);
    for (Diagnostic& diagnostic : query.translated.diagnostics) {
      Locate(diagnostic, query.object, text, place);
    }
  }

  void Refuse(Query& query, DiagnosticId id, std::vector<std::string> arguments, std::string hint) {
    query.translated.sql.clear();
    query.translated.parts.clear();
    query.translated.diagnostics.push_back(
        MakeDiagnostic(id, std::move(arguments), std::move(hint), query.object, query.place));
  }

  // Finds who reads whom, and refuses what reads something refused, unknown or itself.
  void LinkQueries() {
    absl::flat_hash_map<std::string, size_t> by_key;
    for (size_t i = 0; i < queries_.size(); ++i) by_key.emplace(ObjectKey(queries_[i].object), i);
    for (Query& query : queries_) {
      LeaveOut(query);
      RefuseQuarantined(query);
      std::vector<ObjectName> reads = query.translated.reads;
      for (const auto& part : query.translated.parts)
        reads.insert(reads.end(), part.reads.begin(), part.reads.end());
      for (const ObjectName& name : reads) LinkRead(query, name, by_key);
    }
    OrderQueries();
    for (const size_t i : order_) RefuseReaderOfRefused(queries_[i]);
  }

  // What is left out has no reads and no findings but that.
  void LeaveOut(Query& query) {
    if (!query.placement.is_left_out) return;
    query.translated = {};
    Refuse(query, DiagnosticId::kLeftOut, {query.object.ToString()}, "");
  }

  void RefuseQuarantined(Query& query) {
    const auto found = quarantined_.find(catalog::FoldName(query.object.ToString()));
    if (found == quarantined_.end() || !query.translated.converted()) return;
    Refuse(query, DiagnosticId::kModelDoesNotRun, {names_.ModelOf(query.object), found->second},
           "Correct the model by hand, or change the source's definition.");
  }

  void LinkRead(Query& query, const ObjectName& name,
                const absl::flat_hash_map<std::string, size_t>& by_key) {
    const ObjectName resolved = names_.Resolve(name);
    if (resolved.name.empty()) {
      if (!query.translated.converted()) return;
      return Refuse(query, DiagnosticId::kReadsUnknownObject, {name.ToString()},
                    "Add the script that creates it, or load it as a source.");
    }
    const auto found = by_key.find(ObjectKey(resolved));
    if (found != by_key.end()) query.reads.push_back(found->second);
  }

  // Depth first, by model name; a query that is met again on its own path reads itself.
  void OrderQueries() {
    std::vector<size_t> by_name(queries_.size());
    for (size_t i = 0; i < by_name.size(); ++i) by_name[i] = i;
    std::ranges::sort(by_name, {}, [&](size_t i) { return names_.ModelOf(queries_[i].object); });
    visits_.assign(queries_.size(), Visit::kNone);
    for (const size_t i : by_name) VisitQuery(i);
  }

  // Iterative, since a chain of views can be longer than a stack is deep.
  void VisitQuery(size_t root) {
    if (visits_[root] != Visit::kNone) return;
    std::vector<std::pair<size_t, size_t>> path{{root, 0}};
    visits_[root] = Visit::kOnPath;
    while (!path.empty()) {
      auto& [query, next] = path.back();
      if (next == queries_[query].reads.size()) {
        visits_[query] = Visit::kDone;
        order_.push_back(query);
        path.pop_back();
        continue;
      }
      const size_t read = queries_[query].reads[next++];
      if (visits_[read] == Visit::kOnPath) {
        Refuse(queries_[query], DiagnosticId::kModelCycle, {queries_[query].object.ToString()}, "");
      } else if (visits_[read] == Visit::kNone) {
        visits_[read] = Visit::kOnPath;
        path.emplace_back(read, 0);
      }
    }
  }

  void RefuseReaderOfRefused(Query& query) {
    if (!query.translated.converted()) return;
    for (const size_t read : query.reads) {
      if (queries_[read].translated.converted()) continue;
      const std::string object = queries_[read].object.ToString();
      return Refuse(query, DiagnosticId::kReadsRefusedObject, {object},
                    queries_[read].placement.is_left_out
                        ? "Leave it out, too, or take " + object + " into the plan again."
                        : "It can be converted when " + object + " is.");
    }
  }

  void AddQueryModels() {
    std::vector<bool> is_read(queries_.size());
    for (const Query& query : queries_) {
      if (!query.translated.converted()) continue;
      for (const size_t read : query.reads) is_read[read] = true;
    }
    std::vector<Model> refused;
    for (const size_t i : order_) {
      if (queries_[i].translated.is_administration) {
        AddBeside(queries_[i], std::string(kAdministrationKind));
        continue;
      }
      if (queries_[i].placement.is_left_out) {
        AddBeside(queries_[i], std::string(kLeftOutKind));
        continue;
      }
      Model model = BuildQueryModel(queries_[i], is_read[i]);
      if (model.status == ModelStatus::kRefused) {
        refused.push_back(std::move(model));
      } else {
        std::vector<Model> parts = BuildPartModels(queries_[i], model);
        if (!model.sql.empty()) AddConverted(std::move(model));
        for (Model& part : parts) AddConverted(std::move(part));
      }
    }
    std::ranges::sort(refused, {}, &Model::name);
    for (Model& model : refused) AddRefused(std::move(model));
  }

  void AddConverted(Model model) {
    AddVariables(model);
    project_.models.push_back(std::move(model));
  }

  // The tables that a routine writes, and its further results: models named after the routine. What
  // is worth knowing about the routine stands beside the first of its models.
  std::vector<Model> BuildPartModels(Query& query, Model& first) {
    std::vector<Model> models;
    size_t results = 1;
    for (auto& part : query.translated.parts) {
      const bool is_result = part.table.name.empty();
      const std::string what = is_result ? "result_" + std::to_string(++results) : part.table.name;
      Model model = first;
      if (!models.empty() || !first.sql.empty()) model.diagnostics.clear();
      NamePart(model, query.object, what);
      model.materialization = query.placement.materialization.value_or(Materialization::kTable);
      if (!is_result) {
        model.description = "The rows of " + part.table.ToString() + " after " +
                            query.object.ToString() + " has run." +
                            (query.description.empty() ? "" : " " + query.description);
      }
      model.sql = EscapeJinjaExceptCalls(part.sql);
      FillColumns(model, part.columns, part.reads);
      model.lineage = std::move(part.lineage);
      models.push_back(std::move(model));
    }
    return models;
  }

  // Names nothing else has, neither as a model nor as a relation of the schema.
  void NamePart(Model& model, const ObjectName& routine, const std::string& what) {
    for (int number = 1;; ++number) {
      const std::string suffix = number == 1 ? "" : "_" + std::to_string(number);
      model.name =
          ShortenName(names_.ModelOf(routine) + "__" + SnakeCase(what) + suffix, kMaxNameBytes);
      const std::string relation = routine.name + "_" + what + suffix;
      model.alias = RelationName(relation, options_.target);
      const bool is_taken = names_.IsModel(model.name) || part_names_.contains(model.name) ||
                            index_.FindView(routine.schema, relation) != nullptr ||
                            index_.FindRoutine(routine.schema, relation) != nullptr ||
                            part_names_.contains(model.schema + "." + model.alias);
      if (is_taken) continue;
      part_names_.insert(model.name);
      part_names_.insert(model.schema + "." + model.alias);
      return;
    }
  }

  void FillColumns(Model& model, const std::vector<dialects::OutputColumn>& columns,
                   const std::vector<ObjectName>& reads) const {
    model.columns.clear();
    model.depends_on.clear();
    for (const auto& column : columns) {
      model.columns.push_back({column.name, column.target_type, "", column.nullable});
    }
    std::set<std::string> seen;
    for (const ObjectName& read : reads) {
      const std::string name = names_.ModelOf(names_.Resolve(read));
      if (!name.empty() && seen.insert(name).second) model.depends_on.push_back(name);
    }
  }

  Model BuildQueryModel(Query& query, bool is_read) {
    const Layer layer =
        query.placement.layer.value_or(is_read ? Layer::kIntermediate : Layer::kMarts);
    Model model = StartModel(query.object, layer, query.kind, query.place);
    model.materialization = query.placement.materialization.value_or(
        layer == Layer::kMarts || query.has_index ? Materialization::kTable
                                                  : Materialization::kView);
    model.alias = RelationName(query.object.name, options_.target);
    model.schema = names_.Schema(query.object.schema);
    model.description = query.description;
    model.source_sql = query.definition;
    model.sql = EscapeJinjaExceptCalls(query.translated.sql);
    model.lineage = std::move(query.translated.lineage);
    model.status = query.translated.converted() ? ModelStatus::kConverted : ModelStatus::kRefused;
    model.diagnostics = std::move(query.translated.diagnostics);
    FillColumns(model, query.translated.columns, query.translated.reads);
    KeepRewrite(query, model);
    return model;
  }

  void AddVariables(const Model& model) {
    for (const VarCall& call : FindVarCalls(model.sql)) {
      if (!variables_.insert(call.name).second) continue;
      project_.variables.push_back({call.name, call.default_value, model.name});
    }
  }

  // Where an object's T-SQL is kept below `folder`.
  std::string KeptPath(std::string_view folder, const ObjectName& object) const {
    std::string name = names_.ModelOf(object);
    if (name.empty()) name = ShortenName(SnakeCase(object.name), kMaxNameBytes - 9);
    return std::string(folder) + "/" + names_.Schema(object.schema) + "/" + name + ".sql";
  }

  std::string UnconvertedPath(const ObjectName& object) const {
    return KeptPath("unconverted", object);
  }

  // Keeps what a converted model was translated from, if that is not the source's text, and says
  // so.
  void KeepRewrite(const Query& query, Model& model) {
    if (query.rewrite == nullptr || model.status == ModelStatus::kRefused) return;
    model.rewritten_sql = query.rewrite->definition;
    model.diagnostics.push_back(
        MakeDiagnostic(DiagnosticId::kRewritten,
                       {query.object.ToString(), query.rewrite->author, query.rewrite->evidence},
                       "Compare both texts in " + KeptPath("rewritten", query.object) + ".",
                       query.object, query.place));
    project_.rewritten.push_back({query.object, query.kind, KeptPath("rewritten", query.object),
                                  query.rewrite->definition, query.definition,
                                  query.rewrite->author, query.rewrite->evidence});
  }

  void AddRefused(Model model) {
    project_.unconverted.push_back({model.source_object, model.name, model.source_kind,
                                    UnconvertedPath(model.source_object), model.source_sql,
                                    model.place, model.diagnostics});
    project_.models.push_back(std::move(model));
  }

  // Kept beside the project as it is; no model stands for it.
  void AddBeside(Query& query, std::string kind) {
    project_.unconverted.push_back({query.object, "", std::move(kind),
                                    UnconvertedPath(query.object), query.definition, query.place,
                                    std::move(query.translated.diagnostics)});
  }

  void AddTriggers() {
    std::set<std::string> paths;
    for (const auto& trigger : catalog_.triggers) {
      UnconvertedObject object{
          trigger.name,  "", "trigger", UnconvertedPath(trigger.name), trigger.definition,
          trigger.place, {}};
      while (!paths.insert(object.path).second) object.path.insert(object.path.size() - 4, "_");
      object.diagnostics.push_back(
          MakeDiagnostic(DiagnosticId::kNoProjectEqual, {"trigger"},
                         "Move its work to the model or the load that writes the table.",
                         trigger.name, trigger.place));
      project_.unconverted.push_back(std::move(object));
    }
  }

  enum class Visit : uint8_t { kNone, kOnPath, kDone };

  const catalog::Catalog& catalog_;
  const BuildOptions& options_;
  const Translator& translator_;
  catalog::CatalogIndex index_;
  catalog::Catalog visible_;  // Without the columns that staging models leave out, where any is.
  std::unique_ptr<catalog::CatalogIndex> visible_index_;
  ProjectNames names_;
  absl::flat_hash_map<std::string, std::string> quarantined_;
  absl::flat_hash_map<std::string, const Rewrite*> rewrites_;
  absl::flat_hash_map<std::string, Placement> placements_;
  absl::flat_hash_set<std::string> seen_;
  std::set<std::string> variables_;
  std::set<std::string> part_names_;  // Models of parts, and their relations with the schema.
  std::vector<const catalog::View*> views_;
  std::vector<const catalog::Routine*> routines_;
  std::vector<Query> queries_;
  std::vector<Visit> visits_;
  std::vector<size_t> order_;  // Each query after those it reads.
  Project project_;
};

}  // namespace

Project BuildProject(const catalog::Catalog& catalog, const BuildOptions& options,
                     const Translator& translator) {
  return ProjectBuilder(catalog, options, translator).Build();
}

}  // namespace datamigrate::dbt
