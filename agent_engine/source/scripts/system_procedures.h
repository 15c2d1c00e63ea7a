// The system procedures that define things: descriptions, alias types, names, defaults.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent_engine/source/scripts/catalog_builder.h"
#include "agent_engine/tsql/ast/syntax_tree.h"

namespace datamigrate::source {

// Works on the builder's draft; made for one statement.
class SystemProcedures {
 public:
  explicit SystemProcedures(CatalogBuilder& builder) : builder_(builder) {}

  // Does what `EXECUTE procedure` says if the procedure is one of: sp_addextendedproperty,
  // sp_updateextendedproperty, sp_dropextendedproperty, sp_addtype, sp_droptype, sp_rename,
  // sp_bindefault, sp_unbindefault. Others are not touched.
  void Execute(std::string_view procedure, tsql::Node statement);

 private:
  // The argument by name or position; null when it is not given or not constant.
  std::optional<std::string> Argument(tsql::Node statement, std::string_view name,
                                      size_t position) const;

  void SetDescription(tsql::Node statement, bool drops);
  void AddType(tsql::Node statement);
  void Rename(tsql::Node statement);
  void BindDefault(tsql::Node statement, bool unbinds);

  CatalogBuilder& builder_;
};

}  // namespace datamigrate::source
