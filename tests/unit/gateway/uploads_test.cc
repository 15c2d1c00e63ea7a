// Archives of strangers, and where they end up.
#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "gateway/uploads/entry_name.h"
#include "gateway/uploads/unpack.h"
#include "gateway/uploads/upload_store.h"
#include "tests/support/child_process.h"

namespace datamigrate::gateway {
namespace {

constexpr char kOrganization[] = "00000000-0000-4000-8000-00000000000a";
constexpr char kOther[] = "00000000-0000-4000-8000-00000000000b";

struct Member {
  std::string name;
  std::string content;
  unsigned type = AE_IFREG;
  std::string link = "";
};

std::string Zip(const std::vector<Member>& members, const std::string& options = "") {
  std::string bytes(1 << 22, '\0');
  size_t used = 0;
  archive* writer = archive_write_new();
  archive_write_set_format_zip(writer);
  if (!options.empty()) REQUIRE(archive_write_set_options(writer, options.c_str()) == ARCHIVE_OK);
  if (options.find("encryption") != std::string::npos) archive_write_set_passphrase(writer, "p");
  REQUIRE(archive_write_open_memory(writer, bytes.data(), bytes.size(), &used) == ARCHIVE_OK);
  for (const Member& member : members) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, member.name.c_str());
    archive_entry_set_filetype(entry, member.type);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, static_cast<la_int64_t>(member.content.size()));
    if (!member.link.empty()) archive_entry_set_symlink(entry, member.link.c_str());
    REQUIRE(archive_write_header(writer, entry) == ARCHIVE_OK);
    archive_write_data(writer, member.content.data(), member.content.size());
    archive_entry_free(entry);
  }
  REQUIRE(archive_write_close(writer) == ARCHIVE_OK);
  archive_write_free(writer);
  bytes.resize(used);
  return bytes;
}

std::string TextOf(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::shared_ptr<SpooledBody> BodyOf(const testing::TemporaryDirectory& folder,
                                    std::string_view bytes) {
  auto body = SpooledBody::Create(folder.path().string());
  REQUIRE(body.ok());
  REQUIRE((*body)->Append(bytes).ok());
  return *body;
}

// What Unpack says, in a folder of its own.
absl::StatusOr<Unpacked> Try(const std::string& bytes, const UnpackLimits& limits = {}) {
  const testing::TemporaryDirectory folder;
  const auto body = BodyOf(folder, bytes);
  const std::filesystem::path target = folder.path() / "target";
  std::filesystem::create_directory(target);
  return Unpack(body->descriptor(), body->size(), target.string(), limits);
}

TEST_CASE("Names that are the same on every system are taken", "[gateway][uploads]") {
  for (const char* good : {"a.sql", "sales/views/a b.sql", "名前/é.sql", "folder/", "COM10.sql",
                           "console.sql", "...a", "a..b/c"}) {
    INFO(good);
    CHECK(CheckEntryName(good).ok());
  }
  CHECK(*CheckEntryName("folder/") == "folder");
  for (const std::string& wrong : std::vector<std::string>{"",
                                                           "/",
                                                           "/etc/passwd",
                                                           "..",
                                                           "../a",
                                                           "a/../b",
                                                           "a/./b",
                                                           "a//b",
                                                           "a\\b",
                                                           "C:a",
                                                           "a\nb",
                                                           std::string("a\0b", 3),
                                                           "a\x7f",
                                                           "CON",
                                                           "con.sql",
                                                           "a/NUL",
                                                           "lpt1.txt",
                                                           "Com9",
                                                           "a.",
                                                           "a /b",
                                                           "\xff.sql",
                                                           "\xc0\xaf",
                                                           "\xed\xa0\x80",
                                                           "a\xe2\x82",
                                                           std::string(500, 'a'),
                                                           "a/" + std::string(200, 'b')}) {
    INFO(wrong);
    CHECK(absl::IsInvalidArgument(CheckEntryName(wrong).status()));
  }
  std::string deep;
  for (int i = 0; i < 30; ++i) deep += "a/";
  CHECK_FALSE(CheckEntryName(deep + "b").ok());
}

// What follows each extra field 0x0001 (APPNOTE 4.5.3), where the sizes of more than 32 bits are.
std::string WithSizesOf64Bits(std::string bytes, unsigned char byte) {
  int found = 0;
  for (const char length : {8, 16, 24, 28}) {
    const std::string head = {1, 0, length, 0};
    for (size_t at = bytes.find(head); at != std::string::npos; at = bytes.find(head, at + 4)) {
      const auto sizes = std::min<size_t>(16, static_cast<size_t>(length));
      std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at) + 4, sizes,
                  static_cast<char>(byte));
      ++found;
    }
  }
  REQUIRE(found > 0);
  return bytes;
}

