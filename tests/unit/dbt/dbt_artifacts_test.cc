#include "agent_engine/dbt/dbt_artifacts.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "agent_engine/dbt/dbt_runner.h"

namespace datamigrate::dbt {
namespace {

namespace fs = std::filesystem;

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text) {
    std::string pattern = (fs::temp_directory_path() / "datamigrate-XXXXXX").string();
    close(mkstemp(pattern.data()));
    path_ = pattern;
    std::ofstream(path_) << text;
  }
  ~TemporaryFile() { fs::remove(path_); }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

TEST_CASE("Results are read node by node", "[dbt]") {
  const TemporaryFile file(R"({"results": [
    {"unique_id": "model.shop.stg_a", "status": "success", "execution_time": 0.25, "message": "OK",
     "failures": null},
    {"unique_id": "test.shop.not_null_a.0f1", "status": "fail", "message": "Got 2 results",
     "failures": 2},
    {"unique_id": "model.shop.b", "status": "skipped"}, 7]})");
  const auto results = ReadRunResults(file.path());
  REQUIRE(results.ok());
  REQUIRE(results->size() == 3);
  CHECK((*results)[0].name == "stg_a");
  CHECK((*results)[0].resource_type == "model");
  CHECK((*results)[0].succeeded());
  CHECK((*results)[0].seconds == 0.25);
  CHECK((*results)[1].name == "not_null_a");
  CHECK((*results)[1].failed());
  CHECK((*results)[1].failures == 2);
  CHECK_FALSE((*results)[2].succeeded());
  CHECK_FALSE((*results)[2].failed());
}

TEST_CASE("Broken and absent results are told", "[dbt]") {
  for (const char* text : {"", "{", "[]", "{\"results\": 1}", "null", "\xFF"}) {
    const TemporaryFile file(text);
    CHECK(absl::IsDataLoss(ReadRunResults(file.path()).status()));
  }
  CHECK(absl::IsNotFound(ReadRunResults("/nowhere/run_results.json").status()));
}

TEST_CASE("Log lines say which node is done", "[dbt]") {
  const auto event = ParseLogLine(
      R"({"data": {"index": 2, "total": 5, "node_info": {"node_name": "stg_a"}, "status": "OK"},
          "info": {"name": "LogModelResult", "level": "info", "msg": "2 of 5 OK"}})");
  REQUIRE(event);
  CHECK(event->is_finished);
  CHECK(event->node == "stg_a");
  CHECK(event->index == 2);
  CHECK(event->total == 5);
  CHECK_FALSE(ParseLogLine("Running with dbt=1.11"));
  CHECK_FALSE(ParseLogLine("{\"info\": 3}"));
  CHECK_FALSE(ParseLogLine("{"));
  CHECK(ParseLogLine(R"({"info": {"name": 1}, "data": []})"));
}

TEST_CASE("A missing dbt is a precondition that says what to do", "[dbt]") {
  DbtOptions options;
  options.dbt = "/nowhere/bin/dbt";
  options.work = fs::temp_directory_path() / "datamigrate-no-dbt";
  const auto result = RunDbt(options, "run");
  fs::remove_all(options.work);
  CHECK(absl::IsFailedPrecondition(result.status()));
  CHECK_THAT(std::string(result.status().message()), Catch::Contains("deploy/local/setup"));
}

}  // namespace
}  // namespace datamigrate::dbt
