// Chains of audit rows in PostgreSQL: what is appended holds together, and what is done to it
// afterwards is found.
#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "common/audit/chain_writer.h"
#include "common/audit/stored_rows.h"
#include "common/audit/upkeep.h"
#include "common/audit/verify.h"
#include "common/pg/pool.h"
#include "common/pg/schema.h"
#include "gateway/store/schema.h"
#include "tests/support/test_database.h"

namespace datamigrate::audit {
namespace {

constexpr const char* kOne = "11111111-2222-4333-8444-555555555555";
constexpr const char* kTwo = "22222222-2222-4333-8444-555555555555";
constexpr const char* kAnn = "aaaaaaaa-2222-4333-8444-555555555555";
constexpr const char* kBob = "bbbbbbbb-2222-4333-8444-555555555555";

Row RowBy(const std::string& user, const std::string& object, const std::string& chain = kOne) {
  Row row;
  row.organization_id = chain;
  row.user_id = user;
  row.remote_address = "192.0.2.7";
  row.session_id = "s";
  row.action = "changeUser";
  row.object = object;
  row.status = 204;
  row.request_id = "r";
  return row;
}

struct Store {
  Store() : database(std::getenv("DATAMIGRATE_TEST_DATABASE_URL")), pool(Options()) {
    auto connection = pool.Acquire();
    REQUIRE(connection.ok());
    REQUIRE(pg::ApplySchema(**connection, gateway::Schema()).ok());
  }
  pg::PoolOptions Options() const {
    pg::PoolOptions options;
    options.connection.url = database.url();
    return options;
  }
  void Append(std::vector<Row> rows) {
    ChainWriter writer(&pool);
    REQUIRE(writer.Write(rows).ok());
  }
  // "sequence: what" of every flaw in every chain.
  std::vector<std::string> Flaws(const Anchors& anchors = {}) {
    auto connection = pool.Acquire();
    REQUIRE(connection.ok());
    const auto reports = VerifyChains(**connection, anchors);
    INFO(reports.status().ToString());
    REQUIRE(reports.ok());
    std::vector<std::string> flaws;
    for (const ChainReport& report : *reports) {
      for (const Flaw& flaw : report.flaws) {
        flaws.push_back(std::to_string(flaw.sequence) + ": " + flaw.what);
      }
    }
    return flaws;
  }
  Anchors Heads() {
    auto connection = pool.Acquire();
    const auto reports = VerifyChains(**connection, {});
    std::string lines = "# heads\n";
    for (const ChainReport& report : *reports) lines += AnchorLine(report) + "\n";
    return ParseAnchors(lines).value();
  }
  absl::Status Try(const std::string& sql) { return pg::Execute(pool, {}, {"test", sql}).status(); }
  void Tamper(const std::string& sql) {
    auto connection = pool.Acquire();
    REQUIRE((*connection)
                ->ExecuteScript({"tamper", "ALTER TABLE audit_logs DISABLE TRIGGER ALL;" + sql +
                                               ";ALTER TABLE audit_logs ENABLE TRIGGER ALL"})
                .ok());
  }
  int64_t Count(const std::string& sql) {
    return pg::Execute(pool, {}, {"count", "SELECT count(*) AS n FROM " + sql})
        ->front()
        .Get<int64_t>("n");
  }