TEST_CASE("Archives of 64-bit sizes are read, and bounded by what is really in them",
          "[gateway][uploads]") {
  const std::string zip = Zip({{"a.sql", std::string(5000, 'x')}, {"b.sql", "y"}}, "zip:zip64");
  CHECK(Try(zip)->files == 2);
  CHECK(Try(zip)->bytes == 5001);
  UnpackLimits limits;
  limits.max_file_bytes = 4999;
  CHECK(absl::IsOutOfRange(Try(zip, limits).status()));

  SECTION("sizes that lie are no way around the limits") {
    const auto byte = GENERATE(as<unsigned char>(), 0x00, 0x01, 0x7f, 0xff);
    const auto lied = Try(WithSizesOf64Bits(zip, byte), limits);
    CHECK_FALSE(lied.ok());
  }
  SECTION("nor is a directory that is said to be elsewhere") {
    // The record that the locator (APPNOTE 4.3.15) points to.
    std::string elsewhere = zip;
    const size_t locator = elsewhere.rfind("PK\x06\x07");
    if (locator != std::string::npos) elsewhere.replace(locator + 8, 8, std::string(8, '\x7f'));
    const size_t end = elsewhere.rfind("PK\x05\x06");
    REQUIRE(end != std::string::npos);
    elsewhere.replace(end + 8, 12, std::string(12, '\xff'));
    CHECK_FALSE(Try(elsewhere, limits).ok());
  }
}

TEST_CASE("An archive becomes its files", "[gateway][uploads]") {
  const testing::TemporaryDirectory folder;
  UploadStore uploads((folder.path() / "uploads").string(), {});
  REQUIRE(uploads.Prepare().ok());
  const std::string large(300000, 'x');
  const auto body = BodyOf(folder, Zip({{"sales/", "", AE_IFDIR},
                                        {"sales/t.sql", "CREATE TABLE t (id int)"},
                                        {"sales/deep/er/名.sql", large}}));
  const auto upload = uploads.Add(kOrganization, *body, UploadStore::Kind::kZip, absl::Now());
  REQUIRE(upload.ok());
  CHECK(upload->files == 2);
  CHECK(upload->bytes == 300023);
  const auto path = folder.path() / "uploads" / kOrganization / upload->id;
  CHECK(TextOf(path / "sales/t.sql") == "CREATE TABLE t (id int)");
  CHECK(TextOf(path / "sales/deep/er/名.sql") == large);
  CHECK(uploads.Find(kOrganization, upload->id)->bytes == 300023);
  CHECK(absl::IsNotFound(uploads.Find(kOther, upload->id).status()));
  CHECK(absl::IsNotFound(uploads.Remove(kOther, upload->id)));
  CHECK(uploads.List(kOther).empty());
  CHECK(absl::IsNotFound(uploads.Find("..", upload->id).status()));
  CHECK(absl::IsNotFound(uploads.Find(kOrganization, "../x").status()));
  REQUIRE(uploads.Remove(kOrganization, upload->id).ok());
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK(uploads.List(kOrganization).empty());
}

TEST_CASE("What an archive may not hold is refused by name", "[gateway][uploads]") {
  const auto refused = [](const absl::StatusOr<Unpacked>& unpacked, std::string_view what) {
    INFO(unpacked.status().ToString());
    CHECK(absl::IsInvalidArgument(unpacked.status()));
    CHECK(unpacked.status().message().find(what.data(), 0, what.size()) != std::string::npos);
  };
  refused(Try("SELECT 1"), "zip archive");
  refused(Try(""), "zip archive");
  refused(Try(Zip({{"a.sql", "x"}}).substr(0, 30)), "zip archive");
  refused(Try(Zip({{"a/", "", AE_IFDIR}})), "no file");
  refused(Try(Zip({{"../a.sql", "x"}})), "\"../a.sql\"");
  refused(Try(Zip({{"/etc/cron.d/a", "x"}})), "\"/etc/cron.d/a\"");
  refused(Try(Zip({{"a.sql", "x"}, {"A.sql", "y"}})), "\"A.sql\" is there twice");
  refused(Try(Zip({{"a", "x"}, {"a/b", "y"}})), "is a file and a folder");
  refused(Try(Zip({{"nul.sql", "x"}})), "device");
  refused(Try(Zip({{"link", "/etc/passwd", AE_IFLNK, "/etc/passwd"}})), "\"link\" is a link");
  refused(Try(Zip({{"a.sql", "x"}}, "zip:encryption=zipcrypt")), "\"a.sql\" is encrypted");
}

