// BULK INSERT of StatementRunner.
#include <algorithm>
#include <charconv>

#include "absl/strings/str_cat.h"
#include "agent_engine/source/scripts/definition_reader.h"
#include "agent_engine/source/scripts/rows/bulk_rows.h"
#include "agent_engine/source/scripts/rows/statement_runner.h"

namespace datamigrate::source {

using catalog::FoldName;
using diagnostics::DiagnosticId;
using tsql::Node;
using tsql::NodeKind;
using tsql::Role;

namespace {

struct BulkOptions {
  BulkFormat format;
  bool keeps_identity = false;
  bool keeps_nulls = false;
  std::string unsupported;  // The first option that cannot be honoured.
};

std::string ValueOf(Node option) {
  std::string text = OptionValue(option);
  const bool is_string = text.size() >= 2 && (text[0] == '\'' || text.starts_with("N'"));
  return is_string ? tsql::UnquoteString(text) : text;
}

int64_t NumberOf(const std::string& text) {
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// Code pages that are read: those of UTF-8 and of Western Europe.
bool IsKnownCodePage(const std::string& page) {
  constexpr std::string_view kKnown[] = {"65001", "1252",  "acp",   "oem",
                                         "raw",   "28591", "20127", "1200"};
  return std::ranges::find(kKnown, std::string_view(page)) != std::end(kKnown);
}

BulkOptions ReadOptions(Node statement) {
  BulkOptions options;
  bool has_field_terminator = false;
  for (Node option : statement.Children(Role::kOption)) {
    const std::string name = WordsOf(option, Role::kName), value = ValueOf(option);
    const std::string folded = FoldName(value);
    BulkFormat& format = options.format;
    if (name == "fieldterminator")
      format.field_terminator = ParseTerminator(value), has_field_terminator = true;
    else if (name == "rowterminator")
      format.row_terminator = ParseTerminator(value);
    else if (name == "firstrow")
      format.first_row = NumberOf(value);
    else if (name == "lastrow")
      format.last_row = NumberOf(value);
    else if (name == "maxerrors")
      format.max_errors = static_cast<int>(NumberOf(value));
    else if (name == "keepidentity")
      options.keeps_identity = true;
    else if (name == "keepnulls")
      options.keeps_nulls = true;
    else if (name == "fieldquote" && !value.empty())
      format.field_quote = value[0];
    else if (name == "format")
      format.is_csv = folded == "csv";
    else if (name == "datafiletype") {
      format.is_wide = folded == "widechar";
      if (folded == "native" || folded == "widenative")
        options.unsupported = "DATAFILETYPE = '" + value + "'";
    } else if (name == "codepage") {
      format.code_page = folded;
      if (!IsKnownCodePage(folded)) options.unsupported = "CODEPAGE = '" + value + "'";
    } else if (name == "formatfile" || name == "formatfile_data_source" || name == "data_source") {
      options.unsupported = name;
    }
  }
  if (options.format.is_csv && !has_field_terminator) options.format.field_terminator = ",";
  if (options.format.field_terminator.empty() || options.format.row_terminator.empty()) {
    options.unsupported = "an empty terminator";
  }
  return options;
}

}  // namespace

absl::Status StatementRunner::BulkInsert(Node statement) {
  const Node name = statement.Child(Role::kName);
  const auto number = queries_->FindTable(name);
  const std::string written_name(name.Text());
  if (!number) return absl::UnimplementedError("no script defines the table");
  const catalog::Table& table = tables_.table(*number);
  const Node file_node = statement.Child(Role::kFile);
  const std::string written =
      tsql::UnquoteString(file_node ? file_node.Text() : statement.TokenText(Role::kFile));
  const BulkOptions options = ReadOptions(statement);
  if (!options.unsupported.empty()) {
    Report(DiagnosticId::kBulkOptionUnsupported, statement,
           {table.name.ToString(), options.unsupported});
    return absl::OkStatus();
  }
  const std::filesystem::path path = options_.find_file ? options_.find_file(*batch_, written) : "";
  if (path.empty()) {
    Report(DiagnosticId::kBulkFileMissing, statement, {written, table.name.ToString()});
    return absl::OkStatus();
  }
  std::vector<BulkColumn> columns;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const catalog::Column& from = table.columns[i];
    BulkColumn column;
    column.name = from.name;
    column.type = from.type;
    column.nullable = from.nullable;
    column.is_stored = from.computed_expression.empty();
    column.is_numbered = from.identity && !options.keeps_identity;
    if (column.is_numbered) {
      column.first_number = NumberOf(tables_.NextIdentity(*number));
      column.increment = std::max<int64_t>(NumberOf(from.identity_increment), 1);
    }
    if (!options.keeps_nulls && !from.default_expression.empty()) {
      column.empty_is_new_id = FoldName(from.default_expression).find("newid") != std::string::npos;
      const auto value = DefaultOf(*number, i);
      const auto cell = value.ok() ? CellFor(*number, from, *value) : value.status();
      if (cell.ok()) column.empty_value = *cell;
    }
    columns.push_back(std::move(column));
  }
  ConversionSettings settings = session_.settings;
  settings.place = ConversionPlace::kColumn;
  std::vector<BulkError> errors;
  const auto rows = BulkRows::Open(path, options.format, columns, settings, errors);
  const std::string file_name = path.filename().string();
  for (const BulkError& error : errors) {
    Report(DiagnosticId::kBulkRowRefused, statement,
           {std::to_string(error.row), file_name, table.name.ToString(), error.why});
  }
  if (!rows.ok()) return rows.status();
  for (const BulkColumn& column : columns) {
    if (!column.is_numbered || (*rows)->count() == 0) continue;
    tables_.NoteIdentity(
        *number, std::to_string(column.first_number + ((*rows)->count() - 1) * column.increment));
  }
  return InStore(tables_.AppendForeign(*number, *rows));
}

}  // namespace datamigrate::source
