#include "agent_engine/verify/captured_results.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>
#include <vector>

#include "fmt/format.h"

namespace datamigrate::verify {
namespace {

using data::QuoteText;
using Cells = std::vector<std::optional<std::string>>;

// Rows that one side has more of than the other are matched one by one up to here; more of them are
// a difference.
constexpr int64_t kMostUnmatched = 5000;
// Of floating-point numbers, whose sums depend on their order; a part of the number.
constexpr double kFloatTolerance = 1e-9;
constexpr size_t kMostNamedColumns = 5;

struct ComparedColumn {
  std::string name;
  std::string type;  // The relation's, as DuckDB writes it.
  double tolerance = 0;

  bool is_exact_number() const {
    return type.starts_with("DECIMAL") || type.ends_with("INT") || type == "INTEGER";
  }
  bool is_float() const { return type == "DOUBLE" || type == "FLOAT"; }
  bool is_number() const { return is_exact_number() || is_float(); }
};

std::string CsvRelation(const std::filesystem::path& csv) {
  return "read_csv(" + QuoteText(csv.string()) +
         ", header = true, all_varchar = true, nullstr = '\\N', quote = '\"', escape = '\"', "
         "delim = ',', max_line_size = 100000000)";
}

absl::StatusOr<std::vector<ComparedColumn>> Describe(data::Connection& connection,
                                                     const std::string& relation) {
  auto described =
      connection.Query("select column_name, column_type from (describe from " + relation + ")");
  if (!described.ok()) return described.status();
  std::vector<ComparedColumn> columns;
  while (true) {
    const auto more = described->Next();
    if (!more.ok()) return more.status();
    if (!*more) return columns;
    for (int64_t row = 0; row < described->row_count(); ++row) {
      columns.push_back(
          {described->Text(0, row).value_or(""), described->Text(1, row).value_or(""), 0});
    }
  }
}

// One spelling for the values of both sides, as text. What does not have the column's type keeps
// its own.
std::string Canonical(const std::string& value, const ComparedColumn& column) {
  const std::string plain = fmt::format("cast({} as varchar)", value);
  if (column.type == "VARCHAR") return plain;
  if (column.type == "BLOB") {
    return fmt::format("case when {0} like '0x%' then upper({0}) else {0} end", plain);
  }
  std::string typed = fmt::format("try_cast({} as {})", value, column.type);
  if (column.is_exact_number()) {
    typed = fmt::format("try_cast({} as decimal(38, 9))", value);
  } else if (column.is_float()) {
    typed = fmt::format("format('{{:.12e}}', try_cast({} as double))", value);
  }
  return fmt::format("coalesce(cast({} as varchar), {})", typed, plain);
}

// "select … from relation": every column as canonical text, by position.
std::string CanonicalRows(const std::string& relation, const std::vector<ComparedColumn>& columns,
                          bool is_captured) {
  std::string names, values;
  for (size_t i = 0; i < columns.size(); ++i) {
    const std::string name = fmt::format("c{}", i);
    std::string value = name;
    if (!is_captured && columns[i].type == "BLOB") value = fmt::format("('0x' || hex({}))", name);
    names += (i == 0 ? "" : ", ") + name;
    values += (i == 0 ? "" : ", ") + Canonical(value, columns[i]);
  }
  return fmt::format("select {} from (select * from {}) as t({})", values, relation, names);
}

absl::StatusOr<std::vector<Cells>> ReadRows(data::Connection& connection,
                                            const std::string& query) {
  auto result = connection.Query(query);
  if (!result.ok()) return result.status();
  std::vector<Cells> rows;
  while (true) {
    const auto more = result->Next();
    if (!more.ok()) return more.status();
    if (!*more) return rows;
    for (int64_t row = 0; row < result->row_count(); ++row) {
      Cells& cells = rows.emplace_back();
      for (size_t i = 0; i < result->column_count(); ++i) cells.push_back(result->Text(i, row));
    }
  }
}

bool CellsMeet(const std::optional<std::string>& left, const std::optional<std::string>& right,
               const ComparedColumn& column) {
  if (!left || !right) return left.has_value() == right.has_value();
  if (!column.is_number()) return *left == *right;
  const double one = std::strtod(left->c_str(), nullptr);
  const double other = std::strtod(right->c_str(), nullptr);
  const double relative = column.is_float() ? kFloatTolerance : 1e-12;
  return std::fabs(one - other) <= column.tolerance * (1 + 1e-9) + relative * std::fabs(one);
}

bool RowsMeet(const Cells& left, const Cells& right, const std::vector<ComparedColumn>& columns) {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (!CellsMeet(left[i], right[i], columns[i])) return false;
  }
  return true;
}

// What is equal of rows that meet: everything but the numbers.
std::string GroupOf(const Cells& row, const std::vector<ComparedColumn>& columns) {
  std::string group;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (!row[i]) {
      group += "\\N";
    } else {
      group += columns[i].is_number() ? "#" : *row[i];
    }
    group += '\x1f';
  }
  return group;
}

