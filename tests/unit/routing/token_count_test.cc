#include "agent_engine/routing/token_count.h"

#include <catch2/catch.hpp>

namespace datamigrate::routing {
namespace {

Model Priced() {
  Model model;
  model.prices = {{0, {0.10, 0.50, 0.01, 0.125}}, {100000, {0.50, 2.50, 0.05, 0.625}}};
  return model;
}

TEST_CASE("Cost is what the price list says", "[routing][cost]") {
  CHECK(CostOf(Priced(), {1000, 0, 0, 100, false}) == 150);
  CHECK(CostOf(Priced(), {1000, 400, 200, 100, false}) == 40 + 4 + 25 + 50);
  CHECK(CostOf(Priced(), {100000, 0, 0, 0, false}) == 10000);
  CHECK(CostOf(Priced(), {100001, 0, 0, 0, false}) == 50001);
  CHECK(CostOf(Priced(), {1, 0, 0, 0, false}) == 1);
  CHECK(CostOf(Priced(), {0, 0, 0, 0, false}) == 0);
}

TEST_CASE("What is set aside covers what a call can cost", "[routing][cost]") {
  const Model model = Priced();
  for (const int64_t input : {1, 100, 99999, 100000, 100001, 500000}) {
    for (const int64_t cached : {int64_t{0}, input / 2, input}) {
      CHECK(MostCost(model, input, 1000) >= CostOf(model, {input, cached, 0, 1000, false}));
      CHECK(MostCost(model, input, 1000) >= CostOf(model, {input, 0, cached, 1000, false}));
    }
  }
}

TEST_CASE("Tokens are counted from all that is sent", "[routing][cost]") {
  ModelRequest request;
  request.messages = {UserMessage("123456")};
  CHECK(EstimateInputTokens(request) == 10);
  request.system = "123";
  CHECK(EstimateInputTokens(request) == 11);
  request.tools = {{"t", "123", "{}"}};
  CHECK(EstimateInputTokens(request) == 11 + 40 + 1 + 1);
}

}  // namespace
}  // namespace datamigrate::routing
