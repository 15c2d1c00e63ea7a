#include "agent_engine/agents/tier_choice.h"

#include <catch2/catch.hpp>

namespace datamigrate::agents {
namespace {

using routing::Complexity;

store::ModelGradeSum Graded(const char* code, const char* tier, int64_t answers, int64_t proven) {
  return {.code = code, .tier = tier, .model = "m", .answers = answers, .proven = proven};
}

TEST_CASE("without grades, or with few, an object's complexity says which tier is asked",
          "[agents]") {
  CHECK(TierChoice().For({"TP0101"}, Complexity::kComplex) == Complexity::kComplex);
  const TierChoice few({Graded("TP0101", "simple", TierChoice::kEnoughAnswers - 1, 4)});
  CHECK(few.For({"TP0101"}, Complexity::kComplex) == Complexity::kComplex);
  CHECK(few.For({}, Complexity::kMedium) == Complexity::kMedium);
}

TEST_CASE("the lowest tier that is known to be enough is asked first", "[agents]") {
  const TierChoice tiers({Graded("TP0101", "simple", 10, 8), Graded("TP0101", "complex", 10, 10)});
  CHECK(tiers.For({"TP0101"}, Complexity::kCritical) == Complexity::kSimple);
  CHECK(tiers.For({"TP0102"}, Complexity::kCritical) == Complexity::kCritical);
}

TEST_CASE("a tier that is known to fail is passed over", "[agents]") {
  const TierChoice tiers({Graded("TP0101", "medium", 10, 1), Graded("TP0101", "complex", 5, 0)});
  CHECK(tiers.For({"TP0101"}, Complexity::kMedium) == Complexity::kCritical);
  CHECK(tiers.For({"TP0101"}, Complexity::kSimple) == Complexity::kSimple);
  const TierChoice all({Graded("TP0101", "critical", 10, 0)});
  CHECK(all.For({"TP0101"}, Complexity::kCritical) == Complexity::kCritical);
}

TEST_CASE("of several reasons, and of several models, all count", "[agents]") {
  // 4 of 6 of both models together are too few for enough.
  const TierChoice models({Graded("TP0101", "simple", 3, 3), Graded("TP0101", "simple", 3, 1)});
  CHECK(models.For({"TP0101"}, Complexity::kMedium) == Complexity::kMedium);
  const TierChoice codes({Graded("TP0101", "simple", 10, 10), Graded("TP0102", "medium", 10, 10)});
  CHECK(codes.For({"TP0101", "TP0102"}, Complexity::kCritical) == Complexity::kMedium);
}

}  // namespace
}  // namespace datamigrate::agents