// Takes out of both sides the rows that meet.
void MatchRows(std::vector<Cells>& captured, std::vector<Cells>& actual,
               const std::vector<ComparedColumn>& columns) {
  std::map<std::string, std::vector<Cells>> groups;
  for (Cells& row : actual) groups[GroupOf(row, columns)].push_back(std::move(row));
  std::erase_if(captured, [&](const Cells& row) {
    auto& candidates = groups[GroupOf(row, columns)];
    const auto partner = std::ranges::find_if(
        candidates, [&](const Cells& other) { return RowsMeet(row, other, columns); });
    if (partner == candidates.end()) return false;
    candidates.erase(partner);
    return true;
  });
  actual.clear();
  for (auto& [group, rows] : groups) std::ranges::move(rows, std::back_inserter(actual));
}

// The columns whose values, taken by themselves, are others on both sides; all look alike where
// only their pairing differs.
std::string DifferingColumns(const std::vector<Cells>& captured, const std::vector<Cells>& actual,
                             const std::vector<ComparedColumn>& columns) {
  std::string names;
  size_t found = 0;
  for (size_t i = 0; i < columns.size(); ++i) {
    const auto values = [i](const std::vector<Cells>& rows) {
      std::vector<std::optional<std::string>> all;
      for (const Cells& row : rows) all.push_back(row[i]);
      std::ranges::sort(all);
      return all;
    };
    if (std::ranges::equal(values(captured), values(actual),
                           [&](const auto& one, const auto& other) {
                             return CellsMeet(one, other, columns[i]);
                           })) {
      continue;
    }
    if (++found <= kMostNamedColumns) names += (names.empty() ? "" : ", ") + columns[i].name;
  }
  if (found == 0) return "; each column has the right values, in other rows";
  if (found > kMostNamedColumns) names += fmt::format(" and {} more", found - kMostNamedColumns);
  return "; columns that differ: " + names;
}

// By how much the numbers of rows are apart whose other cells are equal; 0 where that cannot be
// said.
double LargestDistance(const std::vector<Cells>& captured, const std::vector<Cells>& actual,
                       const std::vector<ComparedColumn>& columns) {
  std::map<std::string, std::pair<std::vector<const Cells*>, std::vector<const Cells*>>> groups;
  for (const Cells& row : captured) groups[GroupOf(row, columns)].first.push_back(&row);
  for (const Cells& row : actual) groups[GroupOf(row, columns)].second.push_back(&row);
  double largest = 0;
  for (const auto& [group, sides] : groups) {
    if (sides.first.size() != 1 || sides.second.size() != 1) return 0;
    for (size_t i = 0; i < columns.size(); ++i) {
      const auto& one = (*sides.first[0])[i];
      const auto& other = (*sides.second[0])[i];
      if (!columns[i].is_number() || !one || !other) continue;
      largest = std::max(largest, std::fabs(std::strtod(one->c_str(), nullptr) -
                                            std::strtod(other->c_str(), nullptr)));
    }
  }
  return largest;
}

std::string Distance(double largest) {
  return largest == 0 ? "" : fmt::format("; numbers are apart by at most {:.6g}", largest);
}

std::string NamesOf(const std::vector<ComparedColumn>& columns) {
  std::string names;
  for (const ComparedColumn& column : columns) names += (names.empty() ? "" : ", ") + column.name;
  return names;
}