  testing::TestDatabase database;
  pg::Pool pool;
};

std::vector<Row> Five() {
  return {RowBy(kAnn, "a"), RowBy(kBob, "b"), RowBy(kAnn, kBob), RowBy(kBob, "d"),
          RowBy(kAnn, "e")};
}

TEST_CASE("Chains that nobody touched are whole", "[audit][service]") {
  Store store;
  store.Append({RowBy(kAnn, "a"), RowBy(kBob, "b", kTwo), RowBy("", "c", "")});
  store.Append(Five());
  CHECK(store.Flaws().empty());
  CHECK(store.Flaws(store.Heads()).empty());
  CHECK(store.Heads().size() == 3);
  CHECK_FALSE(store.Try("UPDATE audit_logs SET status = 1").ok());
  CHECK_FALSE(store.Try("UPDATE audit_logs SET user_id = ''").ok());
  CHECK_FALSE(store.Try("UPDATE audit_logs SET user_id = 'x', actor_salt = ''").ok());
  CHECK_FALSE(store.Try("DELETE FROM audit_logs").ok());
  CHECK_FALSE(store.Try("TRUNCATE audit_logs").ok());
}

// As rows were written before they had commitments.
constexpr char kAppendOfFirstVersion[] = R"(CREATE FUNCTION append_audit(p_organization uuid, p_user text, p_action text, p_object text,
                             p_status integer, p_request text, p_address text, p_body text)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  previous bytea;
  entry audit_logs;
BEGIN
  INSERT INTO audit_chains VALUES (p_organization, 0, ''::bytea) ON CONFLICT DO NOTHING;
  SELECT sequence + 1, hash INTO entry.sequence, previous
    FROM audit_chains WHERE organization_id = p_organization FOR UPDATE;
  entry.organization_id := p_organization;
  entry.at := clock_timestamp();
  entry.user_id := p_user;
  entry.action := p_action;
  entry.object := p_object;
  entry.status := p_status;
  entry.request_id := p_request;
  entry.remote_address := p_address;
  entry.body_sha256 := p_body;
  entry.hash := audit_hash(previous, entry);
  INSERT INTO audit_logs VALUES (entry.*);
  UPDATE audit_chains SET sequence = entry.sequence, hash = entry.hash
    WHERE organization_id = p_organization;
  RETURN entry.sequence;
END $$;)";

TEST_CASE("Rows of the first version and later ones are one chain", "[audit][service]") {
  Store store;
  REQUIRE(store.Try(kAppendOfFirstVersion).ok());
  const std::string append = "SELECT append_audit('" + std::string(kOne) +
                             "', 'u', 'POST /x', 'o', 200, 'r', '192.0.2.1', '')";
  REQUIRE(store.Try(append).ok());
  store.Append(Five());
  REQUIRE(store.Try(append).ok());
  CHECK(store.Flaws().empty());
  store.Tamper("UPDATE audit_logs SET remote_address = '192.0.2.9' WHERE sequence = 1");
  CHECK(store.Flaws() == std::vector<std::string>{"1: the row was changed"});
}

TEST_CASE("Whatever is done to a row is found", "[audit][service]") {
  Store store;
  store.Append(Five());
  const auto [sql, expected] = GENERATE(table<std::string, std::string>({
      {"UPDATE audit_logs SET status = 200 WHERE sequence = 2", "2: the row was changed"},
      {"UPDATE audit_logs SET action = 'x' WHERE sequence = 2", "2: the row was changed"},
      {"UPDATE audit_logs SET verdict = 'allow' WHERE sequence = 2", "2: the row was changed"},
      {"UPDATE audit_logs SET rules = 'x' WHERE sequence = 2", "2: the row was changed"},
      {"UPDATE audit_logs SET findings = 'x' WHERE sequence = 2", "2: the row was changed"},
      {"UPDATE audit_logs SET body_sha256 = 'x' WHERE sequence = 2", "2: the row was changed"},
      {"UPDATE audit_logs SET request_id = 'x' WHERE sequence = 2", "2: the row was changed"},
      {"UPDATE audit_logs SET latency_micros = 1 WHERE sequence = 2", "2: the row was changed"},
      {"UPDATE audit_logs SET occurrences = 9 WHERE sequence = 2", "2: the row was changed"},
      {"UPDATE audit_logs SET at = at + interval '1 microsecond' WHERE sequence = 2",
       "2: the row was changed"},
      {"UPDATE audit_logs SET hash_version = 1 WHERE sequence = 2", "2: the row was changed"},
      {"UPDATE audit_logs SET hash = sha256('x') WHERE sequence = 5", "5: the row was changed"},
      {"UPDATE audit_logs SET user_id = 'x' WHERE sequence = 2",
       "2: user, key, session or address was changed"},
      {"UPDATE audit_logs SET remote_address = 'x' WHERE sequence = 2",
       "2: user, key, session or address was changed"},
      {"UPDATE audit_logs SET key_id = 'x' WHERE sequence = 2",
       "2: user, key, session or address was changed"},
      {"UPDATE audit_logs SET session_id = '' WHERE sequence = 2",
       "2: user, key, session or address was changed"},
      {"UPDATE audit_logs SET object = 'x' WHERE sequence = 2", "2: the object was changed"},
      {"UPDATE audit_logs SET user_id = '', session_id = '', remote_address = '', actor_salt = ''"
       " WHERE sequence = 2",
       "2: the actor was erased, and no erasure on record says so"},
      {"DELETE FROM audit_logs WHERE sequence = 1", "1: row 1 is missing"},
      {"DELETE FROM audit_logs WHERE sequence IN (2, 3)", "2: rows 2 to 3 are missing"},
      {"DELETE FROM audit_logs WHERE sequence = 5", "5: row 5 is missing at the end"},
      {"DELETE FROM audit_logs", "1: rows 1 to 5 are missing at the end"},
      {"UPDATE audit_logs SET sequence = CASE sequence WHEN 2 THEN -3 ELSE -2 END"
       " WHERE sequence IN (2, 3); UPDATE audit_logs SET sequence = -sequence WHERE sequence < 0",
       "2: the row was changed"},
      {"DELETE FROM audit_chains", "1: rows 1 to 5 are beyond the chain's end"},
      {"UPDATE audit_chains SET hash = ''", "5: the chain's end has another hash"},
      {"DELETE FROM audit_logs WHERE sequence < 3; INSERT INTO audit_checkpoints"
       " SELECT organization_id, 2, hash, 5 FROM audit_logs WHERE sequence = 3",
       "3: the row was changed"},
      {"INSERT INTO audit_checkpoints SELECT organization_id, 2, hash, 5 FROM audit_logs"
       " WHERE sequence = 2; DELETE FROM audit_logs WHERE sequence < 3",
       "2: rows were dropped, and no row of the chain says so"},
  }));
  INFO(sql);
  store.Tamper(sql);
  const std::vector<std::string> flaws = store.Flaws();
  REQUIRE_FALSE(flaws.empty());
  CHECK(flaws.front().starts_with(expected));
}

