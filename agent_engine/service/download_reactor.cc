#include "agent_engine/service/download_reactor.h"

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "agent_engine/service/messages.h"

namespace datamigrate::service {
namespace {

constexpr int64_t kChunkBytes = 64 * 1024;

// One write in flight; each chunk is read when the one before has left.
class DownloadReactor : public grpc::ServerWriteReactor<v1::FileChunk> {
 public:
  DownloadReactor(WorkPool* pool, OpenServed open, const v1::FilePart& part)
      : pool_(pool), open_(std::move(open)), part_(part) {}

  void Start() {
    if (!pool_->Submit([this] { Begin(); })) Finish(Overloaded());
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return Finish({grpc::StatusCode::CANCELLED, "the caller has gone"});
    chunk_.Clear();
    WriteNext();
  }

  void OnDone() override { delete this; }

 private:
  void Begin() {
    auto served = open_();
    if (!served.ok()) return Finish(ToGrpc(served.status()));
    served_ = *std::move(served);
    const absl::Status checked = CheckPart(*served_, part_);
    if (!checked.ok()) return Finish(ToGrpc(checked));
    if (part_.describe_only()) {
      part_.clear_spans();
    } else if (part_.spans().empty()) {
      part_.add_spans()->set_length(served_->bytes);
    }
    chunk_.set_file_bytes(served_->bytes);
    chunk_.set_file_sha256(served_->sha256);
    if (part_.describe_only()) return StartWrite(&chunk_);
    WriteNext();
  }

  // Takes from the spans until they are empty.
  void WriteNext() {
    while (span_ < part_.spans_size() && part_.spans(span_).length() == 0) ++span_;
    if (span_ == part_.spans_size()) {
      // An empty file is described all the same.
      return chunk_.file_sha256().empty() ? Finish(grpc::Status::OK) : StartWrite(&chunk_);
    }
    v1::FilePart::ByteSpan& span = *part_.mutable_spans(span_);
    std::string* content = chunk_.mutable_content();
    content->resize(static_cast<size_t>(std::min(kChunkBytes, span.length())));
    const ssize_t length =
        pread(fileno(served_->file.get()), content->data(), content->size(), span.first());
    if (length <= 0) {
      return Finish({grpc::StatusCode::DATA_LOSS, "reading the file failed"});
    }
    content->resize(static_cast<size_t>(length));
    span.set_first(span.first() + length);
    span.set_length(span.length() - length);
    StartWrite(&chunk_);
  }

  WorkPool* const pool_;
  const OpenServed open_;
  v1::FilePart part_;  // What is left of it.
  int span_ = 0;
  std::shared_ptr<const ServedFile> served_;
  v1::FileChunk chunk_;
};

}  // namespace

grpc::ServerWriteReactor<v1::FileChunk>* StartDownload(WorkPool* pool, OpenServed open,
                                                       const v1::FilePart& part) {
  auto* reactor = new DownloadReactor(pool, std::move(open), part);
  reactor->Start();
  return reactor;
}

}  // namespace datamigrate::service
