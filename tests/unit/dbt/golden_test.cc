// The shop's project, file by file, as it stands in tests/golden/dbt/shop. With
// DATAMIGRATE_UPDATE_GOLDEN set, the files are written anew; read the difference before you keep
// it.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "agent_engine/dbt/project_files.h"
#include "tests/unit/dbt/shop.h"

namespace datamigrate::dbt {
namespace {

namespace fs = std::filesystem;

const fs::path kGolden = fs::path(DATAMIGRATE_SOURCE_DIR) / "tests/golden/dbt/shop/expected";

std::string Read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void Update(const ProjectFiles& files) {
  fs::remove_all(kGolden);
  for (const auto& [path, text] : files) {
    fs::create_directories((kGolden / path).parent_path());
    std::ofstream(kGolden / path, std::ios::binary) << text;
  }
}

TEST_CASE("The shop's project is the one that was reviewed", "[dbt][golden]") {
  const ProjectFiles files = RenderProject(testing::ShopProject());
  if (std::getenv("DATAMIGRATE_UPDATE_GOLDEN") != nullptr) Update(files);
  size_t expected = 0;
  for (const auto& entry : fs::recursive_directory_iterator(kGolden)) {
    if (!entry.is_regular_file()) continue;
    ++expected;
    const std::string path = entry.path().lexically_relative(kGolden).string();
    INFO(path);
    REQUIRE(files.contains(path));
    CHECK(files.at(path) == Read(entry.path()));
  }
  CHECK(files.size() == expected);
}

}  // namespace
}  // namespace datamigrate::dbt