std::string CompareNames(const std::vector<ComparedColumn>& captured,
                         const std::vector<ComparedColumn>& actual) {
  if (std::ranges::equal(captured, actual, catalog::EqualNames, &ComparedColumn::name,
                         &ComparedColumn::name)) {
    return "";
  }
  return fmt::format("the columns are {}, the source's are {}", NamesOf(actual), NamesOf(captured));
}

absl::StatusOr<std::string> CompareValues(data::Connection& connection, const std::string& captured,
                                          const std::string& actual,
                                          const std::vector<ComparedColumn>& columns,
                                          int64_t captured_rows) {
  const std::string limit = fmt::format(" limit {}", kMostUnmatched + 1);
  auto missing = ReadRows(connection, captured + " except all " + actual + limit);
  if (!missing.ok()) return missing.status();
  auto extra = ReadRows(connection, actual + " except all " + captured + limit);
  if (!extra.ok()) return extra.status();
  const bool is_whole = std::max(missing->size(), extra->size()) <= kMostUnmatched;
  if (is_whole) MatchRows(*missing, *extra, columns);
  if (missing->empty() && extra->empty()) return std::string();
  return fmt::format("{}{} of {} rows differ{}{}", is_whole ? "" : "more than ",
                     is_whole ? missing->size() : static_cast<size_t>(kMostUnmatched),
                     captured_rows, DifferingColumns(*missing, *extra, columns),
                     is_whole ? Distance(LargestDistance(*missing, *extra, columns)) : "");
}

}  // namespace

absl::StatusOr<CapturedResults> CapturedResults::Open(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::directory_iterator entries(folder, error);
  if (error) {
    return absl::NotFoundError(
        fmt::format("cannot read the folder of results {}: {}", folder.string(), error.message()));
  }
  CapturedResults results;
  for (const auto& entry : entries) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with('_') || name.ends_with(".types.csv") || !name.ends_with(".csv")) continue;
    results.files_.emplace(catalog::FoldName(entry.path().stem().string()), entry.path());
  }
  return results;
}

std::optional<std::filesystem::path> CapturedResults::FileOf(
    const catalog::ObjectName& object) const {
  const auto found = files_.find(catalog::FoldName(object.ToString()));
  if (found == files_.end()) return std::nullopt;
  return found->second;
}

absl::StatusOr<RowsComparison> CompareWithCapture(data::Connection& connection,
                                                  const std::string& relation,
                                                  const std::filesystem::path& csv,
                                                  const Tolerance& tolerance) {
  const std::string file = CsvRelation(csv);
  const auto header = Describe(connection, file);
  if (!header.ok()) return header.status();
  auto columns = Describe(connection, relation);
  if (!columns.ok()) return columns.status();
  RowsComparison comparison;
  comparison.difference = CompareNames(*header, *columns);
  if (!comparison.is_equal()) return comparison;
  for (size_t i = 0; i < columns->size(); ++i) {
    const auto own = tolerance.of_column.find((*header)[i].name);
    (*columns)[i].tolerance = own == tolerance.of_column.end() ? tolerance.usual : own->second;
  }
  const auto captured_rows = connection.QueryInteger("select count(*) from " + file);
  if (!captured_rows.ok()) return captured_rows.status();
  const auto model_rows = connection.QueryInteger("select count(*) from " + relation);
  if (!model_rows.ok()) return model_rows.status();
  comparison.captured_rows = *captured_rows;
  comparison.model_rows = *model_rows;
  if (*captured_rows != *model_rows) {
    comparison.difference = fmt::format("{} row{}, the source has {}", *model_rows,
                                        *model_rows == 1 ? "" : "s", *captured_rows);
    return comparison;
  }
  auto difference = CompareValues(connection, CanonicalRows(file, *columns, /*is_captured=*/true),
                                  CanonicalRows(relation, *columns, /*is_captured=*/false),
                                  *columns, *captured_rows);
  if (!difference.ok()) return difference.status();
  comparison.difference = *std::move(difference);
  return comparison;
}

}  // namespace datamigrate::verify
