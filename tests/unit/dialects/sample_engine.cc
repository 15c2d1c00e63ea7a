#include "tests/unit/dialects/sample_engine.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <regex>
#include <vector>

#include "tests/support/test_database.h"
#include "tests/unit/dialects/postgres_session.h"

namespace datamigrate::testing {
namespace {

using dialects::Target;
using dialects::TranslatedQuery;

std::string SqlText(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    quoted += c;
    if (c == '\'') quoted += c;
  }
  return quoted + "'";
}

class DuckDbEngine : public SampleEngine {
 public:
  Target target() const override { return Target::kDuckDb; }
  Rows Run(const std::string& sql) override { return session_.Run(sql); }
  Rows RunAsText(const std::string& query) override {
    return session_.Run("select columns(*)::varchar from (" + query + ") as result");
  }
  std::string Stage(const std::filesystem::path& csv) override {
    return session_.Run("create or replace temp table staged as from " + CsvTable(csv)).error;
  }
  std::string Bytes(const std::string& column) const override {
    return "unhex(substr(" + column + ", 3))";
  }
  std::string clock() const override { return "current_localtimestamp()"; }

 private:
  DuckDbSession session_;
};

class PostgresEngine : public SampleEngine {
 public:
  Target target() const override { return Target::kPostgres; }
  Rows Run(const std::string& sql) override { return session_.Run(sql); }
  Rows RunAsText(const std::string& query) override { return session_.Run(query); }
  std::string Stage(const std::filesystem::path& csv) override {
    std::string columns;
    for (const std::string& column : reader_.Run("from " + CsvTable(csv) + " limit 0").columns)
      columns += (columns.empty() ? "" : ", ") + Quoted(column) + " text";
    session_.Run("drop table if exists pg_temp.staged");
    session_.Run("create temp table staged (" + columns + ")");
    return session_.Copy("copy pg_temp.staged from stdin (format csv, header, null '\\N')", csv);
  }
  std::string Bytes(const std::string& column) const override {
    return "decode(substr(" + column + ", 3), 'hex')";
  }
  std::string clock() const override { return "localtimestamp"; }

 private:
  TestDatabase database_{PostgresSession::ServerUrl()};
  PostgresSession session_{database_.url()};
  DuckDbSession reader_;
};

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

std::vector<const catalog::Routine*> CalledRoutines(const catalog::CatalogIndex& index,
                                                    const std::string& statement) {
  static const std::regex kName(R"((\w+)\.(?:\[([^\]]*)\]|(\w+)))");
  std::vector<const catalog::Routine*> called;
  for (std::sregex_iterator match(statement.begin(), statement.end(), kName), end; match != end;
       ++match) {
    const catalog::Routine* routine =
        index.FindRoutine((*match)[1].str(), (*match)[2].str() + (*match)[3].str());
    if (routine != nullptr && std::ranges::find(called, routine) == called.end())
      called.push_back(routine);
  }
  return called;
}

// What gives the rows of the statement; empty when it is refused.
std::string CallText(const SampleEngine& engine, const catalog::CatalogIndex& index,
                     const ComparedCall& call) {
  if (!call.statement.starts_with("EXEC")) {
    std::string sql = dialects::TranslateBatch(index, call.statement, engine.target()).sql;
    return sql.substr(0, sql.rfind(';'));
  }
  if (call.routines.empty()) return "";
  const TranslatedQuery query = dialects::TranslateRoutine(
      index, *call.routines[0], engine.target(), dialects::QuotedRelationNamer(engine.target()));
  return Bind(query.sql, call.statement);
}

}  // namespace

std::string SampleEngine::Quoted(const std::string& name) const {
  return dialects::QuoteIdentifier(name, target());
}

std::string SampleEngine::Quoted(const catalog::ObjectName& name) const {
  return Quoted(name.schema) + "." + Quoted(name.name);
}

std::unique_ptr<SampleEngine> MakeDuckDbEngine() {
  return std::make_unique<DuckDbEngine>();
}

std::unique_ptr<SampleEngine> MakePostgresEngine() {
  return PostgresSession::IsAvailable() ? std::make_unique<PostgresEngine>() : nullptr;
}

