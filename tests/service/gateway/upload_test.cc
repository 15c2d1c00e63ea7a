// Scripts by HTTP, from the archive to the migration that names it.
#include <archive.h>
#include <archive_entry.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "common/crypto/digest.h"
#include "tests/service/gateway/gateway_fixture.h"

namespace datamigrate::gateway {
namespace {

using nlohmann::json;
using testing::GatewayFixture;
using testing::RawClient;
using testing::RawResponse;

std::string ZipOf(const std::string& name, const std::string& content) {
  std::string bytes(1 << 16, '\0');
  size_t used = 0;
  archive* writer = archive_write_new();
  archive_write_set_format_zip(writer);
  REQUIRE(archive_write_open_memory(writer, bytes.data(), bytes.size(), &used) == ARCHIVE_OK);
  archive_entry* entry = archive_entry_new();
  archive_entry_set_pathname(entry, name.c_str());
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_perm(entry, 0644);
  archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
  REQUIRE(archive_write_header(writer, entry) == ARCHIVE_OK);
  archive_write_data(writer, content.data(), content.size());
  archive_entry_free(entry);
  REQUIRE(archive_write_close(writer) == ARCHIVE_OK);
  archive_write_free(writer);
  bytes.resize(used);
  return bytes;
}

RawResponse Send(GatewayFixture& fixture, const std::string& type, const std::string& body) {
  RawClient client(fixture.gateway->port());
  std::string head = "POST /api/v1/uploads HTTP/1.1\r\nHost: test\r\nContent-Type: " + type +
                     "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  if (!fixture.token.empty()) head += "Authorization: Bearer " + fixture.token + "\r\n";
  return client.Ask(head + "\r\n" + body);
}

TEST_CASE("An upload is its organization's, from its archive to its removal",
          "[gateway][service][uploads]") {
  GatewayFixture fixture;
  fixture.SignUp("ann@example.com");
  const std::string archive = ZipOf("sales/t.sql", "SELECT 1");
  const RawResponse made = Send(fixture, "application/zip", archive);
  INFO(made.body);
  REQUIRE(made.status == 201);
  const json log = json::parse(fixture.Ask("GET", "/api/v1/security/audit-logs").body);
  CHECK(log["entries"][0]["text_sha256"] == crypto::Sha256Hex(archive));
  const json upload = json::parse(made.body);
  CHECK(upload["files"] == 1);
  CHECK(upload["bytes"] == 8);
  const std::string path = made.headers.at("location");
  CHECK(fixture.Ask("GET", path).status == 200);
  CHECK(json::parse(fixture.Ask("GET", "/api/v1/uploads").body)["uploads"].size() == 1);
  const RawResponse migration =
      fixture.Ask("POST", "/api/v1/migrations",
                  json{{"source", upload["source"]}, {"target", "duckdb"}}.dump());
  CHECK(migration.status == 201);
  CHECK(json::parse(migration.body)["source"] == upload["source"]);

  const std::string ann = fixture.token;
  fixture.SignUp("bob@example.com");
  CHECK(fixture.Ask("GET", path).status == 404);
  CHECK(fixture.Ask("DELETE", path).status == 404);
  CHECK(json::parse(fixture.Ask("GET", "/api/v1/uploads").body)["uploads"].empty());
  fixture.token = ann;
  CHECK(fixture.Ask("DELETE", path).status == 204);
  CHECK(fixture.Ask("GET", path).status == 404);
}

TEST_CASE("An upload that is refused says why, and leaves nothing", "[gateway][service][uploads]") {
  GatewayFixture fixture;
  CHECK(Send(fixture, "application/zip", "x").status == 401);
  fixture.SignUp("ann@example.com");
  CHECK(Send(fixture, "application/json", "{}").status == 415);
  const RawResponse wrong = Send(fixture, "application/zip", ZipOf("../t.sql", "x"));
  CHECK(wrong.status == 422);
  CHECK(wrong.body.find("leads out of the archive") != std::string::npos);
  CHECK(Send(fixture, "application/zip", "no archive").status == 422);
  CHECK(Send(fixture, "application/sql", "").status == 422);
  CHECK(Send(fixture, "text/x-sql; charset=utf-8", "SELECT 1").status == 201);
  CHECK(std::filesystem::is_empty(fixture.home.path() / "uploads/.staging"));
}

}  // namespace
}  // namespace datamigrate::gateway
