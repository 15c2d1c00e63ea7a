#include "gateway/http/ranged_response.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "common/crypto/random.h"
#include "gateway/http/entity_tag.h"
#include "gateway/http/problem.h"

namespace datamigrate::gateway {
namespace {

std::string ContentRange(const ByteSpan& part, uint64_t size) {
  return fmt::format("bytes {}-{}/{}", part.first, part.first + part.length - 1, size);
}

// The heads of a multipart answer's parts, and what comes after the last.
struct Frame {
  std::vector<std::string> heads;
  std::string end;

  uint64_t length() const {
    uint64_t sum = end.size();
    for (const std::string& head : heads) sum += head.size();
    return sum;
  }
};

Frame FrameOf(const std::vector<ByteSpan>& parts, const Representation& representation,
              std::string_view boundary) {
  Frame frame;
  for (const ByteSpan& part : parts) {
    frame.heads.push_back(fmt::format("{}--{}\r\nContent-Type: {}\r\nContent-Range: {}\r\n\r\n",
                                      frame.heads.empty() ? "" : "\r\n", boundary,
                                      representation.media_type,
                                      ContentRange(part, representation.size)));
  }
  frame.end = fmt::format("\r\n--{}--\r\n", boundary);
  return frame;
}

// Puts a frame's heads between the parts of a stream that has them without a gap.
class MultipartBody : public BodyStream {
 public:
  MultipartBody(std::unique_ptr<BodyStream> inner, std::vector<ByteSpan> parts, Frame frame)
      : state_(std::make_shared<State>(std::move(parts), std::move(frame))),
        inner_(std::move(inner)) {}

  void Next(Done done) override {
    if (state_->is_over) return done(std::nullopt);
    // This may be gone when the piece comes.
    inner_->Next([state = state_, done = std::move(done)](Piece piece) {
      if (!piece.ok()) return done(std::move(piece));
      if (piece->has_value()) return done(state->Framed(**piece));
      state->is_over = true;
      if (state->part < state->parts.size()) return done(absl::DataLossError("a part is missing"));
      done(state->frame.end);
    });
  }

  void Cancel() override { inner_->Cancel(); }

 private:
  struct State {
    State(std::vector<ByteSpan> all_parts, Frame whole_frame)
        : parts(std::move(all_parts)), frame(std::move(whole_frame)) {}

    Piece Framed(std::string_view bytes) {
      std::string framed;
      while (!bytes.empty()) {
        if (part == parts.size()) return absl::DataLossError("more arrived than was asked for");
        if (sent == 0) framed += frame.heads[part];
        const auto length =
            static_cast<size_t>(std::min<uint64_t>(bytes.size(), parts[part].length - sent));
        framed += bytes.substr(0, length);
        bytes.remove_prefix(length);
        sent += length;
        if (sent < parts[part].length) continue;
        ++part;
        sent = 0;
      }
      return framed;
    }

    const std::vector<ByteSpan> parts;
    const Frame frame;
    size_t part = 0;    // that is being sent
    uint64_t sent = 0;  // of it
    bool is_over = false;
  };

  const std::shared_ptr<State> state_;
  const std::unique_ptr<BodyStream> inner_;
};

// Section 13.2.2, as far as there are dates: there are none.
std::optional<Response> CheckConditions(const Request& request, const std::string& etag) {
  const Headers& headers = request.headers;
  if (headers.Has("If-Match") && !MatchesEtagStrongly(headers.Get("If-Match"), etag)) {
    return Problem(request, 412, "It is not what If-Match names any more; get it again.");
  }
  if (headers.Has("If-None-Match") && MatchesEtag(headers.Get("If-None-Match"), etag)) {
    Response response;
    response.status = 304;
    return response;
  }
  return std::nullopt;
}

// Section 13.1.5: a validator that differs asks for all of it.
bool RangeApplies(const Request& request, const std::string& etag) {
  if (request.method != "GET" || request.headers.Count("Range") != 1) return false;
  return !request.headers.Has("If-Range") || request.headers.Get("If-Range") == etag;
}

Response Unsatisfied(const Request& request, RangeChoice::Kind kind, uint64_t size) {
  Response response =
      kind == RangeChoice::Kind::kTooMany
          ? Problem(request, 416, fmt::format("Ask for at most {} ranges at once.", kMostRanges))
          : Problem(request, 416, fmt::format("There are only {} bytes.", size));
  response.headers.Set("Content-Range", fmt::format("bytes */{}", size));
  return response;
}

}  // namespace

Response RangedResponse(const Request& request, const Representation& representation,
                        const OpenParts& open) {
  const auto finish = [&](Response response) {
    response.headers.Set("Accept-Ranges", "bytes");
    if (response.status < 400) response.headers.Set("ETag", representation.etag);
    return response;
  };
  if (auto early = CheckConditions(request, representation.etag)) return finish(*std::move(early));
  RangeChoice choice;
  if (RangeApplies(request, representation.etag)) {
    choice = ChooseRange(request.headers.Get("Range"), representation.size);
  }
  if (choice.kind == RangeChoice::Kind::kUnsatisfiable ||
      choice.kind == RangeChoice::Kind::kTooMany) {
    return finish(Unsatisfied(request, choice.kind, representation.size));
  }
  const bool has_body = request.method != "HEAD";
  std::unique_ptr<BodyStream> bytes = has_body ? open(choice.parts) : nullptr;
  if (has_body && bytes == nullptr) {
    Response gone = Problem(request, 503, "It changed or went away while it was read; ask again.");
    gone.headers.Set("Retry-After", "1");
    return finish(std::move(gone));
  }
  Response response;
  response.headers.Set("Content-Type", representation.media_type);
  if (choice.kind == RangeChoice::Kind::kWhole) {
    response.stream_length = representation.size;
  } else if (choice.parts.size() == 1) {
    response.status = 206;
    response.headers.Set("Content-Range", ContentRange(choice.parts[0], representation.size));
    response.stream_length = choice.parts[0].length;
  } else {
    response.status = 206;
    const std::string boundary = crypto::RandomUuid();
    Frame frame = FrameOf(choice.parts, representation, boundary);
    uint64_t length = frame.length();
    for (const ByteSpan& part : choice.parts) length += part.length;
    response.headers.Set("Content-Type", "multipart/byteranges; boundary=" + boundary);
    response.stream_length = length;
    bytes = std::make_unique<MultipartBody>(std::move(bytes), choice.parts, std::move(frame));
  }
  response.stream = std::move(bytes);
  return finish(std::move(response));
}

}  // namespace datamigrate::gateway
