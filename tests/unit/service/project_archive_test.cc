#include "agent_engine/service/project_archive.h"

#include <archive.h>
#include <archive_entry.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <string>

#include "catch2/catch.hpp"
#include "tests/support/child_process.h"

namespace datamigrate::service {
namespace {

using testing::TemporaryDirectory;

struct FreeArchive {
  void operator()(archive* reader) const { archive_read_free(reader); }
};

// From where the file stands to its end.
std::string Bytes(const File& file) {
  std::string bytes;
  char block[4096];
  size_t count = 0;
  while ((count = std::fread(block, 1, sizeof(block), file.get())) > 0) bytes.append(block, count);
  return bytes;
}

std::string Content(archive* reader) {
  std::string content;
  char block[4096];
  la_ssize_t count = 0;
  while ((count = archive_read_data(reader, block, sizeof(block))) > 0) {
    content.append(block, static_cast<size_t>(count));
  }
  REQUIRE(count == 0);
  return content;
}

// Path → content of every entry of a zip.
std::map<std::string, std::string> Unzip(const std::string& bytes) {
  const std::unique_ptr<archive, FreeArchive> reader(archive_read_new());
  archive_read_support_format_zip(reader.get());
  REQUIRE(archive_read_open_memory(reader.get(), bytes.data(), bytes.size()) == ARCHIVE_OK);
  std::map<std::string, std::string> files;
  archive_entry* entry = nullptr;
  while (archive_read_next_header(reader.get(), &entry) == ARCHIVE_OK) {
    CHECK(archive_entry_filetype(entry) == AE_IFREG);
    const char* name = archive_entry_pathname_utf8(entry);
    REQUIRE(name != nullptr);
    files[name] = Content(reader.get());
  }
  return files;
}

void Write(const std::filesystem::path& path, std::string_view text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

std::string Noise(size_t bytes) {
  std::mt19937 random(7);
  std::string noise(bytes, '\0');
  for (char& byte : noise) byte = static_cast<char>(random());
  return noise;
}

TEST_CASE("a project comes back from its archive as it was") {
  const TemporaryDirectory folder;
  const auto project = folder.path() / "warehouse";
  Write(project / "dbt_project.yml", "name: warehouse\n");
  Write(project / "models/staging/stg_orders.sql", "select 1");
  Write(project / "empty.sql", "");
  Write(project / "target/big.bin", Noise(300'000));
  const auto file = ArchiveFolder(project);
  REQUIRE(file.ok());
  const auto files = Unzip(Bytes(*file));
  CHECK(files.size() == 4);
  CHECK(files.at("warehouse/dbt_project.yml") == "name: warehouse\n");
  CHECK(files.at("warehouse/models/staging/stg_orders.sql") == "select 1");
  CHECK(files.at("warehouse/empty.sql").empty());
  CHECK(files.at("warehouse/target/big.bin") == Noise(300'000));
}

TEST_CASE("Python's zipfile accepts the archive, with names beyond ASCII and blanks") {
  const TemporaryDirectory folder;
  const auto project = folder.path() / "ware house";
  Write(project / "a.sql", "select 1");
  Write(project / "größe 尺寸.sql", Noise(70'000));
  const auto file = ArchiveFolder(project);
  REQUIRE(file.ok());
  const auto zip = folder.path() / "p.zip";
  Write(zip, Bytes(*file));
  const std::string command =
      "python3 -X utf8 -c \"import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert "
      "z.testzip() is None; "
      "assert sorted(z.namelist()) == ['ware house/a.sql', 'ware house/größe 尺寸.sql'], "
      "z.namelist()\" '" +
      zip.string() + "'";
  CHECK(std::system(command.c_str()) == 0);
}

TEST_CASE("a link is not followed out of the project") {
  const TemporaryDirectory folder;
  Write(folder.path() / "secret/key", "secret");
  const auto project = folder.path() / "p";
  Write(project / "a.sql", "select 1");
  std::filesystem::create_directory_symlink(folder.path() / "secret", project / "folder_link");
  std::filesystem::create_symlink(folder.path() / "secret/key", project / "file_link");
  const auto file = ArchiveFolder(project);
  REQUIRE(file.ok());
  const auto files = Unzip(Bytes(*file));
  CHECK(files.size() == 1);
  CHECK(files.contains("p/a.sql"));
}

TEST_CASE("the same files give the same list in the same order") {
  const TemporaryDirectory folder;
  const auto project = folder.path() / "p";
  for (const char* name : {"c.sql", "a.sql", "b/a.sql"}) Write(project / name, name);
  const auto first = ArchiveFolder(project);
  const auto second = ArchiveFolder(project);
  REQUIRE(first.ok());
  REQUIRE(second.ok());
  CHECK(Bytes(*first) == Bytes(*second));
}

TEST_CASE("an empty folder gives an archive without entries") {
  const TemporaryDirectory folder;
  const auto file = ArchiveFolder(folder.path());
  REQUIRE(file.ok());
  CHECK(Unzip(Bytes(*file)).empty());
}

TEST_CASE("a folder that is not there is not found") {
  const TemporaryDirectory folder;
  CHECK(ArchiveFolder(folder.path() / "none").status().code() ==
        absl::StatusCode::kFailedPrecondition);
  Write(folder.path() / "file", "x");
  CHECK(ArchiveFolder(folder.path() / "file").status().code() ==
        absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace datamigrate::service
