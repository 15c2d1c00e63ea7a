#include "gateway/endpoints/file_download.h"

#include <fmt/format.h>

#include <future>
#include <optional>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "gateway/endpoints/engine_request.h"
#include "gateway/http/ranged_response.h"

namespace datamigrate::gateway {
namespace {

constexpr absl::Duration kLongestDownload = absl::Minutes(30);

using Chunks = MessageStream<v1::FileChunk>;

class ChunkBody : public BodyStream {
 public:
  ChunkBody(std::string first, std::unique_ptr<Chunks> rest)
      : first_(std::move(first)), rest_(std::move(rest)) {}

  void Next(Done done) override {
    if (first_.has_value()) {
      std::string first = *std::move(first_);
      first_.reset();
      return done(std::move(first));
    }
    rest_->Read([done = std::move(done)](Chunks::Next chunk) {
      if (!chunk.ok()) return done(chunk.status());
      if (!chunk->has_value()) return done(std::nullopt);
      done(std::move(*(*chunk)->mutable_content()));
    });
  }

  void Cancel() override { rest_->Cancel(); }

 private:
  std::optional<std::string> first_;
  const std::unique_ptr<Chunks> rest_;
};

Chunks::Next ReadFirst(Chunks& chunks, absl::Time deadline) {
  auto promise = std::make_shared<std::promise<Chunks::Next>>();
  auto arrived = promise->get_future();
  chunks.Read([promise](Chunks::Next chunk) { promise->set_value(std::move(chunk)); });
  if (arrived.wait_until(absl::ToChronoTime(deadline)) != std::future_status::ready) {
    chunks.Cancel();
    return absl::DeadlineExceededError("the engine did not send the file in time");
  }
  return arrived.get();
}

struct Opened {
  v1::FileChunk first;
  std::unique_ptr<Chunks> rest;
};

class Download {
 public:
  Download(const Request& request, const OpenFilePart& open) : request_(request), open_(open) {}

  absl::StatusOr<Opened> Open(const v1::FilePart& part) const {
    CallContext context = ContextOf(request_);
    context.deadline = absl::Now() + kLongestDownload;
    std::unique_ptr<Chunks> chunks = open_(context, part);
    Chunks::Next first = ReadFirst(*chunks, request_.deadline);
    if (!first.ok()) return first.status();
    if (!first->has_value() || (*first)->file_sha256().empty()) {
      return absl::DataLossError("the engine did not say what it sends");
    }
    return Opened{**std::move(first), std::move(chunks)};
  }

 private:
  const Request& request_;
  const OpenFilePart& open_;
};

std::unique_ptr<BodyStream> BodyOf(absl::StatusOr<Opened> opened) {
  if (!opened.ok()) return nullptr;
  return std::make_unique<ChunkBody>(std::move(*opened->first.mutable_content()),
                                     std::move(opened->rest));
}

v1::FilePart PartOf(const std::vector<ByteSpan>& spans, const std::string& sha256) {
  v1::FilePart part;
  part.set_sha256(sha256);
  for (const ByteSpan& span : spans) {
    v1::FilePart::ByteSpan& added = *part.add_spans();
    added.set_first(static_cast<int64_t>(span.first));
    added.set_length(static_cast<int64_t>(span.length));
  }
  return part;
}

}  // namespace

Response DownloadFile(const Request& request, const OpenFilePart& open, std::string media_type) {
  const Download download(request, open);
  // All of it is asked for at once, where nothing in the request may turn out to ask for less.
  const Headers& headers = request.headers;
  v1::FilePart whole;
  whole.set_describe_only(request.method == "HEAD" || headers.Has("Range") ||
                          headers.Has("If-Match") || headers.Has("If-None-Match"));
  absl::StatusOr<Opened> opened = download.Open(whole);
  if (!opened.ok()) return ProblemOf(request, opened.status());
  const std::string sha256 = opened->first.file_sha256();
  const Representation representation = {static_cast<uint64_t>(opened->first.file_bytes()),
                                         fmt::format("\"{}\"", sha256), std::move(media_type)};
  return RangedResponse(request, representation, [&](const std::vector<ByteSpan>& parts) {
    if (!whole.describe_only()) return BodyOf(std::move(opened));
    return BodyOf(download.Open(PartOf(parts, sha256)));
  });
}

std::string FileNameOf(std::string_view kind, std::string id, std::string_view ending) {
  std::erase_if(id, [](char c) {
    return !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
             c == '-');
  });
  return fmt::format("{}-{}.{}", kind, id, ending);
}

}  // namespace datamigrate::gateway