TEST_CASE("An archive that grows too much is stopped on the way", "[gateway][uploads]") {
  const auto code = [](const absl::StatusOr<Unpacked>& unpacked) {
    return unpacked.status().code();
  };
  const std::string zeros(3 << 20, '\0');
  CHECK(code(Try(Zip({{"a", zeros}}))) == absl::StatusCode::kOutOfRange);
  CHECK(Try(Zip({{"a", zeros}}), {.max_ratio = 100000}).ok());
  CHECK(code(Try(Zip({{"a", "12345"}}), {.max_file_bytes = 4})) == absl::StatusCode::kOutOfRange);
  CHECK(code(Try(Zip({{"a", "123"}, {"b", "123"}}), {.max_bytes = 5})) ==
        absl::StatusCode::kOutOfRange);
  CHECK(code(Try(Zip({{"a", "1"}, {"b", "2"}, {"c", "3"}}), {.max_entries = 2})) ==
        absl::StatusCode::kOutOfRange);
}

TEST_CASE("An organization's uploads have a quota and a lifetime", "[gateway][uploads]") {
  const testing::TemporaryDirectory folder;
  UploadStore uploads(
      (folder.path() / "uploads").string(),
      {.unpack = {}, .max_uploads = 2, .max_bytes = 10, .lifetime = absl::Hours(1)});
  REQUIRE(uploads.Prepare().ok());
  const auto add = [&](std::string_view text, absl::Time now, const char* organization) {
    return uploads.Add(organization, *BodyOf(folder, text), UploadStore::Kind::kScript, now)
        .status()
        .code();
  };
  const absl::Time now = absl::FromUnixSeconds(1795286400);
  CHECK(add("", now, kOrganization) == absl::StatusCode::kInvalidArgument);
  CHECK(add("123456", now, kOrganization) == absl::StatusCode::kOk);
  CHECK(add("12345", now, kOrganization) == absl::StatusCode::kResourceExhausted);
  CHECK(add("12345", now, kOther) == absl::StatusCode::kOk);
  CHECK(add("1", now + absl::Minutes(1), kOrganization) == absl::StatusCode::kOk);
  CHECK(add("1", now, kOrganization) == absl::StatusCode::kResourceExhausted);
  REQUIRE(uploads.List(kOrganization).size() == 2);
  CHECK(uploads.List(kOrganization)[0].bytes == 1);
  REQUIRE(uploads.Sweep(now + absl::Minutes(61)).ok());
  CHECK(uploads.List(kOrganization).size() == 1);
  CHECK(uploads.List(kOther).empty());
  CHECK(std::filesystem::is_empty(folder.path() / "uploads/.staging"));
  CHECK(std::filesystem::is_empty(folder.path() / "uploads/.spool"));
}

TEST_CASE("What a crash left does not count and goes", "[gateway][uploads]") {
  const testing::TemporaryDirectory folder;
  const auto top = folder.path() / "uploads";
  UploadStore uploads(top.string(), {});
  REQUIRE(uploads.Prepare().ok());
  const auto orphan = top / kOrganization / kOther;
  std::filesystem::create_directories(orphan);
  std::filesystem::create_directories(top / ".staging" / kOther);
  CHECK(uploads.List(kOrganization).empty());
  CHECK(absl::IsNotFound(uploads.Find(kOrganization, kOther).status()));
  REQUIRE(uploads.Sweep(absl::Now()).ok());
  CHECK(std::filesystem::exists(orphan));  // it may be one that is being published
  const auto long_ago = std::filesystem::file_time_type::clock::now() - std::chrono::hours(3);
  std::filesystem::last_write_time(orphan, long_ago);
  std::filesystem::last_write_time(top / ".staging" / kOther, long_ago);
  REQUIRE(uploads.Sweep(absl::Now()).ok());
  CHECK_FALSE(std::filesystem::exists(orphan));
  CHECK(std::filesystem::is_empty(top / ".staging"));
}

}  // namespace
}  // namespace datamigrate::gateway
