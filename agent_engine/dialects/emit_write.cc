#include "agent_engine/dialects/emit_write.h"

#include <algorithm>

#include "agent_engine/dialects/emitter.h"
#include "agent_engine/dialects/layout.h"
#include "agent_engine/dialects/pipeline.h"

namespace datamigrate::dialects {
namespace {

using namespace relational;
using diagnostics::DiagnosticId;

constexpr char kRowId[] = "row_id";
constexpr char kChanged[] = "changed";
constexpr char kRemoved[] = "removed";

std::string Line(const std::string& text) {
  return kBreak + text;
}

}  // namespace

std::vector<std::string> WriteEmitter::RowIdentity(const catalog::Table& table) const {
  if (!dialect_.row_identity.empty()) return {std::string(dialect_.row_identity)};
  std::vector<std::string> columns;
  for (const catalog::IndexColumn& column : table.PrimaryKey()->columns)
    columns.push_back(column.name);
  return columns;
}

std::string WriteEmitter::AddIdentity(LoweredModification& write, const std::string& target,
                                      const std::string& rows) const {
  const std::vector<std::string> columns = RowIdentity(*write.table);
  std::vector<std::string> conditions;
  for (size_t i = 0; i < columns.size(); ++i) {
    auto column = MakeExpr(ExprKind::kColumn, SqlType{});
    column->text = columns[i];
    column->qualifier = write.alias;
    const std::string name = kRowId + (i == 0 ? "" : "_" + std::to_string(i + 1));
    if (write.through != nullptr) {
      // The table below shows the identity to the one that is named.
      ExprPtr shown = Clone(*column);
      shown->qualifier = write.inner_alias;
      write.through->items.push_back({std::move(shown), name});
      if (!write.through_names->empty()) write.through_names->push_back(name);
      column->text = name;
    }
    write.rows->items.push_back({std::move(column), name});
    conditions.push_back(target + "." + Identifier(dialect_, columns[i]) + " = " + rows + "." +
                         Identifier(dialect_, name));
  }
  return Join(conditions, " and ");
}

std::string WriteEmitter::Print(ExprPtr expr) {
  Query holder;
  holder.items.push_back({std::move(expr), ""});
  PrepareQuery(holder, collation_, dialect_, sink_);
  return Emitter(dialect_, namer_, sink_).EmitExpression(*holder.items[0].expr);
}

std::string WriteEmitter::Update(LoweredModification& update, const std::string& target) {
  const std::string changed = Identifier(dialect_, kChanged);
  std::vector<std::string> sets;
  const std::string condition = AddIdentity(update, target, changed);
  for (size_t i = 0; i < update.sets.size(); ++i) {
    const std::string name = "value_" + std::to_string(i + 1);
    update.rows->items.push_back({std::move(update.sets[i].value), name});
    sets.push_back(Identifier(dialect_, update.sets[i].column) + " = " + changed + "." +
                   Identifier(dialect_, name));
  }
  PrepareQuery(*update.rows, collation_, dialect_, sink_);
  const std::string rows = Block(Emitter(dialect_, namer_, sink_).EmitQuery(*update.rows));
  const std::string set = "set " + Join(sets, "," + Line("    "));
  if (!dialect_.supports_update_from) {
    return "merge into " + target + Line("using " + rows) + " as " + changed +
           Line("    on " + condition) + Line("when matched then update " + set);
  }
  return "update " + target + Line(set) + Line("from " + rows) + " as " + changed +
         Line("where " + condition);
}

std::string WriteEmitter::Delete(LoweredModification& removal, const std::string& target) {
  const std::string removed = Identifier(dialect_, kRemoved);
  const std::vector<std::string> identity = RowIdentity(*removal.table);
  const std::string condition = AddIdentity(removal, target, removed);
  PrepareQuery(*removal.rows, collation_, dialect_, sink_);
  const std::string rows = Block(Emitter(dialect_, namer_, sink_).EmitQuery(*removal.rows));
  if (identity.size() == 1) {
    return "delete from " + target +
           Line("where " + Identifier(dialect_, identity[0]) + " in " + rows);
  }
  return "delete from " + target +
         Line("where exists (select 1 from " + rows + " as " + removed + " where " + condition +
              ")");
}

std::string WriteEmitter::SetList(std::vector<Assignment>& sets) {
  std::vector<std::string> parts;
  for (Assignment& set : sets) {
    parts.push_back(Identifier(dialect_, set.column) + " = " + Print(std::move(set.value)));
  }
  return Join(parts, ", ");
}

std::string WriteEmitter::Branch(MergeBranch& branch) {
  std::string text = branch.matched     ? "when matched"
                     : branch.by_source ? "when not matched by source"
                                        : "when not matched";
  if (branch.condition) text += " and " + Print(std::move(branch.condition));
  text += " then ";
  if (branch.action == MergeBranch::Action::kDelete) return text + "delete";
  if (branch.action == MergeBranch::Action::kUpdate)
    return text + "update set " + SetList(branch.sets);
  std::vector<std::string> columns;
  std::vector<std::string> values;
  for (Assignment& set : branch.sets) {
    columns.push_back(Identifier(dialect_, set.column));
    values.push_back(Print(std::move(set.value)));
  }
  return text + "insert (" + Join(columns, ", ") + ") values (" + Join(values, ", ") + ")";
}

// Rows that the source lacks, written by statements of their own, before the MERGE adds others.
void WriteEmitter::MergeAbsent(LoweredMerge& merge, const std::string& target,
                               std::vector<std::string>& statements) {
  std::string seen;
  for (MergeBranch& branch : merge.branches) {
    if (!branch.by_source) continue;
    const std::string alias = Identifier(dialect_, merge.alias);
    Query match;
    match.items.push_back({MakeInteger(1), ""});
    match.where = Clone(*merge.condition);
    Query holder;
    holder.from = std::move(merge.source);
    PrepareQuery(holder, collation_, dialect_, sink_);
    match.from = std::move(holder.from);
    PrepareQuery(match, collation_, dialect_, sink_);
    std::string condition =
        "not exists " + Block(Emitter(dialect_, namer_, sink_).EmitQuery(match));
    merge.source = std::move(match.from);
    if (branch.condition) condition += Line("    and (" + Print(std::move(branch.condition)) + ")");
    const std::string head =
        branch.action == MergeBranch::Action::kDelete
            ? "delete from " + target + " as " + alias
            : "update " + target + " as " + alias + Line("set " + SetList(branch.sets));
    statements.push_back(head + Line("where " + condition));
  }
}

std::string WriteEmitter::Merge(LoweredMerge& merge, const std::string& target,
                                diagnostics::SourceSpan span) {
  std::vector<std::string> statements;
  if (!dialect_.merge_has_by_source) {
    const auto absent = std::ranges::count_if(merge.branches, &MergeBranch::by_source);
    if (absent > 1) {
      sink_.Report({DiagnosticId::kUnsupportedConstruct,
                    span,
                    {"MERGE with several WHEN NOT MATCHED BY SOURCE", std::string(dialect_.title)},
                    "",
                    "",
                    "",
                    {}});
      return "";
    }
    MergeAbsent(merge, target, statements);
    std::erase_if(merge.branches, [](const MergeBranch& branch) { return branch.by_source; });
    if (merge.branches.empty()) return Join(statements, ";" + Line(""));
  }
  Query holder;
  holder.from = std::move(merge.source);
  PrepareQuery(holder, collation_, dialect_, sink_);
  std::string sql = "merge into " + target + " as " + Identifier(dialect_, merge.alias) +
                    Line("using " + Emitter(dialect_, namer_, sink_).EmitFrom(*holder.from)) +
                    Line("    on " + Print(std::move(merge.condition)));
  for (MergeBranch& branch : merge.branches) sql += Line(Branch(branch));
  statements.push_back(std::move(sql));
  return Join(statements, ";" + Line(""));
}

}  // namespace datamigrate::dialects