TEST_CASE("An anchor shows what full rights over the database can hide", "[audit][service]") {
  Store store;
  store.Append(Five());
  const Anchors anchors = store.Heads();
  SECTION("the end is cut, and the head with it") {
    store.Tamper(
        "DELETE FROM audit_logs WHERE sequence > 3; UPDATE audit_chains SET sequence = 3,"
        " hash = (SELECT hash FROM audit_logs WHERE sequence = 3)");
    CHECK(store.Flaws().empty());
    CHECK(
        store.Flaws(anchors) ==
        std::vector<std::string>{"4: rows 4 to 5 are missing: the anchor knows of a longer chain"});
  }
  SECTION("the chain is written anew") {
    store.Tamper("DELETE FROM audit_logs; DELETE FROM audit_chains");
    store.Append({RowBy(kBob, "a"), RowBy(kBob, "b"), RowBy(kBob, "c"), RowBy(kBob, "d"),
                  RowBy(kBob, "e"), RowBy(kBob, "f")});
    CHECK(store.Flaws().empty());
    CHECK(store.Flaws(anchors).front().starts_with("5: the chain was written anew"));
  }
  SECTION("the chain is gone altogether") {
    store.Tamper("DELETE FROM audit_logs; DELETE FROM audit_chains");
    CHECK(store.Flaws().empty());
    CHECK(store.Flaws(anchors).size() == 1);
  }
  SECTION("it only grew") {
    store.Append(Five());
    CHECK(store.Flaws(anchors).empty());
  }
}

TEST_CASE("A file of anchors is read line by line", "[audit]") {
  CHECK(ParseAnchors("").value().empty());
  CHECK(absl::IsInvalidArgument(ParseAnchors("# x\na 1 zz\n").status()));
  CHECK(ParseAnchors("# x\na 1 zz\n").status().message().find("line 2") != std::string::npos);
  const std::string hash(64, 'a');
  CHECK(ParseAnchors("o 7 " + hash).value().at("o").at(7) == std::string(32, '\xaa'));
}

TEST_CASE("Several writers of one chain follow one another", "[audit][service]") {
  Store store;
  std::atomic<int> written = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        ChainWriter writer(&store.pool);
        for (int batch = 0; batch < 10; ++batch) {
          std::vector<Row> rows = Five();
          rows.push_back(RowBy(kAnn, "other", kTwo));
          written += writer.Write(rows).ok() ? static_cast<int>(rows.size()) : 0;
        }
      });
    }
  }
  CHECK(written == 240);
  CHECK(store.Count("audit_logs") == 240);
  CHECK(store.Flaws().empty());
}

TEST_CASE("Texts that PostgreSQL does not take are stored as far as they go", "[audit][service]") {
  Store store;
  store.Append({RowBy(kAnn, std::string("a\0\xff", 3)), RowBy(kAnn, "{,\"\\}")});
  CHECK(store.Flaws().empty());
}

