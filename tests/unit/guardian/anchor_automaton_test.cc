#include "common/guardian/anchor_automaton.h"

#include <array>
#include <catch2/catch.hpp>
#include <string>
#include <tuple>
#include <vector>

namespace datamigrate::guardian {
namespace {

using Found = std::tuple<uint32_t, size_t, size_t>;  // owner, begin, end

std::vector<Found> FoundIn(std::string_view text) {
  constexpr auto kAnchors =
      std::to_array<std::string_view>({"ab|abcdefgh", "", "cd\037e", "instruction", "ABCDEFGH"});
  static const AnchorAutomaton& automaton =
      *new AnchorAutomaton(AnchorAutomaton::Compile(kAnchors).value());
  const auto scratch = automaton.MakeScratch().value();
  std::vector<Found> found;
  automaton.Scan(text, *scratch, [&](const AnchorAutomaton::Hit& hit) {
    found.emplace_back(hit.owner, hit.begin, hit.end);
  });
  return found;
}

TEST_CASE("Literals of all lengths are found for their owners, in the order of their ends",
          "[guardian]") {
  CHECK(FoundIn("").empty());
  CHECK(FoundIn("nothing").empty());
  CHECK(FoundIn("an Instruction, abcdefgh, cd|e") ==
        std::vector<Found>{{3, 3, 14}, {0, 16, 18}, {0, 16, 24}, {4, 16, 24}, {2, 26, 30}});
  // What keeps the automata quick is nobody's literal.
  CHECK(FoundIn("\1\2").empty());
}

TEST_CASE("A literal is found once wherever a long text is cut", "[guardian]") {
  constexpr size_t kPiece = 32 * 1024;
  for (size_t begin = kPiece - 12; begin <= kPiece + 1; ++begin) {
    std::string text(3 * kPiece, '.');
    text.replace(begin, 11, "instruction");
    text.replace(begin + 20, 2, "ab");
    text.replace(2 * kPiece - 1, 2, "ab");
    CHECK(FoundIn(text) == std::vector<Found>{{3, begin, begin + 11},
                                              {0, begin + 20, begin + 22},
                                              {0, 2 * kPiece - 1, 2 * kPiece + 1}});
  }
}

}  // namespace
}  // namespace datamigrate::guardian
