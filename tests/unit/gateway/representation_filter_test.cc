// ETag, If-None-Match, Accept-Encoding and gzip.
#include "gateway/filters/representation/representation_filter.h"

#include <zlib.h>

#include <catch2/catch.hpp>

#include "gateway/filters/representation/content_coding.h"
#include "gateway/http/router.h"

namespace datamigrate::gateway {
namespace {

const Route kRead = {.method = "GET", .pattern = "/r", .endpoint = {}};
const Route kSecret = {
    .method = "GET", .pattern = "/s", .rate_class = RateClass::kCredentials, .endpoint = {}};

std::string Unpack(const std::string& packed) {
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
  std::string text(1 << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  REQUIRE(inflate(&stream, Z_FINISH) == Z_STREAM_END);
  text.resize(stream.total_out);
  inflateEnd(&stream);
  return text;
}

Response Answered(const Request& request, std::string body) {
  Response response = TextResponse(200, "application/json", std::move(body));
  RepresentationFilter().OnResponse(request, response);
  return response;
}

Request Get(const Route& route = kRead) {
  Request request;
  request.method = "GET";
  request.route = &route;
  return request;
}

TEST_CASE("The client's weights decide about gzip", "[gateway][representation]") {
  for (const char* yes : {"gzip", "GZIP", "deflate, gzip", "gzip;q=0.001", "*", "*;q=0.5",
                          "gzip;q=1.000", "br;q=1.0, gzip;q=0.8, *;q=0.1", "x-gzip", " gzip ; q=1 ",
                          "identity;q=0.5, gzip;q=0.5", ",,gzip,"}) {
    INFO(yes);
    CHECK(WantsGzip(yes));
  }
  for (const char* no : {"", "identity", "gzip;q=0", "gzip;q=0.000", "*, gzip;q=0", "*;q=0",
                         "br, deflate", "gzip;q=2", "gzip;q=1.5", "gzip;q=0.0001",
                         "gzip;q=", "gzip;x", "gzip;q=-1", "gzipped", "identity, gzip;q=0.5"}) {
    INFO(no);
    CHECK_FALSE(WantsGzip(no));
  }
}

TEST_CASE("A long text is packed for who takes it", "[gateway][representation]") {
  const std::string text(5000, 'a');
  Request request = Get();
  const Response plain = Answered(request, text);
  CHECK(plain.body == text);
  CHECK_FALSE(plain.headers.Has("Content-Encoding"));
  CHECK(plain.headers.Get("Vary") == "Accept-Encoding");
  request.headers.Set("Accept-Encoding", "gzip");
  const Response packed = Answered(request, text);
  CHECK(packed.headers.Get("Content-Encoding") == "gzip");
  CHECK(packed.body.size() < 100);
  CHECK(Unpack(packed.body) == text);
  CHECK(packed.headers.Get("ETag") != plain.headers.Get("ETag"));
  CHECK(Answered(request, "short").body == "short");

  SECTION("not the answers of sign-in") {
    Request secret = Get(kSecret);
    secret.headers.Set("Accept-Encoding", "gzip");
    CHECK(Answered(secret, text).body == text);
  }
  SECTION("not a problem, nor the answer to a change") {
    Response problem = TextResponse(404, "application/problem+json", text);
    RepresentationFilter().OnResponse(request, problem);
    CHECK(problem.body == text);
    CHECK_FALSE(problem.headers.Has("ETag"));
    request.method = "POST";
    CHECK(Answered(request, text).body == text);
  }
}

TEST_CASE("What the client has is not sent again", "[gateway][representation]") {
  Request request = Get();
  const std::string etag(Answered(request, "body").headers.Get("ETag"));
  CHECK(etag.size() == 24);
  for (const std::string& known :
       {etag, "W/" + etag, "\"x\", " + etag, "\"x\"," + etag + ",\"y\"", std::string("*")}) {
    INFO(known);
    request.headers.Set("If-None-Match", known);
    const Response response = Answered(request, "body");
    CHECK(response.status == 304);
    CHECK(response.body.empty());
    CHECK(response.headers.Get("ETag") == etag);
  }
  for (const std::string& other :
       {std::string("\"x\""), etag.substr(1), etag.substr(0, 23), std::string()}) {
    INFO(other);
    request.headers.Set("If-None-Match", other);
    CHECK(Answered(request, "body").status == 200);
  }
  request.headers.Set("If-None-Match", etag);
  CHECK(Answered(request, "another body").status == 200);
}

}  // namespace
}  // namespace datamigrate::gateway
