#include "agent_engine/service/download_reactor.h"

#include <memory>
#include <utility>

#include "agent_engine/service/messages.h"
#include "agent_engine/service/project_archive.h"

namespace datamigrate::service {
namespace {

constexpr size_t kChunkBytes = 64 * 1024;

// One write in flight; each chunk is read when the one before has left.
class DownloadReactor : public grpc::ServerWriteReactor<v1::ProjectChunk> {
 public:
  DownloadReactor(store::MigrationStore* store, WorkPool* pool, Caller caller, std::string id)
      : store_(store), pool_(pool), caller_(std::move(caller)), id_(std::move(id)) {}

  void Start() {
    if (!pool_->Submit([this] { Pack(); })) Finish(Overloaded());
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return Finish({grpc::StatusCode::CANCELLED, "the caller has gone"});
    WriteNext();
  }

  void OnDone() override { delete this; }

 private:
  void Pack() {
    const auto record = store_->Get(caller_.tenant, id_);
    if (!record.ok()) return Finish(ToGrpc(record.status()));
    absl::StatusOr<File> file = ArchiveFolder(record->project_path);
    if (!file.ok()) return Finish(ToGrpc(file.status()));
    file_ = *std::move(file);
    WriteNext();
  }

  void WriteNext() {
    std::string* content = chunk_.mutable_content();
    content->resize(kChunkBytes);
    content->resize(std::fread(content->data(), 1, kChunkBytes, file_.get()));
    if (!content->empty()) return StartWrite(&chunk_);
    Finish(std::ferror(file_.get())
               ? grpc::Status(grpc::StatusCode::DATA_LOSS, "reading the packed project failed")
               : grpc::Status::OK);
  }

  store::MigrationStore* const store_;
  WorkPool* const pool_;
  const Caller caller_;
  const std::string id_;
  File file_;
  v1::ProjectChunk chunk_;
};

}  // namespace

grpc::ServerWriteReactor<v1::ProjectChunk>* StartDownload(
    store::MigrationStore* store, WorkPool* pool, Caller caller,
    const v1::DownloadProjectRequest& request) {
  auto* reactor = new DownloadReactor(store, pool, std::move(caller), request.migration_id());
  reactor->Start();
  return reactor;
}

}  // namespace datamigrate::service
