// Ranges as RFC 9110 section 14 has them, and the answers that they get.
#include "gateway/http/byte_range.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gateway/http/ranged_response.h"

namespace datamigrate::gateway {
namespace {

using Kind = RangeChoice::Kind;
using Spans = std::vector<ByteSpan>;

Spans PartsOf(std::string_view field, uint64_t size = 10000) {
  const RangeChoice choice = ChooseRange(field, size);
  CHECK(choice.kind == Kind::kParts);
  return choice.parts;
}

TEST_CASE("A range names its first and last byte, or how many from the end", "[gateway][range]") {
  CHECK(PartsOf("bytes=0-499") == Spans{{0, 500}});
  CHECK(PartsOf("bytes=500-999") == Spans{{500, 500}});
  CHECK(PartsOf("bytes=-500") == Spans{{9500, 500}});
  CHECK(PartsOf("bytes=9500-") == Spans{{9500, 500}});
  CHECK(PartsOf("bytes=0-0,-1") == Spans{{0, 1}, {9999, 1}});
  CHECK(PartsOf("BYTES=0-0") == Spans{{0, 1}});
  CHECK(PartsOf("bytes= 0-0 , ,-1,") == Spans{{0, 1}, {9999, 1}});
  CHECK(PartsOf("bytes=0-20000") == Spans{{0, 10000}});
  CHECK(PartsOf("bytes=-20000") == Spans{{0, 10000}});
  CHECK(PartsOf("bytes=1-99999999999999999999999999") == Spans{{1, 9999}});
  CHECK(PartsOf("bytes=20000-,5-6") == Spans{{5, 2}});
}

TEST_CASE("Ranges that overlap or nearly touch become one, the others keep their order",
          "[gateway][range]") {
  CHECK(PartsOf("bytes=500-600,601-999") == Spans{{500, 500}});
  CHECK(PartsOf("bytes=500-700,601-999") == Spans{{500, 500}});
  CHECK(PartsOf("bytes=0-9,50-59") == Spans{{0, 60}});
  CHECK(PartsOf("bytes=9000-,0-9,5-20,300-400") == Spans{{9000, 1000}, {0, 21}, {300, 101}});
  CHECK(PartsOf("bytes=0-,0-,0-,-1") == Spans{{0, 10000}});
  CHECK(PartsOf("bytes=100-200,0-9999,300-400") == Spans{{0, 10000}});
}

TEST_CASE("What lies behind the end cannot be had", "[gateway][range]") {
  CHECK(ChooseRange("bytes=10000-", 10000).kind == Kind::kUnsatisfiable);
  CHECK(ChooseRange("bytes=10000-10001,20000-", 10000).kind == Kind::kUnsatisfiable);
  CHECK(ChooseRange("bytes=-0", 10000).kind == Kind::kUnsatisfiable);
  CHECK(ChooseRange("bytes=0-", 0).kind == Kind::kUnsatisfiable);
  CHECK(ChooseRange("bytes=-5", 0).kind == Kind::kUnsatisfiable);
  CHECK(ChooseRange("bytes=99999999999999999999999999-", 10000).kind == Kind::kUnsatisfiable);
}

TEST_CASE("A field that is no range of bytes is passed over", "[gateway][range]") {
  for (const char* field :
       {"", "bytes", "bytes=", "bytes=,", "bytes=-", "bytes=1", "bytes=a-b", "bytes=1-b",
        "bytes=5-4", "bytes=1-2-3", "bytes=--1", "bytes=+1-2", "bytes=1 - 2", "bytes =1-2",
        "lines=1-2", "bytes=0-0,x", "bytes:0-1", " bytes=0-1"}) {
    INFO(field);
    CHECK(ChooseRange(field, 10000).kind == Kind::kWhole);
  }
}

TEST_CASE("A small request cannot ask for many parts", "[gateway][range]") {
  std::string field = "bytes=";
  for (int i = 0; i < 1000; ++i)
    field += std::to_string(i * 200) + "-" + std::to_string(i * 200) + ",";
  CHECK(ChooseRange(field, 1000000).kind == Kind::kTooMany);
}

// Gives `text` in pieces of three bytes.
class TextStream : public BodyStream {
 public:
  explicit TextStream(std::string text) : text_(std::move(text)) {}
  void Next(Done done) override {
    if (at_ >= text_.size()) return done(std::nullopt);
    const std::string piece = text_.substr(at_, 3);
    at_ += piece.size();
    done(piece);
  }
  void Cancel() override {}

