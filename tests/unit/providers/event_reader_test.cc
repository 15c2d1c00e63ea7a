#include "agent_engine/providers/event_reader.h"

#include <catch2/catch.hpp>
#include <vector>

namespace datamigrate::providers {
namespace {

using Events = std::vector<std::pair<std::string, std::string>>;

Events Read(const std::string& bytes, size_t piece) {
  Events events;
  EventReader reader;
  for (size_t at = 0; at < bytes.size(); at += piece) {
    const absl::Status status = reader.Feed(std::string_view(bytes).substr(at, piece),
                                            [&](std::string_view event, std::string_view data) {
                                              events.emplace_back(event, data);
                                              return absl::OkStatus();
                                            });
    REQUIRE(status.ok());
  }
  return events;
}

TEST_CASE("Events are the same however their bytes are cut", "[providers][events]") {
  const std::string bytes =
      "\xEF\xBB\xBF: a comment\n\nevent: one\ndata: 1\ndata:2\n\nid: 7\nretry: 10\n\n"
      "data: three\r\n\r\nevent: none\r\rdata\n\ndata:  two spaces\r\rdata: not ended";
  const Events expected = {{"one", "1\n2"}, {"", "three"}, {"", ""}, {"", " two spaces"}};
  for (size_t piece = 1; piece <= bytes.size(); ++piece) {
    INFO("pieces of " << piece);
    CHECK(Read(bytes, piece) == expected);
  }
}

TEST_CASE("An event that never ends is refused", "[providers][events]") {
  const std::string piece(1 << 20, 'x');
  const auto ignore = [](std::string_view, std::string_view) { return absl::OkStatus(); };
  EventReader one_line;
  absl::Status status = one_line.Feed("data: ", ignore);
  for (int i = 0; i < 20 && status.ok(); ++i) status = one_line.Feed(piece, ignore);
  CHECK(status.code() == absl::StatusCode::kDataLoss);
  EventReader many_lines;
  status = absl::OkStatus();
  for (int i = 0; i < 20 && status.ok(); ++i) {
    status = many_lines.Feed("data: " + piece + "\n", ignore);
  }
  CHECK(status.code() == absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace datamigrate::providers
