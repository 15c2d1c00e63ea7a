// A Catch2 program whose tests need PostgreSQL: DATAMIGRATE_TEST_DATABASE_URL says where.
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>

#include <cstdlib>
#include <iostream>

int main(int argc, char** argv) {
  constexpr int kSkipped = 77;  // what ctest takes for "not run"
  if (std::getenv("DATAMIGRATE_TEST_DATABASE_URL") == nullptr) {
    std::cerr << "skipped: DATAMIGRATE_TEST_DATABASE_URL is not set\n";
    return kSkipped;
  }
  return Catch::Session().run(argc, argv);
}