TEST_CASE("A person can be erased, and the chain stays whole", "[audit][service]") {
  Store store;
  store.Append(Five());
  store.Append({RowBy(kAnn, "x", kTwo)});
  Row by;
  by.user_id = kBob;
  const auto erasure = EraseUser(store.pool, kAnn, by);
  REQUIRE(erasure.ok());
  CHECK(erasure->actors == 4);
  CHECK(erasure->objects == 0);
  CHECK(store.Flaws().empty());
  CHECK(store.Count("audit_logs WHERE user_id = '" + std::string(kAnn) + "'") == 0);
  CHECK(store.Count("audit_logs WHERE sequence = 1 AND remote_address = ''") == 2);
  SECTION("as the object, too") {
    CHECK(EraseUser(store.pool, kBob, Row())->objects == 1);
    CHECK(store.Count("audit_logs WHERE object = '" + std::string(kBob) + "'") == 0);
    CHECK(store.Flaws().empty());
  }
  SECTION("but not beyond what is on record") {
    store.Tamper("UPDATE audit_erasures SET erased = erased || ' actor:2'");
    CHECK(store.Flaws().size() >= 1);
  }
  SECTION("and not back") {
    store.Tamper("UPDATE audit_logs SET user_id = 'x' WHERE sequence = 1");
    CHECK(store.Flaws().front() == "1: the erased actor is there again");
  }
  SECTION("without an id nothing is") {
    CHECK(absl::IsInvalidArgument(EraseUser(store.pool, "", by).status()));
  }
}

TEST_CASE("Old rows can be dropped, and the rest stays whole", "[audit][service]") {
  Store store;
  store.Append(Five());
  REQUIRE(EraseUser(store.pool, kAnn, Row()).ok());
  const Anchors anchors = store.Heads();
  const absl::Time cut = absl::Now();
  store.Append({RowBy(kBob, "young")});
  CHECK(*DropOldRows(store.pool, cut - absl::Hours(1), Row()) == 0);
  CHECK(*DropOldRows(store.pool, cut, Row()) == 6);
  CHECK(store.Count("audit_logs") == 2);
  CHECK(store.Count("audit_erasures") == 0);
  CHECK(store.Flaws().empty());
  CHECK(store.Flaws(anchors).empty());
  // The row that says so is old some day, too.
  CHECK(*DropOldRows(store.pool, absl::Now(), Row()) == 2);
  CHECK(*DropOldRows(store.pool, absl::Now(), Row()) == 0);
  CHECK(store.Count("audit_logs") == 1);
  CHECK(store.Flaws().empty());
  CHECK_FALSE(store.Try("DELETE FROM audit_logs").ok());
  store.Tamper("UPDATE audit_checkpoints SET through = through - 1");
  CHECK_FALSE(store.Flaws().empty());
}

TEST_CASE("Rows are found by what they say", "[audit][service]") {
  Store store;
  std::vector<Row> rows = Five();
  rows[1].rules = "a.b c.d";
  rows[1].verdict = "block";
  store.Append(rows);
  const auto count = [&](RowFilter filter) {
    filter.organization_id = kOne;
    size_t found = 0;
    const absl::Status read = pg::InTransaction(store.pool, {}, [&](pg::Transaction& transaction) {
      const auto oldest = ReadOldestRows(transaction, filter, 0, 3);
      const auto newest = ReadNewestRows(transaction, filter, 100, 3);
      if (!oldest.ok()) return oldest.status();
      REQUIRE(oldest->size() == newest->size());
      REQUIRE((oldest->empty() || oldest->front().sequence <= newest->front().sequence));
      found = oldest->size();
      return newest.status();
    });
    REQUIRE(read.ok());
    return found;
  };
  CHECK(count({}) == 3);
  CHECK(count({.user_id = kBob}) == 2);
  CHECK(count({.object = kBob}) == 1);
  CHECK(count({.rule = "c.d"}) == 1);
  CHECK(count({.rule = "c"}) == 0);
  CHECK(count({.verdict = "block", .status = 204}) == 1);
  CHECK(count({.status = 200}) == 0);
  CHECK(count({.from = absl::Now() + absl::Hours(1)}) == 0);
  CHECK(count({.to = absl::Now() - absl::Hours(1)}) == 0);
}

}  // namespace
}  // namespace datamigrate::audit
