// ETag, If-None-Match, Accept-Encoding, gzip and zstd.
#include "gateway/filters/representation/representation_filter.h"

#include <zlib.h>
#include <zstd.h>

#include <catch2/catch.hpp>

#include "gateway/filters/representation/content_coding.h"
#include "gateway/http/entity_tag.h"
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

std::string UnpackZstd(const std::string& packed) {
  ZSTD_DStream* stream = ZSTD_createDStream();
  std::string text(1 << 20, '\0');
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  ZSTD_outBuffer out{text.data(), text.size(), 0};
  const size_t left = ZSTD_decompressStream(stream, &out, &in);
  ZSTD_freeDStream(stream);
  REQUIRE(left == 0);
  REQUIRE(in.pos == packed.size());
  text.resize(out.pos);
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

TEST_CASE("The client's weights decide about the coding", "[gateway][representation]") {
  for (const char* field :
       {"gzip", "GZIP", "deflate, gzip", "gzip;q=0.001", "gzip;q=1.000", "zstd;q=0, *",
        "br;q=1.0, gzip;q=0.8, *;q=0.1", "x-gzip", " gzip ; q=1 ", "identity;q=0.5, gzip;q=0.5",
        ",,gzip,", "zstd;q=0.5, gzip;q=0.6"}) {
    INFO(field);
    CHECK(ChooseCoding(field) == Coding::kGzip);
  }
  for (const char* field : {"zstd", "ZSTD", "gzip, zstd", "gzip, deflate, br, zstd", "*", "*;q=0.5",
                            "gzip;q=0, *;q=0.1", "zstd;q=0.5, gzip;q=0.5", "zstd;q=0.6, gzip;q=0.5",
                            "identity, zstd", "identity;q=0, *"}) {
    INFO(field);
    CHECK(ChooseCoding(field) == Coding::kZstd);
  }
  for (const char* field :
       {"", "identity", "gzip;q=0", "gzip;q=0.000", "*;q=0", "br, deflate", "gzip;q=2",
        "gzip;q=1.5", "gzip;q=0.0001", "gzip;q=", "gzip;x", "gzip;q=-1", "gzipped",
        "identity, gzip;q=0.5", "identity, zstd;q=0.9, gzip;q=0.5", "zstd;q=0, gzip;q=0",
        "identity;q=0"}) {
    INFO(field);
    CHECK(ChooseCoding(field) == Coding::kIdentity);
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

  SECTION("the better one where both are taken") {
    request.headers.Set("Accept-Encoding", "gzip, deflate, br, zstd");
    const Response best = Answered(request, text);
    CHECK(best.headers.Get("Content-Encoding") == "zstd");
    CHECK(UnpackZstd(best.body) == text);
    CHECK(best.headers.Get("ETag") != packed.headers.Get("ETag"));
    CHECK(best.headers.Get("ETag") != plain.headers.Get("ETag"));
  }
  SECTION("not what sets a cookie") {
    Response response = TextResponse(200, "application/json", text);
    response.headers.Set("Set-Cookie", "a=b");
    RepresentationFilter().OnResponse(request, response);
    CHECK(response.body == text);
  }
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

// Lines in pieces of many lengths, an empty one among them.
class LineStream : public BodyStream {
 public:
  explicit LineStream(bool breaks = false) : breaks_(breaks) {}
  void Next(Done done) override {
    if (count_ == 100) return breaks_ ? done(absl::UnavailableError("gone")) : done(std::nullopt);
    done(LineOf(count_++));
  }
  void Cancel() override {}

  static std::string LineOf(int number) {
    return number == 7 ? "" : std::string(static_cast<size_t>(number * number), 'x') + "\n";
  }
  static std::string All() {
    std::string all;
    for (int i = 0; i < 100; ++i) all += LineOf(i);
    return all;
  }

 private:
  const bool breaks_;
  int count_ = 0;
};

absl::StatusOr<std::string> ReadAll(BodyStream& stream) {
  std::string all;
  while (true) {
    BodyStream::Piece piece = std::nullopt;
    stream.Next([&](BodyStream::Piece next) { piece = std::move(next); });
    if (!piece.ok()) return piece.status();
    if (!piece->has_value()) return all;
    all += **piece;
  }
}

Response Streamed(const Request& request, std::string_view media_type, bool breaks = false) {
  Response response = TextResponse(200, media_type, "");
  response.stream = std::make_unique<LineStream>(breaks);
  if (media_type == "text/event-stream") response.may_end_early = true;
  if (media_type == "text/sized") response.stream_length = LineStream::All().size();
  RepresentationFilter().OnResponse(request, response);
  return response;
}

TEST_CASE("A long answer is packed while it is made", "[gateway][representation]") {
  const auto coding = GENERATE(as<std::string>(), "gzip", "zstd");
  Request request = Get();
  request.headers.Set("Accept-Encoding", coding);
  Response response = Streamed(request, "application/x-ndjson");
  CHECK(response.headers.Get("Content-Encoding") == coding);
  CHECK(response.headers.Get("Vary") == "Accept-Encoding");
  const auto packed = ReadAll(*response.stream);
  REQUIRE(packed.ok());
  CHECK(packed->size() < LineStream::All().size() / 20);
  CHECK((coding == "gzip" ? Unpack(*packed) : UnpackZstd(*packed)) == LineStream::All());

  CHECK(ReadAll(*Streamed(request, "application/x-ndjson", true).stream).status().code() ==
        absl::StatusCode::kUnavailable);
  for (const char* as_it_is : {"text/event-stream", "text/sized", "application/zip"}) {
    Response plain = Streamed(request, as_it_is);
    CHECK_FALSE(plain.headers.Has("Content-Encoding"));
    CHECK(*ReadAll(*plain.stream) == LineStream::All());
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

TEST_CASE("A change of what has changed is refused", "[gateway][representation]") {
  const std::string text(5000, 'a');
  Request read = Get();
  Request change = Get();
  change.method = "PUT";
  CHECK_FALSE(RefuseUnlessMatch(change, text).has_value());
  for (const char* coding : {"", "gzip", "zstd"}) {
    read.headers.Set("Accept-Encoding", coding);
    change.headers.Set("If-Match", Answered(read, text).headers.Get("ETag"));
    CHECK_FALSE(RefuseUnlessMatch(change, text).has_value());
    CHECK(RefuseUnlessMatch(change, text + "b")->status == 412);
  }
  change.headers.Set("If-Match", "*");
  CHECK_FALSE(RefuseUnlessMatch(change, text).has_value());
  change.headers.Set("If-Match", "W/" + EtagOf(text));
  CHECK(RefuseUnlessMatch(change, text)->status == 412);
}

}  // namespace
}  // namespace datamigrate::gateway
