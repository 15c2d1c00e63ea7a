// Reads the statements of parsed batches into a catalog: CREATE, ALTER and DROP, and the system
// procedures that define things.
//
// Statements under IF, BEGIN and TRY count as run; what a second definition under a condition says
// is passed over. EXECUTE of a constant text is read as a batch of its own. Files may come in any
// order: what an ALTER is about may be created later.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent_engine/catalog/catalog.h"
#include "agent_engine/source/scripts/batch.h"
#include "agent_engine/source/scripts/catalog_draft.h"
#include "agent_engine/tsql/ast/syntax_tree.h"
#include "common/diagnostics/diagnostic.h"

namespace datamigrate::source {

class CatalogBuilder {
 public:
  CatalogBuilder(std::string default_schema, diagnostics::DiagnosticSink& sink);

  // `root` is the tree of batch.text(); neither is kept.
  void AddBatch(const Batch& batch, tsql::Node root);
  catalog::Catalog Finish();

 private:
  friend class SystemProcedures;

  // Where the statement being read stands.
  struct Context {
    const Batch* batch = nullptr;
    std::optional<uint32_t> fixed_offset;  // In a text that EXECUTE runs: where EXECUTE stands.
    bool is_conditional = false;
    int depth = 0;  // Of EXECUTE in EXECUTE.
    std::string default_schema;
  };

  void Visit(tsql::Node statement);
  void VisitAll(const std::vector<tsql::Node>& statements);
  void VisitConditional(tsql::Node statement);
  void Use(tsql::Node statement);

  void CreateTable(tsql::Node statement);
  void CopyTableColumns(tsql::Node query, const catalog::ObjectName& name, catalog::Table table);
  void CreateView(tsql::Node statement);
  void CreateRoutine(tsql::Node statement);
  void CreateTrigger(tsql::Node statement);
  void CreateIndex(tsql::Node statement);
  void CreateType(tsql::Node statement);
  void CreateSequence(tsql::Node statement);
  void CreateSynonym(tsql::Node statement);
  void CreateSchema(tsql::Node statement);
  void AlterTable(tsql::Node statement);
  void AlterTableAction(tsql::Node action, const catalog::ObjectName& name);
  void Drop(tsql::Node statement);
  void Execute(tsql::Node statement);
  void ExecuteText(const std::string& text, tsql::Node statement);
  void Select(tsql::Node statement);
  void Command(tsql::Node statement);
  void RememberVariables(tsql::Node statement);

  // The value of a constant text expression: literals, variables set to one, and + between them.
  // Null otherwise; the text "NULL" is an empty value.
  std::optional<std::string> ConstantText(tsql::Node expression) const;

  QualifiedName NameOf(tsql::Node name) const;
  catalog::SourcePlace PlaceOf(tsql::Node node) const;
  void AddObject(ObjectValue value, const std::string& database, tsql::Node statement);
  void WithTable(const catalog::ObjectName& name, tsql::Node statement,
                 std::function<void(catalog::Table&)> change);
  void NotMigrated(const std::string& what, tsql::Node statement);
  diagnostics::Diagnostic MakeDiagnostic(diagnostics::DiagnosticId id, tsql::Node node,
                                         std::vector<std::string> arguments) const;

  std::string default_schema_;
  diagnostics::DiagnosticSink& sink_;
  CatalogDraft draft_;
  Context context_;
  const diagnostics::SourceFile* script_ = nullptr;
  std::string database_;  // After USE.
  std::string created_database_;
  std::string collation_;
  std::map<std::string, std::string> variables_;  // Texts of constant variables by folded name.
  std::map<std::string, std::string>
      defaults_;  // CREATE DEFAULT: expression by folded "schema.name".
  struct Counted {
    int count = 0;
    diagnostics::Diagnostic first;
  };
  std::map<std::string, Counted> not_migrated_;
};

// Whether a name is a temporary table's.
bool IsTemporary(std::string_view name);

}  // namespace datamigrate::source
