// Translates the statements of a batch one after another; tables that the batch creates and
// variables that it sets are known to the statements after them. Only the translation of batches
// includes this.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "agent_engine/dialects/dialect.h"
#include "agent_engine/dialects/translate.h"
#include "agent_engine/relational/lowering/lowering.h"
#include "agent_engine/tsql/parser/parser.h"

namespace datamigrate::dialects {

using diagnostics::DiagnosticId;
using diagnostics::DiagnosticSink;
using relational::ExprPtr;
using tsql::Node;
using tsql::NodeKind;
using tsql::Role;
using tsql::SqlType;

// "GRANT statement", "IF statement": what messages call it.
std::string StatementName(Node statement);

// One empty part for an absent name.
inline std::vector<std::string> PartsOf(Node name) {
  std::vector<std::string> parts = tsql::NameParts(name);
  if (parts.empty()) parts.emplace_back();
  return parts;
}

inline constexpr char kBatchTable[] =
    "batch";  // The kind of a table that the batch itself created.

class BatchTranslator {
 public:
  BatchTranslator(const catalog::CatalogIndex& catalog, const Dialect& dialect,
                  DiagnosticSink& sink)
      : outer_(catalog),
        dialect_(dialect),
        sink_(sink),
        namer_([this](const catalog::ObjectName& name) { return RelationText(name); }) {}

  // The statements' text; `ok` is false when one was refused.
  std::string Translate(Node batch, bool& ok);

 private:
  const catalog::CatalogIndex& Index() const { return local_index_ ? *local_index_ : outer_; }
  const std::string& Collation() const { return Index().catalog().collation; }
  relational::LoweringOptions Options() const;
  relational::Variables CopyVariables() const;
  std::string Statement(Node node, DiagnosticSink& sink);
  std::string StatementText(Node node, DiagnosticSink& sink);
  void NoteWritten(Node node, DiagnosticSink& sink);
  std::string PrintQuery(relational::Query& query, DiagnosticSink& sink);
  std::string PrintExpr(ExprPtr expr, DiagnosticSink& sink);
  std::string Select(Node node, DiagnosticSink& sink);
  static Node FirstSpecification(Node query);
  static bool AssignsVariables(Node specification);

  // SELECT @a = x, @b = y: with sources, each variable is a query of one row.
  void TakeAssignments(Node specification, relational::Query& query, DiagnosticSink& sink);
  std::string SelectInto(Node into, relational::Query& query, DiagnosticSink& sink);
  std::string Merge(Node node, DiagnosticSink& sink);
  std::string Block(Node node, DiagnosticSink& sink);

  // IF over constants, and over the existence of a table that it drops.
  std::string If(Node node, DiagnosticSink& sink);
  std::string While(Node node, DiagnosticSink& sink);
  std::string Guarded(Node condition, Node then, bool has_else, DiagnosticSink& sink);
  // What a condition over constants is; empty where the batch alone does not tell.
  std::optional<bool> Decided(Node condition);
  static void FoldNumbers(ExprPtr& expr);
  std::string NewName(const std::vector<std::string>& parts, std::string& before);

  // Variables that stand for queries show the tables as they were when they were set: after a write
  // they cannot be read any more.
  void MarkStale();
  void SetVariable(const std::string& name, ExprPtr value);
  bool ReadsFreshVariables(Node statement, DiagnosticSink& sink);
  bool ReadsDrawsOnce(Node statement, DiagnosticSink& sink);
  std::string CreateView(Node node, DiagnosticSink& sink);

  // Tables of the batch are named as the batch created them.
  std::string RelationText(const catalog::ObjectName& name) const;

  // The name of a table that a statement creates or writes: as the catalog spells it, or as
  // written.
  std::string Target(const std::vector<std::string>& parts);
  std::string CreateTable(Node node, DiagnosticSink& sink);

  // The line of a column; what must stand before the table's statement is added to `before`.
  std::string Column(Node element, catalog::Table& table, std::string& before,
                     DiagnosticSink& sink);

  // IDENTITY(seed, increment), by default (1, 1): "CREATE TABLE (Transact-SQL) IDENTITY
  // (Property)".
  std::string IdentityText(Node identity, const catalog::Column& column,
                           const catalog::Table& table, std::string& before);
  std::string Key(Node element, catalog::Table& table, DiagnosticSink& sink);
  // Texts that differ by case or trailing blanks alone are one to the source's key.
  void NoteTextKey(Node key, const catalog::Column* column, DiagnosticSink& sink) const;
  // A NULL is a value like others there: "Unique constraints and check constraints".
  void NoteNullsInKey(Node key, bool may_be_null, DiagnosticSink& sink) const;
  std::string LengthText(const SqlType& type, const std::string& type_name,
                         const std::string& column) const;
  std::string SizedType(const SqlType& type) const;
  void NoteUnchecked(Node node, const catalog::Table& table, DiagnosticSink& sink) const;
  std::string Constraint(Node node, const std::string& column, const catalog::Table& table,
                         DiagnosticSink& sink);
  std::string ForeignKey(Node node, const std::string& column, const std::string& referenced) const;
  void AddTable(catalog::Table table);
  const catalog::Table* FindTarget(Node target);
  static std::vector<std::string> TargetParts(Node target);
  bool Refuse(Node node, std::string what, DiagnosticSink& sink);
  // Reports why a statement is not translated; the empty text that its translation is.
  std::string RefuseStatement(Node node, DiagnosticSink& sink) const;
  std::string RefuseTarget(Node target, DiagnosticSink& sink) const;
  bool IsPlainWrite(Node node, DiagnosticSink& sink);

