#include "agent_engine/store/announcer.h"

#include <catch2/catch.hpp>

#include "absl/synchronization/notification.h"

namespace datamigrate::store {
namespace {

using Words = std::vector<std::string>;

TEST_CASE("News are told at once, and what comes during the pause after it, together", "[store]") {
  std::vector<Words> told;
  absl::Notification first;
  {
    Announcer announcer(
        [&](const Words& names) {
          told.push_back(names);
          if (told.size() == 1) first.Notify();
        },
        absl::InfiniteDuration());
    announcer.Add({"a"});
    REQUIRE(first.WaitForNotificationWithTimeout(absl::Seconds(20)));
    announcer.Add({"c", "b"});
    announcer.Add({"b"});
  }
  CHECK(told == std::vector<Words>{{"a"}, {"b", "c"}});
}

TEST_CASE("What comes while it tells is told after it", "[store]") {
  std::vector<Words> told;
  absl::Notification is_telling;
  absl::Notification may_go_on;
  absl::Notification second;
  Announcer announcer(
      [&](const Words& names) {
        told.push_back(names);
        if (told.size() == 2) return second.Notify();
        is_telling.Notify();
        may_go_on.WaitForNotification();
      },
      absl::ZeroDuration());
  announcer.Add({"a"});
  is_telling.WaitForNotification();
  announcer.Add({"a"});
  may_go_on.Notify();
  REQUIRE(second.WaitForNotificationWithTimeout(absl::Seconds(20)));
  CHECK(told == std::vector<Words>{{"a"}, {"a"}});
}

TEST_CASE("Without news nothing is told", "[store]") {
  int told = 0;
  {
    Announcer announcer([&](const Words&) { ++told; });
    announcer.Add({});
  }
  CHECK(told == 0);
}

}  // namespace
}  // namespace datamigrate::store
