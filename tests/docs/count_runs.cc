// Runs what converts of one database on DuckDB and PostgreSQL and counts, as JSON on standard
// output: {"duckdb": {"view": {"runs": 12, "compared": 12, "equal": 12}, …}, "postgres": …}.
//
// count_runs SCRIPTS ROWS EXPECTED TOLERANCE: the folders may be absent; without rows the tables
// are empty, without expected results nothing is compared. PostgreSQL is the server that
// DATAMIGRATE_TEST_DATABASE_URL names.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>

#include "agent_engine/source/scripts/script_source.h"
#include "nlohmann/json.hpp"
#include "tests/unit/dialects/sample_engine.h"

namespace {

using namespace datamigrate;
using dialects::TranslatedQuery;
using testing::SampleEngine;

struct Folders {
  std::filesystem::path scripts;
  std::filesystem::path rows;
  std::filesystem::path expected;
  double tolerance = 0;
};

struct Count {
  int runs = 0;
  int compared = 0;
  int equal = 0;

  void Add(bool is_equal) {
    ++compared;
    equal += is_equal;
  }
};

void Note(const catalog::ObjectName& name, const std::string& why) {
  std::fprintf(stderr, "%s: %s\n", name.ToString().c_str(), why.c_str());
}

std::string KindOf(const catalog::Routine& routine) {
  return routine.kind == catalog::RoutineKind::kProcedure ? "procedure" : "function";
}

class Counter {
 public:
  Counter(SampleEngine& engine, const catalog::CatalogIndex& index, const Folders& folders)
      : engine_(engine), index_(index), folders_(folders) {}

  nlohmann::ordered_json Run() {
    CountTables();
    CountViews();
    CountRoutines();
    nlohmann::ordered_json result = nlohmann::ordered_json::object();
    for (const auto& [kind, count] : counts_) {
      result[kind] = {{"runs", count.runs}, {"compared", count.compared}, {"equal", count.equal}};
    }
    return result;
  }

 private:
  void CountTables() {
    for (const catalog::Table& table : index_.catalog().tables) {
      const std::string error = testing::LoadTable(engine_, index_, table, folders_.rows);
      if (error.empty())
        ++counts_["table"].runs;
      else
        Note(table.name, error);
    }
  }

  void CountViews() {
    for (const auto& [name, error] : testing::CreateViews(engine_, index_)) errors_[name] = error;
    for (const catalog::View& view : index_.catalog().views) {
      if (errors_[view.name.ToString()] == "refused") continue;
      std::string error = errors_[view.name.ToString()];
      testing::Rows rows;
      if (error.empty()) {
        rows = engine_.RunAsText("select * from " + engine_.Quoted(view.name));
        error = rows.error;
      }
      if (!error.empty()) {
        Note(view.name, error);
        continue;
      }
      ++counts_["view"].runs;
      Compare(view.name, std::move(rows));
    }
  }

  void CountRoutines() {
    for (const catalog::Routine& routine : index_.catalog().routines) {
      const TranslatedQuery query = dialects::TranslateRoutine(
          index_, routine, engine_.target(), dialects::QuotedRelationNamer(engine_.target()));
      if (!query.converted()) continue;
      std::string error;
      if (!query.sql.empty()) error = engine_.RunAsText(testing::Bind(query.sql, "")).error;
      for (const dialects::TranslatedPart& part : query.parts) {
        if (error.empty()) error = engine_.RunAsText(testing::Bind(part.sql, "")).error;
      }
      if (!error.empty()) {
        Note(routine.name, error);
        continue;
      }
      ++counts_[KindOf(routine)].runs;
    }
    CompareCalls();
  }

  // A routine is equal when every call of it is.
  void CompareCalls() {
    std::map<const catalog::Routine*, bool> equal;
    if (!std::filesystem::exists(folders_.expected / "_exec.csv")) return;
    for (const auto& call :
         testing::CompareCalls(engine_, index_, folders_.expected, folders_.tolerance)) {
      for (const catalog::Routine* routine : call.routines) {
        if (call.difference == "refused") continue;
        equal.try_emplace(routine, true).first->second &= call.difference.empty();
        if (!call.difference.empty()) Note(routine->name, call.difference);
      }
    }
    for (const auto& [routine, is_equal] : equal) counts_[KindOf(*routine)].Add(is_equal);
  }

  void Compare(const catalog::ObjectName& view, testing::Rows rows) {
    const std::filesystem::path csv = folders_.expected / (view.ToString() + ".csv");
    if (!std::filesystem::exists(csv)) return;
    const std::string difference =
        testing::Difference(std::move(rows), reader_.Run("from " + testing::CsvTable(csv)),
                            testing::ToleranceOf(view, folders_.tolerance));
    counts_["view"].Add(difference.empty());
    if (!difference.empty()) Note(view, difference);
  }

  SampleEngine& engine_;
  const catalog::CatalogIndex& index_;
  const Folders& folders_;
  testing::DuckDbSession reader_;
  std::map<std::string, Count> counts_;
  std::map<std::string, std::string> errors_;
};

int Run(const Folders& folders) {
  source::ScriptSourceOptions options;
  options.load_rows = false;
  const auto opened = source::ScriptSource::Open(folders.scripts, options);
  if (!opened.ok()) {
    std::fprintf(stderr, "%s\n", std::string(opened.status().message()).c_str());
    return 1;
  }
  const catalog::CatalogIndex index((*opened)->catalog());
  nlohmann::ordered_json result;
  for (const auto& engine : {testing::MakeDuckDbEngine(), testing::MakePostgresEngine()}) {
    if (engine == nullptr) {
      std::fprintf(stderr, "DATAMIGRATE_TEST_DATABASE_URL names no PostgreSQL server\n");
      return 1;
    }
    std::fprintf(stderr, "-- %s\n", std::string(dialects::TargetName(engine->target())).c_str());
    result[std::string(dialects::TargetName(engine->target()))] =
        Counter(*engine, index, folders).Run();
  }
  std::printf("%s\n", result.dump(1).c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: count_runs SCRIPTS ROWS EXPECTED TOLERANCE\n");
    return 2;
  }
  return Run({argv[1], argv[2], argv[3], std::strtod(argv[4], nullptr)});
}
