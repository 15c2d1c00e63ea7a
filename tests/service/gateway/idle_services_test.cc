// What services that have nothing to do do not hold.
#include <fstream>
#include <string>

#include "tests/service/gateway/services_fixture.h"

namespace datamigrate::testing {
namespace {

// The files that are mapped into a process.
std::string MapsOf(const ChildProcess& process) {
  std::ifstream maps("/proc/" + std::to_string(process.pid()) + "/maps");
  return {std::istreambuf_iterator<char>(maps), {}};
}

TEST_CASE("Services that fetch nothing and open no database hold neither library", "[service]") {
  const Services services;
  const std::string gateway = MapsOf(services.gateway);
  const std::string engine = MapsOf(*services.engine);
  CHECK(gateway.find("/libcrypto.so") != std::string::npos);  // The list is one.
  CHECK(engine.find("/libcrypto.so") != std::string::npos);
  CHECK(gateway.find("/libcurl.so") == std::string::npos);
  CHECK(engine.find("/libcurl.so") == std::string::npos);
  CHECK(engine.find("/libduckdb.so") == std::string::npos);
}

}  // namespace
}  // namespace datamigrate::testing