 private:
  const std::string text_;
  size_t at_ = 0;
};

struct Answered {
  Response response;
  std::string body;
};

std::string AllOf(Response& response) {
  std::string body;
  while (response.stream != nullptr) {
    BodyStream::Piece piece = absl::UnknownError("not called");
    response.stream->Next([&](BodyStream::Piece next) { piece = std::move(next); });
    REQUIRE(piece.ok());
    if (!piece->has_value()) break;
    body += **piece;
  }
  return body;
}

std::string Content() {
  std::string content(1000, '\0');
  for (size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>('a' + i % 26);
  return content;
}

Answered Ask(const std::vector<std::pair<std::string, std::string>>& fields,
             const std::string& method = "GET") {
  Request request;
  request.method = method;
  for (const auto& [name, value] : fields) request.headers.Add(name, value);
  const auto open = [](const Spans& parts) {
    std::string text = parts.empty() ? Content() : "";
    for (const ByteSpan& part : parts) text += Content().substr(part.first, part.length);
    return std::make_unique<TextStream>(text);
  };
  Answered answered;
  answered.response = RangedResponse(request, {1000, "\"tag\"", "text/x-test"}, open);
  answered.body = AllOf(answered.response);
  if (answered.response.stream != nullptr) {
    CHECK(answered.response.stream_length == answered.body.size());
  }
  return answered;
}

TEST_CASE("Without a range the whole is sent, and it is said that parts can be had",
          "[gateway][range]") {
  const Answered answered = Ask({});
  CHECK(answered.response.status == 200);
  CHECK(answered.body == Content());
  CHECK(answered.response.headers.Get("Accept-Ranges") == "bytes");
  CHECK(answered.response.headers.Get("ETag") == "\"tag\"");
  CHECK(Ask({{"Range", "bytes=x"}}).response.status == 200);
  CHECK(Ask({{"Range", "bytes=1-2"}, {"Range", "bytes=3-4"}}).response.status == 200);
}

TEST_CASE("HEAD is not asked for a part, and gets the length", "[gateway][range]") {
  const Answered answered = Ask({{"Range", "bytes=0-9"}}, "HEAD");
  CHECK(answered.response.status == 200);
  CHECK(answered.response.stream == nullptr);
  CHECK(answered.response.stream_length == 1000);
}

TEST_CASE("One part", "[gateway][range]") {
  const Answered answered = Ask({{"Range", "bytes=990-"}});
  CHECK(answered.response.status == 206);
  CHECK(answered.response.headers.Get("Content-Range") == "bytes 990-999/1000");
  CHECK(answered.response.headers.Get("Content-Type") == "text/x-test");
  CHECK(answered.body == Content().substr(990));
}

TEST_CASE("Parts come in one multipart answer", "[gateway][range]") {
  const Answered answered = Ask({{"Range", "bytes=500-509,0-4"}});
  CHECK(answered.response.status == 206);
  CHECK_FALSE(answered.response.headers.Has("Content-Range"));
  const std::string type(answered.response.headers.Get("Content-Type"));
  const std::string start = "multipart/byteranges; boundary=";
  REQUIRE(type.starts_with(start));
  const std::string boundary = type.substr(start.size());
  const auto head = [&](const std::string& range) {
    return "--" + boundary + "\r\nContent-Type: text/x-test\r\nContent-Range: bytes " + range +
           "/1000\r\n\r\n";
  };
  CHECK(answered.body == head("500-509") + Content().substr(500, 10) + "\r\n" + head("0-4") +
                             "abcde\r\n--" + boundary + "--\r\n");
}

TEST_CASE("A range that cannot be had is refused with the length", "[gateway][range]") {
  const auto test = GENERATE(as<std::string>(), "bytes=1000-", "bytes=-0",
                             "bytes=0-,0-,0-,0-,0-,0-,0-,0-,0-,0-,0-,0-,0-,0-,0-,0-,0-");
  const Answered answered = Ask({{"Range", test}});
  CHECK(answered.response.status == 416);
  CHECK(answered.response.headers.Get("Content-Range") == "bytes */1000");
}

TEST_CASE("A part of something else is never sent", "[gateway][range]") {
  CHECK(Ask({{"Range", "bytes=0-1"}, {"If-Range", "\"tag\""}}).response.status == 206);
  CHECK(Ask({{"Range", "bytes=0-1"}, {"If-Range", "\"old\""}}).response.status == 200);
  CHECK(Ask({{"Range", "bytes=0-1"}, {"If-Range", "W/\"tag\""}}).response.status == 200);
  CHECK(Ask({{"Range", "bytes=0-1"}, {"If-Range", "Sat, 29 Oct 1994 19:43:31 GMT"}})
            .response.status == 200);
}

TEST_CASE("Conditions come before ranges", "[gateway][range]") {
  CHECK(Ask({{"Range", "bytes=0-1"}, {"If-Match", "\"old\", \"tag\""}}).response.status == 206);
  CHECK(Ask({{"Range", "bytes=0-1"}, {"If-Match", "W/\"tag\""}}).response.status == 412);
  CHECK(Ask({{"If-Match", "\"old\""}}).response.status == 412);
  const Answered same = Ask({{"Range", "bytes=0-1"}, {"If-None-Match", "W/\"tag\""}});
  CHECK(same.response.status == 304);
  CHECK(same.response.headers.Get("ETag") == "\"tag\"");
}

TEST_CASE("Bytes that do not make up the parts are an error", "[gateway][range]") {
  const auto sent = GENERATE(9, 16);
  Request request;
  request.method = "GET";
  request.headers.Set("Range", "bytes=0-9,500-504");
  Response response = RangedResponse(request, {1000, "\"tag\"", "text/x-test"}, [&](const Spans&) {
    return std::make_unique<TextStream>(Content().substr(0, static_cast<size_t>(sent)));
  });
  absl::Status end;
  for (bool is_over = false; !is_over;) {
    response.stream->Next([&](BodyStream::Piece piece) {
      end = piece.status();
      is_over = !piece.ok() || !piece->has_value();
    });
  }
  CHECK(absl::IsDataLoss(end));
}

TEST_CASE("What went away while it was read is asked for again", "[gateway][range]") {
  Request request;
  request.method = "GET";
  request.headers.Set("Range", "bytes=0-9");
  const Response response = RangedResponse(request, {1000, "\"tag\"", "text/x-test"},
                                           [](const Spans&) { return nullptr; });
  CHECK(response.status == 503);
  CHECK(response.headers.Get("Retry-After") == "1");
}

}  // namespace
}  // namespace datamigrate::gateway
