#include "gateway/engine_client/create_batcher.h"

#include <catch2/catch.hpp>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace datamigrate::gateway {
namespace {

// Keeps the calls that a batcher makes until the test answers them.
struct Calls {
  struct Call {
    v1::CreateMigrationsRequest request;
    absl::Time deadline;
    CreateBatcher::Answered answered;
  };

  CreateBatcher::Send Send() {
    return [this](v1::CreateMigrationsRequest request, absl::Time deadline,
                  CreateBatcher::Answered answered) {
      made.push_back({std::move(request), deadline, std::move(answered)});
    };
  }

  // Each migration gets its source as its id.
  void Answer(size_t number) {
    v1::CreateMigrationsResponse response;
    for (const auto& item : made[number].request.items()) {
      auto* result = response.add_results();
      if (item.request().source().empty()) {
        result->set_code(3);
        result->set_message("no source");
      } else {
        result->mutable_migration()->set_id(item.tenant() + item.request().source());
      }
    }
    std::exchange(made[number].answered, nullptr)(std::move(response));
  }

  std::vector<Call> made;
};

v1::CreateMigrationRequest From(const std::string& source) {
  v1::CreateMigrationRequest request;
  request.set_source(source);
  return request;
}

const CreateBatcher::Defer kAtOnce = [](const std::function<void()>& function) { function(); };

const CallContext kContext{"t", "u", "r", absl::UnixEpoch()};

std::string Text(const absl::StatusOr<v1::Migration>& answer) {
  return answer.ok() ? answer->id() : answer.status().ToString();
}

TEST_CASE("What arrives while calls are under way travels in the next one", "[gateway][engine]") {
  Calls calls;
  std::vector<std::string> answers;
  CreateBatcher batcher({.max_calls = 1}, calls.Send(), kAtOnce);
  for (const std::string source : {"a", "b", "", "c"}) {
    batcher.Submit(kContext, "token", From(source),
                   [&](auto answer) { answers.push_back(Text(answer)); });
  }
  REQUIRE(calls.made.size() == 1);
  CHECK(calls.made[0].request.items_size() == 1);
  calls.Answer(0);
  CHECK(answers == std::vector<std::string>{"ta"});
  REQUIRE(calls.made.size() == 2);
  CHECK(calls.made[1].request.items_size() == 3);
  CHECK(calls.made[1].request.items(0).user() == "u");
  calls.Answer(1);
  CHECK(answers == std::vector<std::string>{"ta", "tb", "INVALID_ARGUMENT: no source", "tc"});
}

TEST_CASE("What arrives before the turn ends travels together", "[gateway][engine]") {
  Calls calls;
  std::vector<std::function<void()>> after_turn;
  std::vector<std::string> answers;
  CreateBatcher batcher({}, calls.Send(), [&](auto function) { after_turn.push_back(function); });
  for (const std::string source : {"a", "b", "c"}) {
    batcher.Submit(kContext, "", From(source),
                   [&](auto answer) { answers.push_back(Text(answer)); });
  }
  CHECK(calls.made.empty());
  for (const auto& function : after_turn) function();
  REQUIRE(calls.made.size() == 1);
  CHECK(calls.made[0].request.items_size() == 3);
  calls.Answer(0);
  CHECK(answers == std::vector<std::string>{"ta", "tb", "tc"});
}

TEST_CASE("A call takes so many migrations and bytes, and waits for the latest deadline",
          "[gateway][engine]") {
  Calls calls;
  CreateBatcher batcher({.max_calls = 1, .max_together = 2, .max_bytes = 1000}, calls.Send(),
                        kAtOnce);
  const auto submit = [&](const std::string& source, int seconds) {
    CallContext context = kContext;
    context.deadline += absl::Seconds(seconds);
    batcher.Submit(context, "token", From(source), [](const auto&) {});
  };
  submit("a", 1);
  submit("b", 3);
  submit("c", 2);
  submit("d", 4);
  submit(std::string(2000, 'e'), 5);
  submit("f", 6);
  std::vector<int> sizes;
  for (size_t i = 0; i < calls.made.size(); ++i) {
    sizes.push_back(calls.made[i].request.items_size());
    calls.Answer(i);
  }
  CHECK(sizes == std::vector<int>{1, 2, 1, 1, 1});
  CHECK(calls.made[1].deadline == absl::UnixEpoch() + absl::Seconds(3));
}

TEST_CASE("A call that fails fails for all in it, and too many that wait are refused",
          "[gateway][engine]") {
  Calls calls;
  std::vector<std::string> answers;
  CreateBatcher batcher({.max_calls = 1, .max_waiting = 2}, calls.Send(), kAtOnce);
  for (const std::string source : {"a", "b", "c", "d"}) {
    batcher.Submit(kContext, "token", From(source),
                   [&](auto answer) { answers.push_back(Text(answer)); });
  }
  REQUIRE(answers.size() == 1);
  CHECK(answers[0] == "UNAVAILABLE: too many new migrations wait for the engine");
  calls.made[0].answered(absl::UnavailableError("away"));
  CHECK(answers[1] == "UNAVAILABLE: away");
  calls.made[1].answered(v1::CreateMigrationsResponse());
  CHECK(answers[2].starts_with("INTERNAL"));
  CHECK(answers.size() == 4);
}

}  // namespace
}  // namespace datamigrate::gateway
