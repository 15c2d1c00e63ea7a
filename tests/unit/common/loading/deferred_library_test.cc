#include "common/loading/deferred_library.h"

#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "common/net/curl_library.h"

namespace datamigrate::loading {
namespace {

using Catch::Contains;

// Whether a file of that name is mapped into this process.
bool IsMapped(const std::string& name) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find("/" + name) != std::string::npos) return true;
  }
  return false;
}

DeferredFunction<int(char*, size_t, const char*, ...)> print_to("snprintf");
DeferredFunction<long(const char*)> read_number("atol");
constexpr std::array<DeferredSymbol*, 2> kOfC = {&print_to, &read_number};

DeferredFunction<int()> unknown("datamigrate_has_no_such_function");
constexpr std::array<DeferredSymbol*, 1> kUnknown = {&unknown};

TEST_CASE("A library's functions are called by their names once it is loaded", "[loading]") {
  DeferredLibrary library("libc.so.6", "Install it.", kOfC);
  REQUIRE(library.Load().ok());
  REQUIRE(library.Load().ok());
  std::array<char, 32> text{};
  CHECK(print_to(text.data(), text.size(), "%d %s %.1f", 7, "rows", 0.5) == 10);
  CHECK(std::string(text.data()) == "7 rows 0.5");
  CHECK(read_number("42") == 42);
}

TEST_CASE("A library that is not there is named, with what to do", "[loading]") {
  DeferredLibrary library("/nowhere/libmissing.so", "Install it.", kOfC);
  for (int attempt = 0; attempt < 2; ++attempt) {
    const absl::Status loaded = library.Load();
    CHECK(loaded.code() == absl::StatusCode::kFailedPrecondition);
    CHECK_THAT(std::string(loaded.message()), Contains("/nowhere/libmissing.so: ") &&
                                                  Contains("No such file or directory") &&
                                                  Contains(". Install it."));
  }
}

TEST_CASE("A file that is no library is refused", "[loading]") {
  DeferredLibrary library("/proc/self/status", "Install it.", kOfC);
  CHECK(library.Load().code() == absl::StatusCode::kFailedPrecondition);
}

TEST_CASE("A function that the library lacks is named", "[loading]") {
  DeferredLibrary library("libc.so.6", "Install a newer one.", kUnknown);
  const absl::Status loaded = library.Load();
  CHECK(loaded.code() == absl::StatusCode::kFailedPrecondition);
  CHECK(std::string(loaded.message()) ==
        "the library libc.so.6 has no function datamigrate_has_no_such_function. Install a newer "
        "one.");
}

TEST_CASE("libcurl is loaded when it is asked for, by any number of threads", "[loading]") {
  REQUIRE_FALSE(IsMapped("libcurl.so"));
  std::vector<std::thread> threads;
  std::array<bool, 8> was_loaded{};
  for (bool& loaded : was_loaded) {
    threads.emplace_back([&loaded] {
      loaded = net::LoadCurl().ok() && std::string(net::curl_easy_strerror(CURLE_OK)) == "No error";
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(was_loaded == std::array<bool, 8>{true, true, true, true, true, true, true, true});
  CHECK(IsMapped("libcurl.so"));
}

}  // namespace
}  // namespace datamigrate::loading