  // Values converted to the types of the columns that they go to, where those are known.
  ExprPtr ToColumn(ExprPtr value, const catalog::Table* table, const std::string& column,
                   DiagnosticSink& sink);
  std::string Insert(Node node, DiagnosticSink& sink);
  std::string DefaultValues(Node node, const catalog::Table* table, DiagnosticSink& sink);
  std::string InsertRows(Node source, const catalog::Table* table,
                         const std::vector<std::string>& columns, DiagnosticSink& sink);
  std::string InsertQuery(Node node, const catalog::Table* table,
                          const std::vector<std::string>& columns, DiagnosticSink& sink);
  // Whether as many values are given as columns are written; reports where not.
  static bool MatchesColumns(Node node, size_t values, const catalog::Table* table,
                             const std::vector<std::string>& columns, DiagnosticSink& sink);
  // INSERT names a column that numbers itself only after SET IDENTITY_INSERT ... ON; the numbers
  // behind it are then not those of the source.
  bool MayNumber(Node node, const catalog::Table* table, const std::vector<std::string>& columns,
                 DiagnosticSink& sink);
  // BEGIN, COMMIT and ROLLBACK, not nested.
  std::string Transaction(Node node, DiagnosticSink& sink);
  std::string SetOption(Node node, DiagnosticSink& sink);
  std::string OutputItem(Node item, const std::string& shown, const catalog::Table& table,
                         DiagnosticSink& sink);
  // " returning ..." for an OUTPUT clause of the written rows; empty without one.
  std::string Returning(Node node, const catalog::Table* table, DiagnosticSink& sink);
  std::string Where(Node node, const catalog::Table* table, DiagnosticSink& sink);
  std::string Update(Node node, DiagnosticSink& sink);

  // UPDATE and DELETE with other sources than the table itself.
  std::string Modify(Node node, DiagnosticSink& sink);
  std::string Delete(Node node, DiagnosticSink& sink);
  // A statement of another kind, by its first words.
  std::string Command(Node node, DiagnosticSink& sink);
  // Notes that a statement, or a part of one, is left out; `what` names it otherwise than its kind.
  static void NoteDropped(Node node, DiagnosticSink& sink);
  static void NoteDropped(Node node, std::string what, DiagnosticSink& sink);
  std::string AlterTable(Node node, DiagnosticSink& sink);
  // Each adds to `statements` what does the same; `alter` is "alter table t ".
  void AddElement(Node element, const std::string& alter, catalog::Table& table,
                  std::vector<std::string>& statements, DiagnosticSink& sink);
  void AddColumn(Node element, const std::string& alter, catalog::Table& table,
                 std::vector<std::string>& statements, DiagnosticSink& sink);
  void DropElements(Node action, const std::string& alter, catalog::Table& table,
                    std::vector<std::string>& statements, DiagnosticSink& sink);
  void AlterColumn(Node action, const std::string& alter, catalog::Table& table,
                   std::vector<std::string>& statements, DiagnosticSink& sink);
  std::string CreateIndex(Node node, DiagnosticSink& sink);
  std::string CreateSchema(Node node, DiagnosticSink& sink, bool if_not_exists = false);
  std::string Drop(Node node, DiagnosticSink& sink, bool if_exists = false);
  std::string Declare(Node node, DiagnosticSink& sink);
  std::string Assign(Node node, DiagnosticSink& sink);
  ExprPtr Evaluate(const std::string& name, Node value, DiagnosticSink& sink);

  const catalog::CatalogIndex& outer_;
  const Dialect& dialect_;
  DiagnosticSink& sink_;
  RelationNamer namer_;
  std::unique_ptr<catalog::Catalog> local_;
  std::unique_ptr<catalog::CatalogIndex> local_index_;
  absl::flat_hash_map<std::string, std::string>
      created_;  // Tables of the batch: name to printed name.
  relational::Variables variables_;
  absl::flat_hash_map<std::string, SqlType> types_;
  std::string identity_insert_;  // The table that SET IDENTITY_INSERT is ON for.
  absl::flat_hash_set<std::string> numbered_by_hand_;  // Tables that were written so.
  absl::flat_hash_set<std::string> counts_up_;         // Tables whose rows get ever larger numbers.
  std::string guard_;  // The condition of the IF that a write stands behind; empty for none.
  bool in_transaction_ = false;
  bool has_table_variables_ = false;
  absl::flat_hash_set<std::string> stale_;  // Variables that must not be read any more.
  // Variables with a random value, and whether a statement has read it.
  absl::flat_hash_map<std::string, bool> drawn_;
};

}  // namespace datamigrate::dialects
