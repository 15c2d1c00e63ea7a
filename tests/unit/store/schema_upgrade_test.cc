// What changes of the schema do to the rows that are there.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "agent_engine/store/schema.h"
#include "tests/unit/store/test_database.h"

namespace datamigrate::store {
namespace {

constexpr char kRun[] = "00000000-0000-4000-8000-000000000001";
constexpr char kOtherRun[] = "00000000-0000-4000-8000-000000000002";

class SchemaFixture {
 public:
  // Applies the files up to this number.
  void Apply(int last) {
    pg::SchemaComponent part = Schema();
    std::erase_if(part.files, [last](const pg::SchemaFile& file) { return file.number > last; });
    auto connection = database.pool().Acquire();
    REQUIRE(connection.ok());
    REQUIRE(pg::ApplySchema(**connection, part).ok());
  }

  void AddRun(const std::string& id) {
    database.Run("INSERT INTO migrations (id, tenant, created_by, name, request) VALUES ('" + id +
                 "', 'acme', 'ada', 'shop', '')");
    database.Run("INSERT INTO jobs (run_id, kind) VALUES ('" + id + "', 'migration')");
    database.Run(
        "INSERT INTO workflow_checkpoints (run_id, step, node, next_node, status, state,"
        " fencing_token) VALUES ('" +
        id + "', 0, '', 'plan', 'running', 'state', 1)");
    database.Run("INSERT INTO journal (run_id, step, key) VALUES ('" + id + "', 1, 'load')");
    database.Run("INSERT INTO migration_events (migration_id, sequence, kind, payload) VALUES ('" +
                 id + "', 1, 'created', '{}')");
  }

  std::string RowsOf(const std::string& id) {
    return database.Value(
        "SELECT concat_ws(' ', (SELECT count(*) FROM jobs WHERE run_id = r.id),"
        " (SELECT count(*) FROM workflow_checkpoints WHERE run_id = r.id),"
        " (SELECT count(*) FROM journal WHERE run_id = r.id),"
        " (SELECT count(*) FROM migration_events WHERE migration_id = r.id))"
        " AS value FROM (SELECT '" +
        id + "'::uuid AS id) r");
  }

  TestDatabase database;
};

constexpr int kNewest = 1 << 20;

TEST_CASE_METHOD(SchemaFixture, "Rows of runs outlive the end of their foreign keys", "[store]") {
  Apply(13);
  AddRun(kRun);
  Apply(kNewest);
  CHECK(RowsOf(kRun) == "1 1 1 1");
}

TEST_CASE_METHOD(SchemaFixture, "A migration that is deleted takes its run along, and no other",
                 "[store]") {
  Apply(kNewest);
  AddRun(kRun);
  AddRun(kOtherRun);
  database.Run(std::string("DELETE FROM migrations WHERE id = '") + kRun + "'");
  CHECK(RowsOf(kRun) == "0 0 0 0");
  CHECK(RowsOf(kOtherRun) == "1 1 1 1");
}

}  // namespace
}  // namespace datamigrate::store
