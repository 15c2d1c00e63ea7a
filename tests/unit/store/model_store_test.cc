// Usage, budgets, answers and registered models of language models, in PostgreSQL.
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "absl/time/clock.h"
#include "agent_engine/routing/model_caller.h"
#include "agent_engine/store/migration_store.h"
#include "agent_engine/store/model_answers.h"
#include "agent_engine/store/model_grades.h"
#include "agent_engine/store/model_ledger.h"
#include "agent_engine/store/model_register.h"
#include "agent_engine/store/schema.h"
#include "agent_engine/store/transaction_writer.h"
#include "common/crypto/random.h"
#include "common/pg/schema.h"
#include "common/pg/transaction.h"
#include "tests/unit/store/test_database.h"

namespace datamigrate::store {
namespace {

using routing::BudgetUse;
using routing::CauseOf;
using routing::FailureCause;

struct World {
  World() {
    const auto connection = pg::Connection::Open(database.options());
    REQUIRE(connection.ok());
    REQUIRE(pg::ApplySchema(**connection, Schema()).ok());
  }
  TestDatabase database;
};

const absl::Time kNow = absl::FromUnixSeconds(1795305600);

std::vector<BudgetUse> Daily(int64_t limit, std::string subject = "acme") {
  return {{"daily", std::move(subject), kNow + absl::Hours(24), "2026-11-22", limit}};
}

routing::CallRecord Record(int64_t cost) {
  routing::CallRecord record;
  record.call = crypto::RandomUuid();
  record.tenant = "acme";
  record.agent = "rebuilder";
  record.task = "complex";
  record.model = "main";
  record.deployment = "main-a";
  record.outcome = "answered";
  record.usage = {100, 10, 0, 20, false};
  record.cost_microdollars = cost;
  record.latency = absl::Milliseconds(1500);
  record.began = kNow;
  return record;
}

TEST_CASE("A budget is held to by what is spent and what is set aside", "[store][models]") {
  World world;
  ModelLedger ledger(&world.database.pool());
  const auto first = ledger.Reserve(Daily(100), 60, kNow, kNow + absl::Minutes(5));
  REQUIRE(first.ok());
  const auto refused = ledger.Reserve(Daily(100), 60, kNow, kNow + absl::Minutes(5));
  CHECK(CauseOf(refused.status()) == FailureCause::kBudgetSpent);
  ledger.Settle(*first, Record(25));
  ledger.Flush();
  const auto second = ledger.Reserve(Daily(100), 75, kNow, kNow + absl::Minutes(5));
  CHECK(second.ok());
  const auto budgets = ledger.Budgets("acme");
  REQUIRE(budgets.ok());
  REQUIRE(budgets->size() == 1);
  CHECK(budgets->front().spent_microdollars == 25);
  CHECK(budgets->front().held_microdollars == 75);
}

TEST_CASE("All budgets of a call have room or none is touched", "[store][models]") {
  World world;
  ModelLedger ledger(&world.database.pool());
  std::vector<BudgetUse> uses = Daily(1000);
  uses.push_back({"a site", "", kNow, "2026-11", 10});
  CHECK_FALSE(ledger.Reserve(uses, 60, kNow, kNow + absl::Minutes(5)).ok());
  CHECK(world.database.Value("SELECT count(*)::text AS value FROM model_reservations") == "0");
}

TEST_CASE("Engines that reserve at once never go beyond a budget", "[store][models]") {
  World world;
  ModelLedger one(&world.database.pool()), two(&world.database.pool());
  std::atomic<int> granted = 0, refused = 0;  // Catch2 takes assertions of one thread
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      ModelLedger& ledger = i % 2 == 0 ? one : two;
      std::vector<BudgetUse> uses = Daily(10 * 7);
      uses.push_back({"monthly", "acme", kNow, "2026-11", 1000000});
      if (i % 3 == 0) std::swap(uses[0], uses[1]);
      for (int k = 0; k < 10; ++k) {
        const auto reserved = ledger.Reserve(uses, 7, kNow, kNow + absl::Minutes(5));
        if (!reserved.ok()) {
          if (CauseOf(reserved.status()) == FailureCause::kBudgetSpent) ++refused;
          continue;
        }
        ++granted;
        ledger.Settle(*reserved, Record(7));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  one.Flush();
  two.Flush();
  CHECK(granted == 10);
  CHECK(refused == 8 * 10 - 10);
  CHECK(world.database.Value(
            "SELECT spent::text AS value FROM model_budgets WHERE budget = 'daily'") == "70");
}

TEST_CASE("What a process that died had set aside counts as spent", "[store][models]") {
  World world;
  ModelLedger ledger(&world.database.pool());
  REQUIRE(ledger.Reserve(Daily(100), 60, kNow, kNow - absl::Seconds(1)).ok());
  const auto next = ledger.Reserve(Daily(100), 50, kNow, kNow + absl::Minutes(5));
  CHECK(CauseOf(next.status()) == FailureCause::kBudgetSpent);
  CHECK(ledger.Budgets("acme")->front().spent_microdollars == 60);
}

TEST_CASE("Usage is summed by day, model, agent and task, of one organization", "[store][models]") {
  World world;
  ModelLedger ledger(&world.database.pool());
  ledger.Settle("", Record(25));
  ledger.Settle("", Record(30));
  routing::CallRecord failed = Record(0);
  failed.outcome = "529 overloaded_error\xFF";
  ledger.Settle("", failed);
  routing::CallRecord other = Record(1);
  other.tenant = "other";
  ledger.Settle("", other);
  ledger.Flush();
  const auto usage = ledger.Usage("acme", "", kNow - absl::Hours(1), kNow + absl::Hours(1));
  REQUIRE(usage.ok());
  REQUIRE(usage->size() == 1);
  const ModelUsageRow& row = usage->front();
  CHECK(row.day == "2026-11-22");
  CHECK(row.calls == 3);
  CHECK(row.answered == 2);
  CHECK(row.cost_microdollars == 55);
  CHECK(row.input_tokens == 300);
  CHECK(row.latency_p50_microseconds == 1500000);
}

TEST_CASE("Answers are kept until they expire, by organization", "[store][models]") {
  World world;
  ModelAnswers answers(&world.database.pool());
  REQUIRE(answers.Store("acme", "k", "one", kNow, kNow + absl::Hours(1)).ok());
  REQUIRE(answers.Store("acme", "k", "two", kNow, kNow + absl::Hours(1)).ok());
  CHECK(*answers.Find("acme", "k", kNow) == "one");
  CHECK(*answers.Find("other", "k", kNow) == std::nullopt);
  const absl::Time later = kNow + absl::Hours(2);
  CHECK(*answers.Find("acme", "k", later) == std::nullopt);
  REQUIRE(answers.Store("acme", "k", "three", later, later + absl::Hours(1)).ok());
  CHECK(*answers.Find("acme", "k", later) == "three");
  CHECK(*answers.DropExpired(later + absl::Hours(2)) == 1);
}

TEST_CASE("A registered model comes back, and its key is not in the database", "[store][models]") {
  World world;
  const std::string path = "/tmp/model_register_test." + crypto::RandomToken();
  const auto sealing = crypto::SealingKey::LoadOrCreate(path);
  REQUIRE(sealing.ok());
  ModelRegister models(&world.database.pool(), *sealing);
  routing::Model model;
  model.name = "ours";
  model.tenant = "acme";
  model.context_tokens = 4096;
  model.max_output_tokens = 1024;
  model.prices = {{0, {1, 2, 1, 1}}};
  model.fallbacks = {"spare"};
  model.is_custom = true;
  model.deployments.resize(1);
  model.deployments[0].name = "ours";
  model.deployments[0].protocol = "vllm";
  model.deployments[0].url = "http://127.0.0.1:9000";
  model.deployments[0].provider_model = "m";
  model.deployments[0].key = ModelRegister::KeyReference("acme", "ours");
  REQUIRE(models.Put(model, "sk-very-secret").ok());
  REQUIRE(models.All().ok());
  CHECK(*models.All() == std::vector<routing::Model>{model});
  CHECK(*models.FindKey(model.deployments[0].key) == "sk-very-secret");
  CHECK(world.database.Value(
            "SELECT (position('secret' in encode(key, 'escape')) = 0)::text AS value "
            "FROM custom_models") == "true");
  // Changed without a key, it keeps the one it has.
  model.context_tokens = 8192;
  REQUIRE(models.Put(model, "").ok());
  CHECK(*models.FindKey(model.deployments[0].key) == "sk-very-secret");
  // A key that is moved to another row does not open there.
  world.database.Run("UPDATE custom_models SET tenant = 'other'");
  CHECK_FALSE(models.FindKey(ModelRegister::KeyReference("other", "ours")).ok());
  CHECK(models.Remove("acme", "ours").code() == absl::StatusCode::kNotFound);
  CHECK(models.Remove("other", "ours").ok());
  std::remove(path.c_str());
}

TEST_CASE("Grades are summed by code, tier and model, and a later verdict replaces an earlier one",
          "[store][models]") {
  World world;
  pg::Pool& pool = world.database.pool();
  MigrationStore migrations(&pool);
  const auto migration = migrations.Create({.tenant = "acme", .name = "shop"});
  REQUIRE(migration.ok());
  const auto record = [&](const std::vector<ModelGrade>& grades) {
    return pg::InTransaction(pool, {}, [&](pg::Transaction& transaction) {
      return TransactionWriter(&transaction, migration->id).RecordGrades(grades);
    });
  };
  const ModelGrade lamps{.object = "dbo.lamps",
                         .tier = "simple",
                         .model = "small",
                         .codes = {"TP0101", "TP0102"},
                         .verdict = "unproven",
                         .cost_microdollars = 10};
  ModelGrade again = lamps;
  again.attempt = 1;
  again.verdict = "differs";
  REQUIRE(record({lamps, again}).ok());
  ModelGrade accepted = lamps;
  accepted.is_accepted = true;
  REQUIRE(record({accepted}).ok());

  ModelGrades grades(&pool);
  const absl::Time now = absl::Now();
  const auto sums = grades.Sums("acme", "", now - absl::Hours(1), now + absl::Hours(1));
  REQUIRE(sums.ok());
  REQUIRE(sums->size() == 2);
  const ModelGradeSum& first = sums->front();
  CHECK(first.code == "TP0101");
  CHECK(first.answers == 2);
  CHECK(first.proven == 0);
  CHECK(first.accepted == 1);
  CHECK(first.wrong == 1);
  CHECK(first.cost_microdollars == 20);
  CHECK(grades.Sums("acme", migration->id, now - absl::Hours(1), now + absl::Hours(1))->size() ==
        2);
  CHECK(grades.Sums("other", "", now - absl::Hours(1), now + absl::Hours(1))->empty());
  CHECK(grades.Sums("acme", "", now + absl::Hours(1), now + absl::Hours(2))->empty());
  CHECK(absl::IsInvalidArgument(grades.Sums("acme", "m1", now - absl::Hours(1), now).status()));
}

}  // namespace
}  // namespace datamigrate::store
