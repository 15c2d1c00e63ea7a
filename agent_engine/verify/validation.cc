#include "agent_engine/verify/validation.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "agent_engine/dbt/project_names.h"

namespace datamigrate::verify {
namespace {

class Validator {
 public:
  Validator(const catalog::Catalog& catalog, const dbt::Project& project, const ProjectRun& run,
            const absl::flat_hash_set<std::string>& faithful_tables)
      : catalog_(catalog), project_(project), run_(run), faithful_tables_(faithful_tables) {
    for (size_t i = 0; i < project.models.size(); ++i) {
      const dbt::Model& model = project.models[i];
      models_.emplace(model.name, i);
      if (model.layer == dbt::Layer::kStaging) {
        staging_.emplace(dbt::ObjectKey(model.source_object), i);
      }
      for (const auto& diagnostic : model.diagnostics) {
        if (diagnostic.id != diagnostics::DiagnosticId::kNoTargetType) continue;
        unmapped_.insert(model.source_object.ToString() + "." + diagnostic.arguments[0]);
      }
    }
  }

  Validation Validate() {
    for (const CheckKind& kind : kCheckKinds) {
      validation_.checks.push_back({std::string(kind.name), 0, 0, kind.weight, {}});
    }
    for (const catalog::Table& table : catalog_.tables) CheckTable(table);
    CheckExecution();
    CheckTests();
    for (const Check& check : validation_.checks) {
      validation_.score += 100.0 * check.weight * check.share();
    }
    validation_.is_approved = validation_.score >= kApprovalScore;
    return std::move(validation_);
  }

 private:
  enum Index { kSchema, kTypes, kIntegrity, kExecution, kCoverage };

  void Count(Index index, bool passed, const std::string& finding) {
    Check& check = validation_.checks[index];
    ++check.total;
    check.passed += passed;
    if (!passed) AddFinding(check, finding);
  }

  static void AddFinding(Check& check, const std::string& finding) {
    if (check.findings.size() < kMaxFindings) check.findings.push_back(finding);
  }

  void CheckTable(const catalog::Table& table) {
    const std::string name = table.name.ToString();
    const auto found = staging_.find(dbt::ObjectKey(table.name));
    const ModelRun* run = found == staging_.end() ? nullptr : &run_.models[found->second];
    const bool is_there = run != nullptr && run->is_ok;
    Count(kSchema, is_there, name + " is not in the target");
    for (const catalog::Column& column : table.columns) {
      const RelationColumn* actual = is_there ? FindColumn(*run, column.name) : nullptr;
      Count(kSchema, actual != nullptr, name + "." + column.name + " is not in the target");
      CheckType(name, column, actual);
    }
  }

  static const RelationColumn* FindColumn(const ModelRun& run, const std::string& name) {
    const auto found = std::ranges::find(run.columns, name, &RelationColumn::name);
    return found == run.columns.end() ? nullptr : &*found;
  }

  // A computed column has the type of its expression: there is no mapped one to compare with,
  // unless the source says it.
  void CheckType(const std::string& table, const catalog::Column& column,
                 const RelationColumn* actual) {
    const bool has_mapping = column.computed_expression.empty();
    if (!has_mapping && (actual == nullptr || actual->expected.empty())) return;
    const bool is_mapped = actual != nullptr && !actual->expected.empty() &&
                           !unmapped_.contains(table + "." + column.name);
    Count(kTypes, is_mapped && actual->type == actual->expected,
          table + "." + column.name + ": " + column.type.ToString() + " became " +
              (actual == nullptr ? "nothing" : actual->type));
  }

  void CheckExecution() {
    for (const ModelRun& run : run_.models)
      Count(kExecution, run.is_ok, run.model + ": " + run.error);
  }

  void CheckTests() {
    Check& coverage = validation_.checks[kCoverage];
    coverage.total = project_.coverage.constraints;
    coverage.passed = project_.coverage.tested;
    for (const std::string& untested : project_.coverage.untested) {
      AddFinding(coverage, untested + " has no test");
    }
    for (const TestRun& run : run_.tests) {
      const dbt::ModelTest& test = project_.models[models_.at(run.model)].tests[run.test];
      CheckTest(run, test, coverage);
    }
  }

  void CheckTest(const TestRun& run, const dbt::ModelTest& test, Check& coverage) {
    const bool is_key =
        test.kind == dbt::TestKind::kRelationships || test.kind == dbt::TestKind::kForeignKey;
    // Orphans that the source had already are no fault of the migration.
    const bool is_excused = run.error.empty() && (test.only_warns || WasInSource(run, test));
    const std::string finding = Describe(run, test);
    if (is_key) Count(kIntegrity, run.is_ok || is_excused, finding);
    if (run.is_ok || is_excused) return;
    coverage.passed = std::max<int64_t>(0, coverage.passed - 1);
    AddFinding(coverage, finding);
  }

  // Whether both tables of a foreign key hold the source's own rows.
  bool WasInSource(const TestRun& run, const dbt::ModelTest& test) const {
    if (test.to_model.empty()) return false;
    return faithful_tables_.contains(SourceOf(run.model)) &&
           faithful_tables_.contains(SourceOf(test.to_model));
  }

  std::string SourceOf(const std::string& model) const {
    return project_.models[models_.at(model)].source_object.ToString();
  }

  static std::string Describe(const TestRun& run, const dbt::ModelTest& test) {
    std::string text = run.model + ": " + std::string(dbt::TestName(test.kind));
    for (const std::string& column : test.columns) text += " " + column;
    if (!test.constraint.empty()) text += " (" + test.constraint + ")";
    return text + (run.error.empty() ? ": " + std::to_string(run.failures) + " rows fail"
                                     : ": " + run.error);
  }

  const catalog::Catalog& catalog_;
  const dbt::Project& project_;
  const ProjectRun& run_;
  const absl::flat_hash_set<std::string>& faithful_tables_;
  absl::flat_hash_map<std::string, size_t> models_;
  absl::flat_hash_map<std::string, size_t> staging_;
  absl::flat_hash_set<std::string> unmapped_;  // "schema.table.column" of columns kept as text.
  Validation validation_;
};

}  // namespace

Validation Validate(const catalog::Catalog& catalog, const dbt::Project& project,
                    const ProjectRun& run,
                    const absl::flat_hash_set<std::string>& faithful_tables) {
  return Validator(catalog, project, run, faithful_tables).Validate();
}

}  // namespace datamigrate::verify
