#include "agent_engine/source/scripts/rows/bulk_rows.h"

#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent_engine/source/scripts/data_types.h"

namespace datamigrate::source {
namespace {

// The same identifier for the same row at each reading.
std::string NewIdOfRow(int64_t number) {
  std::mt19937_64 random(static_cast<uint64_t>(number));
  std::string bytes;
  for (int i = 0; i < 2; ++i) {
    uint64_t part = random();
    for (int j = 0; j < 8; ++j, part >>= 8) bytes += static_cast<char>(part & 0xFF);
  }
  std::string text = FormatHex(bytes).substr(2);
  text[12] = '4';
  for (const size_t at : {8, 13, 18, 23}) text.insert(at, 1, '-');
  return text;
}

// Binary values are written as digits, with 0x or without.
bool TakesHex(const catalog::DataType& type) {
  const TypeFamily family = FamilyOf(type);
  return family == TypeFamily::kBinary || family == TypeFamily::kSpatial;
}

}  // namespace

BulkRows::BulkRows(std::filesystem::path path, BulkFormat format, std::vector<BulkColumn> columns,
                   ConversionSettings settings)
    : path_(std::move(path)),
      format_(std::move(format)),
      columns_(std::move(columns)),
      settings_(settings) {}

absl::StatusOr<std::shared_ptr<const BulkRows>> BulkRows::Open(std::filesystem::path path,
                                                               BulkFormat format,
                                                               std::vector<BulkColumn> columns,
                                                               ConversionSettings settings,
                                                               std::vector<BulkError>& errors) {
  std::shared_ptr<BulkRows> rows(
      new BulkRows(std::move(path), std::move(format), std::move(columns), settings));
  const absl::Status read =
      BulkFileReader::Read(rows->path_, rows->format_, rows->columns_.size(),
                           [&](int64_t number, std::vector<std::string>& fields) {
                             const auto row = rows->RowOf(number, rows->count_, fields);
                             if (row.ok()) {
                               ++rows->count_;
                               return absl::OkStatus();
                             }
                             errors.push_back({number, std::string(row.status().message())});
                             if (static_cast<int>(errors.size()) <= rows->format_.max_errors)
                               return absl::OkStatus();
                             return absl::InvalidArgumentError(absl::StrCat(
                                 "more than ", rows->format_.max_errors, " rows do not fit"));
                           });
  if (!read.ok()) return read;
  return std::shared_ptr<const BulkRows>(rows);
}

absl::Status BulkRows::Read(const Consumer& consume) const {
  int64_t taken = 0;
  return BulkFileReader::Read(path_, format_, columns_.size(),
                              [&](int64_t number, std::vector<std::string>& fields) {
                                auto row = RowOf(number, taken, fields);
                                if (!row.ok()) return absl::OkStatus();
                                ++taken;
                                return consume(*std::move(row));
                              });
}

absl::StatusOr<data::Row> BulkRows::RowOf(int64_t number, int64_t taken,
                                          const std::vector<std::string>& fields) const {
  if (fields.size() != columns_.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("it has ", fields.size(), " fields for ", columns_.size(), " columns"));
  }
  data::Row row;
  for (size_t i = 0; i < columns_.size(); ++i) {
    const BulkColumn& column = columns_[i];
    if (!column.is_stored) continue;
    if (column.is_numbered) {
      row.push_back(std::to_string(column.first_number + taken * column.increment));
      continue;
    }
    auto cell = CellOf(column, number, fields[i]);
    if (!cell.ok()) return cell.status();
    row.push_back(*std::move(cell));
  }
  return row;
}

absl::StatusOr<data::Cell> BulkRows::CellOf(const BulkColumn& column, int64_t number,
                                            const std::string& field) const {
  data::Cell cell;
  if (field.empty()) {
    cell = column.empty_is_new_id ? data::Cell(NewIdOfRow(number)) : column.empty_value;
  } else {
    // A zero byte stands for a value of length 0.
    const std::string text = field == std::string_view("\0", 1) ? "" : field;
    SqlValue value{{"nvarchar", catalog::DataType::kMax, 0, 0, {}}, text};
    if (TakesHex(column.type)) {
      const bool has_prefix = text.starts_with("0x") || text.starts_with("0X");
      const auto bytes = ParseHex(has_prefix ? text : "0x" + text);
      if (!bytes)
        return absl::InvalidArgumentError(
            absl::StrCat(column.name, " is not written in hexadecimal digits"));
      value = {{"varbinary", catalog::DataType::kMax, 0, 0, {}}, FormatHex(*bytes)};
    }
    auto converted = Convert(value, column.type, settings_);
    if (!converted.ok()) {
      return absl::Status(
          converted.status().code(),
          absl::StrCat(std::string(converted.status().message()), " (column ", column.name, ")"));
    }
    cell = std::move(converted->text);
  }
  if (!cell && !column.nullable) {
    return absl::InvalidArgumentError(absl::StrCat("NULL does not fit the column ", column.name));
  }
  return cell;
}

}  // namespace datamigrate::source
