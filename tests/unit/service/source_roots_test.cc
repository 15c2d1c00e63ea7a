// Which sources a caller may name.
#include "agent_engine/service/source_roots.h"

#include <catch2/catch.hpp>

#include <fstream>

#include "tests/support/child_process.h"

namespace datamigrate::service {
namespace {

TEST_CASE("Only what is below a root may be a source", "[service][source_roots]") {
  const testing::TemporaryDirectory folder;
  const std::filesystem::path top = folder.path();
  std::filesystem::create_directories(top / "scripts/sub");
  std::filesystem::create_directories(top / "secret");
  std::filesystem::create_directory_symlink(top / "secret", top / "scripts/link");
  const SourceRoots roots({(top / "scripts").string()}, top / "uploads");
  const auto check = [&](const std::filesystem::path& path) {
    return roots.Check("t1", path.string()).code();
  };
  CHECK(check(top / "scripts") == absl::StatusCode::kOk);
  CHECK(check(top / "scripts/") == absl::StatusCode::kOk);
  CHECK(check(top / "scripts/sub/none.sql") == absl::StatusCode::kOk);
  CHECK(check(top / "scripts/../scripts/sub") == absl::StatusCode::kOk);
  CHECK(check(top / "scripts/../secret") == absl::StatusCode::kPermissionDenied);
  CHECK(check(top / "scripts/link") == absl::StatusCode::kPermissionDenied);
  CHECK(check(top / "scripts/link/file") == absl::StatusCode::kPermissionDenied);
  CHECK(check(top / "scripts2") == absl::StatusCode::kPermissionDenied);
  CHECK(check(top) == absl::StatusCode::kPermissionDenied);
  CHECK(check("/") == absl::StatusCode::kPermissionDenied);
  CHECK(check("/etc/passwd") == absl::StatusCode::kPermissionDenied);
  CHECK(check("scripts") == absl::StatusCode::kInvalidArgument);
  CHECK(check("") == absl::StatusCode::kInvalidArgument);
  CHECK(roots.Check("t1", std::string_view("/a\0b", 4)).code() ==
        absl::StatusCode::kInvalidArgument);
}

TEST_CASE("A tenant's uploads are its own, even below a root", "[service][source_roots]") {
  const testing::TemporaryDirectory folder;
  const std::filesystem::path uploads = folder.path() / "uploads";
  const SourceRoots roots({folder.path().string()}, uploads);
  const auto check = [&](std::string_view tenant, const std::filesystem::path& path) {
    return roots.Check(tenant, path.string()).code();
  };
  CHECK(check("t1", uploads / "t1/u1") == absl::StatusCode::kOk);
  CHECK(check("t2", uploads / "t1/u1") == absl::StatusCode::kPermissionDenied);
  CHECK(check("", uploads / "t1/u1") == absl::StatusCode::kPermissionDenied);
  CHECK(check("..", uploads / "t1/u1") == absl::StatusCode::kPermissionDenied);
  CHECK(check(".", uploads / "t1/u1") == absl::StatusCode::kPermissionDenied);
  CHECK(check("t1", uploads) == absl::StatusCode::kPermissionDenied);
  CHECK(check("t1", uploads / "t1/../t2/u1") == absl::StatusCode::kPermissionDenied);
}

TEST_CASE("An upload is found by its id, in its tenant's folder alone", "[service][source_roots]") {
  const testing::TemporaryDirectory folder;
  const std::string id = "00000000-0000-4000-8000-000000000001";
  const std::filesystem::path uploads = folder.path() / "uploads";
  std::filesystem::create_directories(uploads / "t1" / id);
  const SourceRoots roots({}, uploads);
  const auto path = roots.PathOf("t1", "upload:" + id);
  REQUIRE(path.ok());
  CHECK(roots.Check("t1", *path).ok());
  CHECK(*roots.PathOf("t1", "/srv/a") == "/srv/a");
  CHECK(absl::IsNotFound(roots.PathOf("t2", "upload:" + id).status()));
  for (const char* wrong : {"upload:", "upload:..", "upload:../../etc/passwd"}) {
    CHECK(absl::IsInvalidArgument(roots.PathOf("t1", wrong).status()));
  }
  CHECK(absl::IsInvalidArgument(roots.PathOf("..", "upload:" + id).status()));
}

TEST_CASE("An engine whose root is / reads everything", "[service][source_roots]") {
  const SourceRoots roots({"/"}, "/srv/uploads");
  CHECK(roots.Check("t", "/etc").ok());
  CHECK(roots.Check("t", "/").ok());
}

}  // namespace
}  // namespace datamigrate::service
