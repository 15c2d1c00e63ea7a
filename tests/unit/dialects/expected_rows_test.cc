// Views and procedures of the sample databases, translated for DuckDB and run over the source's
// rows, return what the source returned
// (../shared/expected, taken from Babelfish). Skipped where those files are not there.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>

#include "agent_engine/dialects/translate.h"
#include "agent_engine/source/scripts/script_source.h"
#include "tests/unit/dialects/duckdb_session.h"

namespace datamigrate::dialects {
namespace {

using testing::DuckDbSession;
using testing::Rows;

const std::filesystem::path kShared =
    std::filesystem::path(DATAMIGRATE_SOURCE_DIR) / ".." / "shared";

struct Sample {
  const char* database;
  const char* scripts;
  double tolerance;  // Of numbers; what README.md of the expected results allows.
  int views;         // How many are captured; all of them must be equal.
  int routines;      // The least number of procedure calls that must be equal.
};

// Northwind multiplies money by real: half cents fall either way, and a sum adds several.
constexpr Sample kSamples[] = {
    {"northwind", "northwind", 0.031, 16, 10},
    {"pubs", "pubs", 1e-6, 1, 5},
    {"adventureworks", "adventureworks-oltp", 1e-6, 12, 3},
    {"adventureworksdw", "adventureworks-dw", 1e-6, 5, 0},
};

std::string Quoted(const std::string& name) {
  return QuoteIdentifier(name, Target::kDuckDb);
}

std::string SqlText(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    quoted += c;
    if (c == '\'') quoted += c;
  }
  return quoted + "'";
}

std::string CsvTable(const std::filesystem::path& path) {
  return "read_csv(" + SqlText(path.string()) +
         ", header = true, all_varchar = true, nullstr = '\\N', quote = '\"', escape = '\"', delim "
         "= ',', max_line_size = 100000000)";
}

void LoadTable(DuckDbSession& session, const catalog::CatalogIndex& index,
               const catalog::Table& table, const std::filesystem::path& rows) {
  session.Run("create schema if not exists " + Quoted(table.name.schema));
  const std::string name = Quoted(table.name.schema) + "." + Quoted(table.name.name);
  const std::filesystem::path csv = rows / (table.name.ToString() + ".csv");
  std::string definition;
  std::string selection;
  // Types of computed columns are those of their expressions, which SELECT * tells.
  const catalog::View all{.name = table.name,
                          .definition = "CREATE VIEW v AS SELECT * FROM [" + table.name.schema +
                                        "].[" + table.name.name + "]",
                          .description = "",
                          .schema_bound = false,
                          .check_option = false,
                          .place = {},
                          .indexes = {}};
  const TranslatedQuery query =
      TranslateView(index, all, Target::kDuckDb, QuotedRelationNamer(Target::kDuckDb));
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const catalog::Column& column = table.columns[i];
    std::string type = TargetType(column.type, Target::kDuckDb);
    if (type.empty() && i < query.columns.size()) type = query.columns[i].target_type;
    if (type.empty()) type = "VARCHAR";
    const std::string quoted = Quoted(column.name);
    definition += (i == 0 ? "" : ", ") + quoted + " " + type;
    std::string value = "cast(" + quoted + " as " + type + ")";
    if (type == "BLOB") value = "unhex(substr(" + quoted + ", 3))";
    if (type == "BOOLEAN") value = "cast(cast(" + quoted + " as integer) as boolean)";
    selection += (i == 0 ? "" : ", ") + value;
  }
  REQUIRE(session.Run("create table " + name + " (" + definition + ")").error == "");
  if (std::filesystem::exists(csv)) {
    const Rows loaded =
        session.Run("insert into " + name + " select " + selection + " from " + CsvTable(csv));
    INFO(table.name.ToString());
    CHECK(loaded.error == "");
  }
}

std::string Normal(std::string cell) {
  if (cell == "true") return "1";
  if (cell == "false") return "0";
  while (cell.ends_with(' ')) cell.pop_back();
  return cell;
}

std::string SortKey(const std::string& cell) {
  char* end = nullptr;
  const double value = std::strtod(cell.c_str(), &end);
  if (!cell.empty() && end == cell.c_str() + cell.size())
    return std::to_string(std::llround(value));
  return cell.substr(0, 19);
}

void Sort(Rows& rows) {
  for (auto& row : rows.rows) std::ranges::transform(row, row.begin(), Normal);
  std::ranges::sort(rows.rows, {}, [](const std::vector<std::string>& row) {
    std::string key;
    for (const std::string& cell : row) key += SortKey(cell) + '\x01';
    return key;
  });
}

// Empty when both hold the same rows, in any order.
std::string Difference(Rows actual, Rows expected, double tolerance) {
  if (!actual.error.empty()) return actual.error;
  if (actual.columns.size() != expected.columns.size()) return "other columns";
  if (actual.rows.size() != expected.rows.size()) {
    return std::to_string(actual.rows.size()) + " rows for " + std::to_string(expected.rows.size());
  }
  Sort(actual);
  Sort(expected);
  for (size_t i = 0; i < actual.rows.size(); ++i) {
    for (size_t k = 0; k < actual.rows[i].size(); ++k) {
      if (!testing::SameValue(actual.rows[i][k], expected.rows[i][k], tolerance)) {
        return actual.columns[k] + ": " + actual.rows[i][k] + " for " + expected.rows[i][k];
      }
    }
  }
  return "";
}

Rows RunAsText(DuckDbSession& session, const std::string& query) {
  return session.Run("select columns(*)::varchar from (" + query + ") as result");
}

