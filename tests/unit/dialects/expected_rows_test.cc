// Views and procedures of the sample databases, translated for DuckDB and PostgreSQL and run there
// over the source's rows, return what the source returned (../shared/expected, taken from
// Babelfish). Skipped where those files are not there; PostgreSQL also where no server is given.
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
#include "tests/support/test_database.h"
#include "tests/unit/dialects/duckdb_session.h"
#include "tests/unit/dialects/postgres_session.h"

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

std::string SqlText(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    quoted += c;
    if (c == '\'') quoted += c;
  }
  return quoted + "'";
}

// Reads the CSV files of expected results; NULL is \N there.
std::string CsvTable(const std::filesystem::path& path) {
  return "read_csv(" + SqlText(path.string()) +
         ", header = true, all_varchar = true, nullstr = '\\N', quote = '\"', escape = '\"', delim "
         "= ',', max_line_size = 100000000)";
}

// What differs between the engines that run the translated views.
struct DuckDbEngine {
  static constexpr Target kTarget = Target::kDuckDb;
  static constexpr const char* kClock = "current_localtimestamp()";

  // Makes the temporary table "staged" of the file, every column as text.
  std::string Stage(const std::filesystem::path& csv) {
    return session.Run("create or replace temp table staged as from " + CsvTable(csv)).error;
  }
  static std::string Bytes(const std::string& hex) { return "unhex(substr(" + hex + ", 3))"; }
  Rows RunAsText(const std::string& query) {
    return session.Run("select columns(*)::varchar from (" + query + ") as result");
  }

  DuckDbSession session;
};

struct PostgresEngine {
  static constexpr Target kTarget = Target::kPostgres;
  static constexpr const char* kClock = "localtimestamp";

  std::string Stage(const std::filesystem::path& csv) {
    std::string columns;
    for (const std::string& column : reader.Run("from " + CsvTable(csv) + " limit 0").columns) {
      columns += (columns.empty() ? "" : ", ") + QuoteIdentifier(column, kTarget) + " text";
    }
    session.Run("drop table if exists pg_temp.staged");
    session.Run("create temp table staged (" + columns + ")");
    return session.Copy("copy pg_temp.staged from stdin (format csv, header, null '\\N')", csv);
  }
  static std::string Bytes(const std::string& hex) {
    return "decode(substr(" + hex + ", 3), 'hex')";
  }
  Rows RunAsText(const std::string& query) { return session.Run(query); }

  testing::TestDatabase database{testing::PostgresSession::ServerUrl()};
  testing::PostgresSession session{database.url()};
  DuckDbSession reader;
};

template <typename Engine>
std::string Quoted(const std::string& name) {
  return QuoteIdentifier(name, Engine::kTarget);
}

template <typename Engine>
void LoadTable(Engine& engine, const catalog::CatalogIndex& index, const catalog::Table& table,
               const std::filesystem::path& rows) {
  engine.session.Run("create schema if not exists " + Quoted<Engine>(table.name.schema));
  const std::string name =
      Quoted<Engine>(table.name.schema) + "." + Quoted<Engine>(table.name.name);
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
      TranslateView(index, all, Engine::kTarget, QuotedRelationNamer(Engine::kTarget));
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const catalog::Column& column = table.columns[i];
    std::string type = TargetType(column.type, Engine::kTarget);
    if (type.empty() && i < query.columns.size()) type = query.columns[i].target_type;
    if (type.empty()) type = "VARCHAR";
    const std::string quoted = Quoted<Engine>(column.name);
    definition += (i == 0 ? "" : ", ") + quoted + " " + type;
    std::string value = "cast(" + quoted + " as " + type + ")";
    if (type == "BLOB" || type == "BYTEA") value = Engine::Bytes(quoted);
    if (type == "BOOLEAN") value = "cast(cast(" + quoted + " as integer) as boolean)";
    selection += (i == 0 ? "" : ", ") + value;
  }
  REQUIRE(engine.session.Run("create table " + name + " (" + definition + ")").error == "");
  if (!std::filesystem::exists(csv)) return;
  INFO(table.name.ToString());
  REQUIRE(engine.Stage(csv) == "");
  CHECK(engine.session.Run("insert into " + name + " select " + selection + " from staged").error ==
        "");
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

