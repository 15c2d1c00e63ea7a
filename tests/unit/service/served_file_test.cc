#include "agent_engine/service/served_file.h"

#include <fstream>

#include "catch2/catch.hpp"
#include "common/crypto/digest.h"
#include "tests/support/child_process.h"

namespace datamigrate::service {
namespace {

using testing::TemporaryDirectory;

void Write(const std::filesystem::path& path, std::string_view text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

v1::FilePart PartOf(int64_t first, int64_t length, const std::string& sha256 = "") {
  v1::FilePart part;
  part.set_sha256(sha256);
  part.add_spans()->set_first(first);
  part.mutable_spans(0)->set_length(length);
  return part;
}

TEST_CASE("a served file knows its length and digest, and which parts it has") {
  File file(std::tmpfile());
  REQUIRE(std::fputs("hello", file.get()) >= 0);
  REQUIRE(std::fflush(file.get()) == 0);
  const auto served = Serve(std::move(file));
  REQUIRE(served.ok());
  CHECK((*served)->bytes == 5);
  CHECK((*served)->sha256 == crypto::Sha256Hex("hello"));
  CHECK(CheckPart(**served, v1::FilePart()).ok());
  CHECK(CheckPart(**served, PartOf(0, 5, (*served)->sha256)).ok());
  CHECK(CheckPart(**served, PartOf(5, 0)).ok());
  CHECK(absl::IsAborted(CheckPart(**served, PartOf(0, 5, crypto::Sha256Hex("x")))));
  for (const auto& [first, length] : {std::pair<int64_t, int64_t>{0, 6},
                                      {6, 0},
                                      {-1, 2},
                                      {1, -1},
                                      {1, INT64_MAX},
                                      {INT64_MAX, INT64_MAX}}) {
    CHECK(absl::IsOutOfRange(CheckPart(**served, PartOf(first, length))));
  }
}

TEST_CASE("an archive is packed again only when a file has changed") {
  const TemporaryDirectory folder;
  const auto project = folder.path() / "project";
  Write(project / "dbt_project.yml", "name: warehouse\n");
  Write(project / "models/a.sql", "select 1");
  ProjectArchives archives;
  const auto first = archives.Open(project);
  REQUIRE(first.ok());
  const auto same = archives.Open(project);
  REQUIRE(same.ok());
  CHECK(*first == *same);

  Write(project / "models/b.sql", "select 2");
  const auto changed = archives.Open(project);
  REQUIRE(changed.ok());
  CHECK((*changed)->sha256 != (*first)->sha256);

  std::filesystem::remove(project / "models/b.sql");
  std::filesystem::last_write_time(project / "models/a.sql",
                                   std::filesystem::file_time_type::clock::now());
  const auto back = archives.Open(project);
  REQUIRE(back.ok());
  CHECK(*back != *first);
  CHECK((*back)->sha256 == (*first)->sha256);
  CHECK(archives.Open(folder.path() / "missing").status().code() ==
        absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace datamigrate::service
