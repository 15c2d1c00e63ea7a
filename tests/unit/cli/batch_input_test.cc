#include "agent_engine/cli/batch_input.h"

#include <memory>
#include <string>
#include <vector>

#include "catch2/catch.hpp"

namespace datamigrate::cli {
namespace {

using namespace std::string_literals;

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

std::vector<std::string> BatchesOf(const std::string& input) {
  const File file(std::tmpfile(), std::fclose);
  REQUIRE(file);
  REQUIRE(std::fwrite(input.data(), 1, input.size(), file.get()) == input.size());
  std::rewind(file.get());
  std::vector<std::string> batches;
  const absl::Status status =
      ForEachBatch(file.get(), [&](const std::string& batch) { batches.push_back(batch); });
  REQUIRE(status.ok());
  return batches;
}

using Batches = std::vector<std::string>;

TEST_CASE("input without a byte has no batch") {
  CHECK(BatchesOf("") == Batches{});
}

TEST_CASE("input without a NUL is one batch") {
  CHECK(BatchesOf("SELECT 1") == Batches{"SELECT 1"});
}

TEST_CASE("a NUL separates batches and the last part is a batch, even an empty one") {
  CHECK(BatchesOf("a\0b"s) == Batches{"a", "b"});
  CHECK(BatchesOf("a\0b\0"s) == Batches{"a", "b", ""});
  CHECK(BatchesOf("\0"s) == Batches{"", ""});
  CHECK(BatchesOf("a\0\0b"s) == Batches{"a", "", "b"});
}

TEST_CASE("line ends stay in the batch") {
  CHECK(BatchesOf("a\r\nGO\n\0b\n"s) == Batches{"a\r\nGO\n", "b\n"});
}

TEST_CASE("a batch may be longer than what one read gives") {
  const std::string longest(200'000, 'x');
  const std::string to_the_edge(65'535, 'y');  // Its NUL is the last byte of the first read.
  CHECK(BatchesOf(to_the_edge + "\0"s + longest + "\0z"s) == Batches{to_the_edge, longest, "z"});
}

TEST_CASE("input that cannot be read is an error") {
  const File folder(std::fopen("/", "r"), std::fclose);
  REQUIRE(folder);
  int batches = 0;
  const absl::Status status = ForEachBatch(folder.get(), [&](const std::string&) { ++batches; });
  CHECK(status.code() == absl::StatusCode::kDataLoss);
  CHECK(batches == 0);
}

}  // namespace
}  // namespace datamigrate::cli