std::string CsvTable(const std::filesystem::path& path) {
  return "read_csv(" + SqlText(path.string()) +
         ", header = true, all_varchar = true, nullstr = '\\N', quote = '\"', escape = '\"', delim "
         "= ',', max_line_size = 100000000)";
}

std::string LoadTable(SampleEngine& engine, const catalog::CatalogIndex& index,
                      const catalog::Table& table, const std::filesystem::path& rows) {
  engine.Run("create schema if not exists " + engine.Quoted(table.name.schema));
  const std::string name = engine.Quoted(table.name);
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
  const TranslatedQuery query = dialects::TranslateView(
      index, all, engine.target(), dialects::QuotedRelationNamer(engine.target()));
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const catalog::Column& column = table.columns[i];
    std::string type = dialects::TargetType(column.type, engine.target());
    if (type.empty() && i < query.columns.size()) type = query.columns[i].target_type;
    if (type.empty()) type = "VARCHAR";
    const std::string quoted = engine.Quoted(column.name);
    definition += (i == 0 ? "" : ", ") + quoted + " " + type;
    std::string value = "cast(" + quoted + " as " + type + ")";
    if (type == "BLOB" || type == "BYTEA") value = engine.Bytes(quoted);
    if (type == "BOOLEAN") value = "cast(cast(" + quoted + " as integer) as boolean)";
    selection += (i == 0 ? "" : ", ") + value;
  }
  std::string error = engine.Run("create table " + name + " (" + definition + ")").error;
  if (!error.empty() || !std::filesystem::exists(csv)) return error;
  error = engine.Stage(csv);
  if (!error.empty()) return error;
  return engine.Run("insert into " + name + " select " + selection + " from staged").error;
}

std::map<std::string, std::string> CreateViews(SampleEngine& engine,
                                               const catalog::CatalogIndex& index) {
  std::map<std::string, std::string> errors;
  std::vector<const catalog::View*> left;
  for (const catalog::View& view : index.catalog().views) left.push_back(&view);
  bool progress = true;
  while (progress && !left.empty()) {
    progress = false;
    std::vector<const catalog::View*> again;
    for (const catalog::View* view : left) {
      const TranslatedQuery query = dialects::TranslateView(
          index, *view, engine.target(), dialects::QuotedRelationNamer(engine.target()));
      engine.Run("create schema if not exists " + engine.Quoted(view->name.schema));
      std::string& error = errors[view->name.ToString()];
      error = query.converted() ? engine
                                      .Run("create view " + engine.Quoted(view->name) + " as " +
                                           WithClock(query.sql, engine.clock()))
                                      .error
                                : "refused";
      if (error.empty())
        progress = true;
      else
        again.push_back(view);
    }
    left = std::move(again);
  }
  return errors;
}

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

std::string WithClock(std::string sql, const std::string& clock) {
  constexpr std::string_view kTime = "timestamp '2025-06-16 12:00:00'";
  for (size_t at = sql.find(clock); at != std::string::npos; at = sql.find(clock, at)) {
    sql.replace(at, clock.size(), kTime);
    at += kTime.size();
  }
  return sql;
}

std::vector<ComparedCall> CompareCalls(SampleEngine& engine, const catalog::CatalogIndex& index,
                                       const std::filesystem::path& expected, double tolerance) {
  std::vector<ComparedCall> compared;
  DuckDbSession reader;
  for (const auto& call : reader.Run("from " + CsvTable(expected / "_exec.csv")).rows) {
    const std::filesystem::path csv = expected / (call[0] + ".csv");
    if (!std::filesystem::exists(csv)) continue;
    ComparedCall& result = compared.emplace_back(call[1], CalledRoutines(index, call[1]), "");
    const std::string sql = CallText(engine, index, result);
    result.difference = sql.empty() ? "refused"
                                    : Difference(engine.RunAsText(WithClock(sql, engine.clock())),
                                                 reader.Run("from " + CsvTable(csv)), tolerance);
  }
  return compared;
}

double ToleranceOf(const catalog::ObjectName& view, double usual) {
  return view.name == "Category Sales for 1997" ? 0.08 : usual;
}

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
      if (!SameValue(actual.rows[i][k], expected.rows[i][k], tolerance)) {
        return actual.columns[k] + ": " + actual.rows[i][k] + " for " + expected.rows[i][k];
      }
    }
  }
  return "";
}

}  // namespace datamigrate::testing
