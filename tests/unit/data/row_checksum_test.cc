#include "agent_engine/data/row_checksum.h"

#include <catch2/catch.hpp>
#include <vector>

namespace datamigrate::data {
namespace {

RowHash HashOf(const std::vector<std::optional<std::string>>& cells) {
  RowHash hash;
  for (const auto& cell : cells) hash.Add(cell);
  return hash;
}

TEST_CASE("The order of rows does not matter, their number does", "[data]") {
  const RowHash a = HashOf({"1", "x"}), b = HashOf({"2", std::nullopt});
  RowsChecksum forward, backward, twice;
  forward.Add(a), forward.Add(b);
  backward.Add(b), backward.Add(a);
  twice.Add(a), twice.Add(a);
  CHECK(forward == backward);
  CHECK_FALSE(forward == twice);
}

TEST_CASE("Rows that look alike have other hashes", "[data]") {
  const std::vector<std::vector<std::optional<std::string>>> rows = {{"ab", "c"},
                                                                     {"a", "bc"},
                                                                     {"abc", ""},
                                                                     {"abc", std::nullopt},
                                                                     {std::nullopt, "abc"},
                                                                     {"", "abc"},
                                                                     {"abc"},
                                                                     {"c", "ab"},
                                                                     {"", ""},
                                                                     {std::nullopt, ""},
                                                                     {std::string("ab\0", 3), "c"}};
  for (size_t i = 0; i < rows.size(); ++i) {
    for (size_t j = 0; j < i; ++j) CHECK(HashOf(rows[i]).value() != HashOf(rows[j]).value());
  }
}

TEST_CASE("A hash is the same on every machine and in every version", "[data]") {
  // Ledgers in users' files hold these values.
  RowsChecksum checksum;
  checksum.Add(HashOf({"42", std::nullopt, "Größe", ""}));
  CHECK(checksum.Text() == "0225baa144b6c976");
}

}  // namespace
}  // namespace datamigrate::data