Rows Expected(DuckDbSession& session, const std::filesystem::path& csv) {
  return session.Run("from " + CsvTable(csv));
}

// {{ var('name', 'default') }} with the arguments of "EXEC p @name='x', @other=2" in place.
std::string Bind(const std::string& sql, const std::string& call) {
  std::map<std::string, std::string> arguments;
  static const std::regex kArgument(R"(@(\w+)\s*=\s*(?:'([^']*)'|([\d.]+)))");
  for (std::sregex_iterator match(call.begin(), call.end(), kArgument), end; match != end;
       ++match) {
    arguments[catalog::FoldName((*match)[1].str())] = (*match)[2].str() + (*match)[3].str();
  }
  static const std::regex kVariable(R"(\{\{ var\('\w+?__(\w+)', '([^']*)'\) \}\})");
  std::string bound;
  size_t position = 0;
  for (std::sregex_iterator match(sql.begin(), sql.end(), kVariable), end; match != end; ++match) {
    bound += sql.substr(position, match->position() - position);
    const auto given = arguments.find(catalog::FoldName((*match)[1].str()));
    bound += given == arguments.end() ? (*match)[2].str() : given->second;
    position = match->position() + match->length();
  }
  return bound + sql.substr(position);
}

// The expected results were taken with the source's clock at this time.
std::string WithClock(std::string sql) {
  constexpr std::string_view kClock = "current_localtimestamp()";
  for (size_t at = sql.find(kClock); at != std::string::npos; at = sql.find(kClock, at)) {
    sql.replace(at, kClock.size(), "timestamp '2025-06-16 12:00:00'");
  }
  return sql;
}

// Views that read others are created after them.
std::map<std::string, std::string> CreateViews(DuckDbSession& session,
                                               const catalog::CatalogIndex& index) {
  std::map<std::string, std::string> errors;
  std::vector<const catalog::View*> left;
  for (const catalog::View& view : index.catalog().views) left.push_back(&view);
  bool progress = true;
  while (progress && !left.empty()) {
    progress = false;
    std::vector<const catalog::View*> again;
    for (const catalog::View* view : left) {
      const TranslatedQuery query =
          TranslateView(index, *view, Target::kDuckDb, QuotedRelationNamer(Target::kDuckDb));
      session.Run("create schema if not exists " + Quoted(view->name.schema));
      const Rows created =
          query.converted() ? session.Run("create view " + Quoted(view->name.schema) + "." +
                                          Quoted(view->name.name) + " as " + WithClock(query.sql))
                            : Rows{.error = "refused", .columns = {}, .rows = {}};
      errors[view->name.ToString()] = created.error;
      if (created.error.empty())
        progress = true;
      else
        again.push_back(view);
    }
    left = std::move(again);
  }
  return errors;
}

void CheckRoutines(DuckDbSession& session, const catalog::CatalogIndex& index, const Sample& sample,
                   const std::filesystem::path& expected) {
  const Rows calls = session.Run("from " + CsvTable(expected / "_exec.csv"));
  int equal = 0;
  static const std::regex kCall(R"(EXEC\s+(\w+)\.(?:\[([^\]]*)\]|(\w+)))");
  for (const auto& call : calls.rows) {
    std::smatch match;
    if (!std::regex_search(call[1], match, kCall)) continue;
    const std::filesystem::path csv = expected / (call[0] + ".csv");
    const catalog::Routine* routine =
        index.FindRoutine(match[1].str(), match[2].str() + match[3].str());
    if (routine == nullptr || !std::filesystem::exists(csv)) continue;
    const TranslatedQuery query =
        TranslateRoutine(index, *routine, Target::kDuckDb, QuotedRelationNamer(Target::kDuckDb));
    if (!query.converted()) continue;
    INFO(call[1] << "\n" << query.sql);
    const std::string difference = Difference(RunAsText(session, Bind(query.sql, call[1])),
                                              Expected(session, csv), sample.tolerance);
    CHECK(difference == "");
    equal += difference.empty();
  }
  CHECK(equal >= sample.routines);
}

TEST_CASE("views and procedures of the sample databases return the source's rows",
          "[transpile][corpus]") {
  if (!std::filesystem::exists(kShared / "expected")) {
    WARN("skipped: there are no expected results beside the repository");
    return;
  }
  for (const Sample& sample : kSamples) {
    DYNAMIC_SECTION(sample.database) {
      source::ScriptSourceOptions options;
      options.load_rows = false;
      const auto opened = source::ScriptSource::Open(kShared / "corpus" / sample.scripts, options);
      REQUIRE(opened.ok());
      const catalog::CatalogIndex index((*opened)->catalog());
      DuckDbSession session;
      for (const catalog::Table& table : index.catalog().tables) {
        LoadTable(session, index, table, kShared / "rows" / sample.database);
      }
      const std::map<std::string, std::string> errors = CreateViews(session, index);
      const std::filesystem::path expected = kShared / "expected" / sample.database;
      int equal = 0;
      for (const auto& row : session.Run("from " + CsvTable(expected / "_views.csv")).rows) {
        const std::string name = row[0] + "." + row[1];
        INFO(name);
        REQUIRE(errors.contains(name));
        CHECK(errors.at(name) == "");
        const std::string difference =
            Difference(RunAsText(session, "from " + Quoted(row[0]) + "." + Quoted(row[1])),
                       Expected(session, expected / (name + ".csv")), sample.tolerance);
        CHECK(difference == "");
        equal += difference.empty();
      }
      CHECK(equal == sample.views);
      CheckRoutines(session, index, sample, expected);
    }
  }
}

}  // namespace
}  // namespace datamigrate::dialects
