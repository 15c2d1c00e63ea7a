#include "agent_engine/dbt/project_writer.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "tests/unit/dbt/temporary_folder.h"

namespace datamigrate::dbt {
namespace {

namespace fs = std::filesystem;

using testing::TemporaryFolder;

std::string Read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

size_t Entries(const fs::path& folder) {
  return static_cast<size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

const ProjectFiles kFiles = {{"dbt_project.yml", "name: a\n"}, {"models/a/b.sql", "select 1\n"}};

TEST_CASE("A project is written whole, and nothing is left beside it", "[dbt]") {
  const TemporaryFolder folder;
  const fs::path project = folder.path() / "new parent" / "my project";
  REQUIRE(WriteProject(kFiles, project).ok());
  CHECK(Read(project / "models/a/b.sql") == "select 1\n");
  CHECK(Entries(project.parent_path()) == 1);
}

TEST_CASE("Writing again replaces the project, with what dbt put there", "[dbt]") {
  const TemporaryFolder folder;
  const fs::path project = folder.path() / "project";
  REQUIRE(WriteProject(kFiles, project).ok());
  fs::create_directories(project / "target");
  std::ofstream(project / "target/manifest.json") << "{}";
  REQUIRE(WriteProject({{"dbt_project.yml", "name: b\n"}}, project / "").ok());
  CHECK(Read(project / "dbt_project.yml") == "name: b\n");
  CHECK_FALSE(fs::exists(project / "models"));
  CHECK_FALSE(fs::exists(project / "target"));
  CHECK(Entries(folder.path()) == 1);
}

TEST_CASE("An empty folder is taken", "[dbt]") {
  const TemporaryFolder folder;
  CHECK(WriteProject(kFiles, folder.path()).ok());
  CHECK(Read(folder.path() / "dbt_project.yml") == "name: a\n");
}

TEST_CASE("Other people's work is never replaced", "[dbt]") {
  const TemporaryFolder folder;
  const fs::path project = folder.path() / "project";
  SECTION("a folder that is no project of ours") {
    fs::create_directories(project);
    std::ofstream(project / "mine.txt") << "x";
    const absl::Status status = WriteProject(kFiles, project);
    CHECK(absl::IsFailedPrecondition(status));
    CHECK(Read(project / "mine.txt") == "x");
  }
  SECTION("an edited file") {
    REQUIRE(WriteProject(kFiles, project).ok());
    std::ofstream(project / "models/a/b.sql") << "select 2\n";
    const absl::Status status = WriteProject(kFiles, project);
    CHECK(absl::IsFailedPrecondition(status));
    CHECK_THAT(std::string(status.message()), Catch::Contains("models/a/b.sql"));
    CHECK(Read(project / "models/a/b.sql") == "select 2\n");
  }
  SECTION("an added file") {
    REQUIRE(WriteProject(kFiles, project).ok());
    std::ofstream(project / "models/c.sql") << "select 3\n";
    const absl::Status status = WriteProject(kFiles, project);
    CHECK(absl::IsFailedPrecondition(status));
    CHECK_THAT(std::string(status.message()), Catch::Contains("models/c.sql"));
  }
  SECTION("a file") {
    std::ofstream(project) << "x";
    CHECK(absl::IsFailedPrecondition(WriteProject(kFiles, project)));
  }
  SECTION("a link") {
    fs::create_directories(folder.path() / "elsewhere");
    fs::create_directory_symlink(folder.path() / "elsewhere", project);
    CHECK(absl::IsFailedPrecondition(WriteProject(kFiles, project)));
  }
}

TEST_CASE("A failure leaves the old project and nothing else", "[dbt]") {
  const TemporaryFolder folder;
  const fs::path project = folder.path() / "project";
  REQUIRE(WriteProject(kFiles, project).ok());
  // A path that is a file and a folder at once cannot be written.
  const absl::Status status = WriteProject({{"a", "x"}, {"a/b", "y"}}, project);
  CHECK_FALSE(status.ok());
  CHECK(Read(project / "dbt_project.yml") == "name: a\n");
  CHECK(Entries(folder.path()) == 1);
}

TEST_CASE("Paths do not leave the project", "[dbt]") {
  const TemporaryFolder folder;
  for (const char* path : {"../x", "/tmp/datamigrate-x", "a/../../x", ""}) {
    CHECK_FALSE(WriteProject({{path, "x"}}, folder.path() / "project").ok());
  }
  CHECK(Entries(folder.path()) == 0);
}

TEST_CASE("A full disk is told", "[dbt]") {
  if (!fs::exists("/dev/full")) return;
  const TemporaryFolder folder;
  CHECK_FALSE(WriteProject(kFiles, "/dev/full/project").ok());
  CHECK_FALSE(WriteProject(kFiles, "/proc/project").ok());
}

}  // namespace
}  // namespace datamigrate::dbt
