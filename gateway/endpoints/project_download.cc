#include "gateway/endpoints/project_download.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "gateway/endpoints/engine_request.h"

namespace datamigrate::gateway {
namespace {

constexpr absl::Duration kLongestDownload = absl::Minutes(30);

using Chunks = MessageStream<v1::ProjectChunk>;

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
    return absl::DeadlineExceededError("the engine did not send the project in time");
  }
  return arrived.get();
}

// Only what cannot end the field or leave the folder.
std::string FileName(std::string id) {
  std::erase_if(id, [](char c) {
    return !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
             c == '-');
  });
  return fmt::format("dbt-project-{}.zip", id);
}

}  // namespace

Response DownloadProject(EngineClient* engine, const Request& request) {
  v1::DownloadProjectRequest asked;
  asked.set_migration_id(ParameterOf(request, "id"));
  CallContext context = ContextOf(request);
  context.deadline = absl::Now() + kLongestDownload;
  std::unique_ptr<Chunks> chunks = engine->DownloadProject(context, asked);
  Chunks::Next first = ReadFirst(*chunks, request.deadline);
  if (!first.ok()) return ProblemOf(request, first.status());
  if (!first->has_value()) {
    return ProblemOf(request, absl::DataLossError("the engine sent an empty archive"));
  }
  Response response = TextResponse(200, "application/zip", "");
  response.headers.Set("Content-Disposition",
                       fmt::format("attachment; filename=\"{}\"", FileName(asked.migration_id())));
  response.stream =
      std::make_unique<ChunkBody>(std::move(*(*first)->mutable_content()), std::move(chunks));
  return response;
}

}  // namespace datamigrate::gateway
