#include "common/memory/memory_of_start.h"

#include <catch2/catch.hpp>

#include <cstdint>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>

namespace datamigrate::memory {
namespace {

// Pages of files that are mapped into this process, in KB.
int64_t FilePagesKilobytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word != "RssFile:") continue;
    int64_t kilobytes = 0;
    status >> kilobytes;
    return kilobytes;
  }
  return 0;
}

// All pages of this program and its libraries that were touched so far are counted.
TEST_CASE("Pages of the start are given back, and come back when they are needed", "[memory]") {
  const auto text = std::make_unique<std::string>("what was written stays");
  const int64_t before = FilePagesKilobytes();
  ReturnMemoryOfStart();
  const int64_t after = FilePagesKilobytes();
  CAPTURE(before, after);
  CHECK(after < before);
  CHECK(*text == "what was written stays");
  // What throws runs through code and tables of several libraries.
  CHECK_THROWS_AS(std::stoi("no number"), std::invalid_argument);
}

}  // namespace
}  // namespace datamigrate::memory
