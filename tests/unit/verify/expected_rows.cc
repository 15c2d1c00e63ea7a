#include "tests/unit/verify/expected_rows.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "agent_engine/catalog/catalog.h"
#include "agent_engine/data/calendar.h"

namespace datamigrate::testing {
namespace {

// Reads RFC 4180: quotes around cells, quotes inside doubled, line breaks inside quotes.
class CsvReader {
 public:
  explicit CsvReader(std::string text) : text_(std::move(text)) {}

  bool Next(Cells& row) {
    row.clear();
    if (at_ >= text_.size()) return false;
    while (true) {
      row.push_back(Cell());
      if (at_ < text_.size() && text_[at_] == ',') {
        ++at_;
        continue;
      }
      if (at_ < text_.size() && text_[at_] == '\r') ++at_;
      if (at_ < text_.size() && text_[at_] == '\n') ++at_;
      return true;
    }
  }

 private:
  std::optional<std::string> Cell() {
    if (at_ < text_.size() && text_[at_] == '"') return Quoted();
    const size_t end = std::min(text_.find_first_of(",\r\n", at_), text_.size());
    std::string cell = text_.substr(at_, end - at_);
    at_ = end;
    if (cell == "\\N") return std::nullopt;
    return cell;
  }

  std::string Quoted() {
    std::string cell;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '"') {
        if (at_ + 1 == text_.size() || text_[at_ + 1] != '"') break;
        ++at_;
      }
      cell += text_[at_];
    }
    ++at_;
    return cell;
  }

  std::string text_;
  size_t at_ = 0;
};

bool IsNumberType(const std::string& type) {
  for (const char* name : {"int", "bigint", "smallint", "tinyint", "bit", "decimal", "numeric",
                           "money", "smallmoney", "float", "real"}) {
    if (type.starts_with(name)) return true;
  }
  return false;
}

// One spelling for points of time: SQL Server shows final zeros, DuckDB does not.
std::string Normal(const std::string& text) {
  if (text.size() < 10 || text[4] != '-' || text[7] != '-') return text;
  const auto at = data::ParseDayTime(text);
  if (!at) return text;
  return data::DayText(at->day) + " " + data::TimeText(at->nanos);
}

bool CellsMeet(const std::optional<std::string>& left, const std::optional<std::string>& right,
               bool is_number, double tolerance) {
  if (!left || !right) return left.has_value() == right.has_value();
  if (!is_number) return Normal(*left) == Normal(*right);
  return std::fabs(std::strtod(left->c_str(), nullptr) - std::strtod(right->c_str(), nullptr)) <=
         tolerance * (1 + 1e-9) + 1e-12 * std::fabs(std::strtod(left->c_str(), nullptr));
}

bool RowsMeet(const Cells& left, const Cells& right, const ExpectedRows& expected) {
  for (size_t i = 0; i < left.size(); ++i) {
    if (!CellsMeet(left[i], right[i], expected.is_number[i], expected.tolerance[i])) return false;
  }
  return true;
}

// What is equal of rows that meet: everything but the numbers.
std::string GroupOf(const Cells& row, const ExpectedRows& expected) {
  std::string group;
  for (size_t i = 0; i < row.size(); ++i) {
    const bool counts = !expected.is_number[i] || !row[i];
    group += row[i] && counts ? Normal(*row[i]) : row[i] ? "#" : "\\N";
    group += '\x1f';
  }
  return group;
}

std::string Show(const Cells& row) {
  std::string text;
  for (const auto& cell : row) text += (text.empty() ? "" : " | ") + cell.value_or("\\N");
  return text.substr(0, 400);
}

// Takes from `actual` a partner for each expected row; gives the first that finds none.
std::string MatchRows(std::vector<Cells> actual, const ExpectedRows& expected) {
  std::map<std::string, std::vector<Cells>> groups;
  for (Cells& row : actual) groups[GroupOf(row, expected)].push_back(std::move(row));
  for (const Cells& row : expected.table.rows) {
    auto& candidates = groups[GroupOf(row, expected)];
    const auto partner = std::ranges::find_if(
        candidates, [&](const Cells& candidate) { return RowsMeet(row, candidate, expected); });
    if (partner == candidates.end()) {
      std::string message = "no row like: " + Show(row);
      if (!candidates.empty()) message += "\n  nearest: " + Show(candidates.front());
      return message;
    }
    candidates.erase(partner);
  }
  return "";
}

}  // namespace

std::optional<CsvTable> ReadCsv(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  CsvReader reader(text.str());
  CsvTable table;
  Cells row;
  if (!reader.Next(row)) return std::nullopt;
  for (const auto& name : row) table.header.push_back(name.value_or(""));
  while (reader.Next(row)) table.rows.push_back(row);
  return table;
}

std::optional<ExpectedRows> ReadExpected(const std::filesystem::path& csv) {
  auto table = ReadCsv(csv);
  std::filesystem::path types_path = csv;
  types_path.replace_extension(".types.csv");
  const auto types = ReadCsv(types_path);
  if (!table || !types || types->rows.size() != table->header.size()) return std::nullopt;
  ExpectedRows expected{std::move(*table), {}, {}};
  for (const Cells& row : types->rows) {
    expected.is_number.push_back(IsNumberType(row[1].value_or("")));
    expected.tolerance.push_back(1e-6);
  }
  return expected;
}

RowsDifference CompareRows(data::Connection& connection, const std::string& relation,
                           const ExpectedRows& expected) {
  auto result = connection.Query("select * from " + relation);
  if (!result.ok()) return {std::string(result.status().message())};
  std::vector<std::string> names;
  for (size_t i = 0; i < result->column_count(); ++i) names.push_back(result->column_name(i));
  // Without regard to case, as SQL Server's default collation names columns: the server that was
  // captured spells the columns of a star in lower case.
  if (!std::ranges::equal(names, expected.table.header, catalog::EqualNames))
    return {"other columns: " + Show({names.begin(), names.end()})};
  std::vector<Cells> rows;
  while (true) {
    const auto more = result->Next();
    if (!more.ok()) return {std::string(more.status().message())};
    if (!*more) break;
    for (int64_t row = 0; row < result->row_count(); ++row) {
      Cells cells;
      for (size_t i = 0; i < names.size(); ++i) cells.push_back(result->Text(i, row));
      rows.push_back(std::move(cells));
    }
  }
  if (rows.size() != expected.table.rows.size()) {
    return {std::to_string(rows.size()) + " rows for " +
            std::to_string(expected.table.rows.size())};
  }
  return {MatchRows(std::move(rows), expected)};
}

}  // namespace datamigrate::testing
