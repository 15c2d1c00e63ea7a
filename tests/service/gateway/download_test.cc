// Projects and reports of migrations as files, from an engine of the test's own.
#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/service/gateway/fake_engine.h"
#include "tests/service/gateway/gateway_fixture.h"
#include "tests/unit/gateway/raw_client.h"

namespace datamigrate::gateway {
namespace {

using nlohmann::json;
using testing::FakeEngine;
using Fixture = testing::GatewayFixture;
using testing::RawClient;
using testing::RawResponse;

TEST_CASE("The project arrives byte for byte", "[gateway][service]") {
  Fixture fixture;
  fixture.SignUp("ann@example.com");
  const std::string id = fixture.Create();
  const std::string path = "/api/v1/migrations/" + id + "/project";
  FakeEngine::Files files;
  for (int i = 0; i < 700000; ++i) files.archive += static_cast<char>(i * 31 >> 3);
  fixture.engine->Serve(files);
  SECTION("whole") {
    const RawResponse response = fixture.Ask("GET", path);
    CHECK(response.status == 200);
    CHECK(response.headers.at("content-type") == "application/zip");
    CHECK(response.headers.at("content-disposition") ==
          "attachment; filename=\"dbt-project-" + id + ".zip\"");
    CHECK(response.is_whole);
    CHECK((response.body == files.archive));
  }
  SECTION("in parts") {
    const RawResponse last = fixture.Ask("GET", path, "", "Range: bytes=-5\r\n");
    CHECK(last.status == 206);
    CHECK(last.headers.at("content-range") == "bytes 699995-699999/700000");
    CHECK((last.body == files.archive.substr(699995)));
    const RawResponse two = fixture.Ask("GET", path, "", "Range: bytes=100000-299999,0-9\r\n");
    CHECK(two.status == 206);
    CHECK(two.is_whole);
    CHECK((two.body.find(files.archive.substr(100000, 200000)) != std::string::npos));
    const RawResponse behind = fixture.Ask("GET", path, "", "Range: bytes=700000-\r\n");
    CHECK(behind.status == 416);
    CHECK(behind.headers.at("content-range") == "bytes */700000");
  }
  SECTION("what broke goes on, unless the project has changed") {
    files.most_sent = 300000;
    fixture.engine->Serve(files);
    const RawResponse broken = fixture.Ask("GET", path);
    CHECK_FALSE(broken.is_whole);
    const std::string etag = broken.headers.at("etag");
    files.most_sent = std::string::npos;
    fixture.engine->Serve(files);
    const std::string range = "Range: bytes=" + std::to_string(broken.body.size()) + "-\r\n";
    const RawResponse rest = fixture.Ask("GET", path, "", range + "If-Range: " + etag + "\r\n");
    CHECK(rest.status == 206);
    CHECK((broken.body + rest.body == files.archive));
    files.archive += "!";
    fixture.engine->Serve(files);
    const RawResponse other = fixture.Ask("GET", path, "", range + "If-Range: " + etag + "\r\n");
    CHECK(other.status == 200);
    CHECK((other.body == files.archive));
  }
  SECTION("its length, and nothing where it is known") {
    RawClient client(fixture.gateway->port());
    client.Send("HEAD " + path + " HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + fixture.token +
                "\r\n\r\n");
    const RawResponse head = client.Read(/*is_head=*/true);
    CHECK(head.status == 200);
    CHECK(head.headers.at("content-length") == "700000");
    CHECK(head.headers.at("accept-ranges") == "bytes");
    const std::string etag = head.headers.at("etag");
    CHECK(fixture.Ask("GET", path, "", "If-None-Match: " + etag + "\r\n").status == 304);
    CHECK(fixture.Ask("GET", path, "", "If-Match: \"x\"\r\n").status == 412);
  }
  SECTION("broken in the middle") {
    files.most_sent = 300000;
    files.ended = grpc::Status(grpc::StatusCode::INTERNAL, "disk");
    fixture.engine->Serve(files);
    const RawResponse response = fixture.Ask("GET", path);
    CHECK(response.status == 200);
    CHECK_FALSE(response.is_whole);
  }
  SECTION("not there yet") {
    files.archive.clear();
    files.ended =
        grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, "the project is not written yet");
    fixture.engine->Serve(files);
    const RawResponse response = fixture.Ask("GET", path);
    CHECK(response.status == 409);
    CHECK(json::parse(response.body)["detail"] == "the project is not written yet");
  }
  SECTION("not described") {
    files.most_sent = 0;
    files.ended = grpc::Status(grpc::StatusCode::INTERNAL, "disk");
    fixture.engine->Serve(files);
    CHECK(fixture.Ask("GET", path).status == 502);
  }
}

TEST_CASE("The report comes as the client likes it", "[gateway][service]") {
  Fixture fixture;
  fixture.SignUp("ann@example.com");
  const std::string id = fixture.Create();
  const std::string path = "/api/v1/migrations/" + id + "/report";
  FakeEngine::Files files;
  files.report_page = "<!doctype html><title>r</title>";
  files.report_json = "{\"score\":100}";
  fixture.engine->Serve(files);
  const RawResponse page = fixture.Ask("GET", path);
  CHECK(page.status == 200);
  CHECK(page.body == files.report_page);
  CHECK(page.headers.at("content-type") == "text/html; charset=utf-8");
  CHECK(page.headers.at("content-disposition") ==
        "inline; filename=\"migration-report-" + id + ".html\"");
  CHECK(page.headers.at("content-security-policy").find("sandbox") != std::string::npos);
  CHECK(page.headers.at("vary") == "Accept");
  const std::string browser =
      "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n";
  CHECK(fixture.Ask("GET", path, "", browser).body == files.report_page);

  const RawResponse data = fixture.Ask("GET", path, "", "Accept: application/json\r\n");
  CHECK(data.body == files.report_json);
  CHECK(data.headers.at("content-type") == "application/json");
  CHECK(data.headers.at("etag") != page.headers.at("etag"));
  CHECK(data.headers.at("content-security-policy").find("sandbox") == std::string::npos);
  CHECK(fixture.Ask("GET", path + "?format=json&download=true", "", browser)
            .headers.at("content-disposition") ==
        "attachment; filename=\"migration-report-" + id + ".json\"");

  CHECK(fixture.Ask("GET", path, "", "Accept: image/png\r\n").status == 406);
  CHECK(fixture.Ask("GET", path + "?format=pdf").status == 400);
  CHECK(fixture.Ask("GET", path, "", "If-None-Match: " + page.headers.at("etag") + "\r\n").status ==
        304);
  CHECK(fixture.Ask("GET", path, "", "Range: bytes=0-4\r\n").body == "<!doc");
}

}  // namespace
}  // namespace datamigrate::gateway