Rows Expected(DuckDbSession& reader, const std::filesystem::path& csv) {
  return reader.Run("from " + CsvTable(csv));
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
std::string WithClock(std::string sql, std::string_view clock) {
  constexpr std::string_view kTime = "timestamp '2025-06-16 12:00:00'";
  for (size_t at = sql.find(clock); at != std::string::npos; at = sql.find(clock, at)) {
    sql.replace(at, clock.size(), kTime);
    at += kTime.size();
  }
  return sql;
}

// Views that read others are created after them. Gives each view's error, empty when it was made.
template <typename Engine>
std::map<std::string, std::string> CreateViews(Engine& engine,
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
          TranslateView(index, *view, Engine::kTarget, QuotedRelationNamer(Engine::kTarget));
      engine.session.Run("create schema if not exists " + Quoted<Engine>(view->name.schema));
      const Rows created =
          query.converted()
              ? engine.session.Run("create view " + Quoted<Engine>(view->name.schema) + "." +
                                   Quoted<Engine>(view->name.name) + " as " +
                                   WithClock(query.sql, Engine::kClock))
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

template <typename Engine>
void CheckViews(Engine& engine, const catalog::CatalogIndex& index, const Sample& sample,
                const std::filesystem::path& expected) {
  const std::map<std::string, std::string> errors = CreateViews(engine, index);
  DuckDbSession reader;
  int equal = 0;
  for (const auto& row : reader.Run("from " + CsvTable(expected / "_views.csv")).rows) {
    const std::string name = row[0] + "." + row[1];
    INFO(name);
    REQUIRE(errors.contains(name));
    CHECK(errors.at(name) == "");
    const std::string difference = Difference(
        engine.RunAsText("select * from " + Quoted<Engine>(row[0]) + "." + Quoted<Engine>(row[1])),
        Expected(reader, expected / (name + ".csv")), sample.tolerance);
    CHECK(difference == "");
    equal += difference.empty();
  }
  CHECK(equal == sample.views);
}

template <typename Engine>
void CheckRoutines(Engine& engine, const catalog::CatalogIndex& index, const Sample& sample,
                   const std::filesystem::path& expected) {
  DuckDbSession reader;
  int equal = 0;
  static const std::regex kCall(R"(EXEC\s+(\w+)\.(?:\[([^\]]*)\]|(\w+)))");
  for (const auto& call : reader.Run("from " + CsvTable(expected / "_exec.csv")).rows) {
    std::smatch match;
    if (!std::regex_search(call[1], match, kCall)) continue;
    const std::filesystem::path csv = expected / (call[0] + ".csv");
    const catalog::Routine* routine =
        index.FindRoutine(match[1].str(), match[2].str() + match[3].str());
    if (routine == nullptr || !std::filesystem::exists(csv)) continue;
    const TranslatedQuery query =
        TranslateRoutine(index, *routine, Engine::kTarget, QuotedRelationNamer(Engine::kTarget));
    if (!query.converted()) continue;
    INFO(call[1] << "\n" << query.sql);
    const std::string difference = Difference(engine.RunAsText(Bind(query.sql, call[1])),
                                              Expected(reader, csv), sample.tolerance);
    CHECK(difference == "");
    equal += difference.empty();
  }
  CHECK(equal >= sample.routines);
}

template <typename Engine>
void CheckSample(const Sample& sample) {
  source::ScriptSourceOptions options;
  options.load_rows = false;
  const auto opened = source::ScriptSource::Open(kShared / "corpus" / sample.scripts, options);
  REQUIRE(opened.ok());
  const catalog::CatalogIndex index((*opened)->catalog());
  Engine engine;
  for (const catalog::Table& table : index.catalog().tables) {
    LoadTable(engine, index, table, kShared / "rows" / sample.database);
  }
  const std::filesystem::path expected = kShared / "expected" / sample.database;
  CheckViews(engine, index, sample, expected);
  CheckRoutines(engine, index, sample, expected);
}

TEST_CASE("views and procedures of the sample databases return the source's rows",
          "[transpile][corpus]") {
  if (!std::filesystem::exists(kShared / "expected")) {
    WARN("skipped: there are no expected results beside the repository");
    return;
  }
  for (const Sample& sample : kSamples) {
    DYNAMIC_SECTION(sample.database << " on DuckDB") { CheckSample<DuckDbEngine>(sample); }
    DYNAMIC_SECTION(sample.database << " on PostgreSQL") {
      if (!testing::PostgresSession::IsAvailable()) {
        WARN("skipped: DATAMIGRATE_TEST_DATABASE_URL names no PostgreSQL server");
        return;
      }
      CheckSample<PostgresEngine>(sample);
    }
  }
}

}  // namespace
}  // namespace datamigrate::dialects
