// A gRPC server stream as a MessageStream. Included by grpc_engine_client.cc alone.
#ifndef DATAMIGRATE_GATEWAY_ENGINE_CLIENT_STREAM_READER_H_
#define DATAMIGRATE_GATEWAY_ENGINE_CLIENT_STREAM_READER_H_

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "gateway/engine_client/engine_client.h"

namespace datamigrate::gateway {

// The status of a call that has ended, with the engine's cause where it gave one.
absl::Status StatusOf(const grpc::ClientContext& context, const grpc::Status& ended);

// Owns one call. gRPC calls it back until OnDone; it keeps itself alive until then. A message is
// read from the network only when asked for, so gRPC's flow control holds the engine back.
template <typename Request, typename Message>
class StreamReader : public grpc::ClientReadReactor<Message>,
                     public std::enable_shared_from_this<StreamReader<Request, Message>> {
 public:
  using Next = typename MessageStream<Message>::Next;
  using Done = std::function<void(Next)>;

  explicit StreamReader(const Request& request) : request_(request) {}

  grpc::ClientContext& context() { return context_; }
  const Request& request() const { return request_; }

  // After the stub has bound this reactor to its call.
  void Start() {
    self_ = this->shared_from_this();
    this->AddHold();  // reads are also started from outside gRPC's callbacks
    this->StartCall();
  }

  void Read(Done done) {
    std::optional<absl::Status> ended;
    {
      absl::MutexLock lock(&mutex_);
      ended = final_status_;
      if (!ended.has_value()) {
        waiting_ = std::move(done);
        if (is_at_end_) return;  // OnDone follows and answers
      }
    }
    if (ended.has_value()) {
      done(End(*ended));
    } else {
      this->StartRead(&message_);
    }
  }

  void Cancel() { context_.TryCancel(); }

  // No read will be asked for any more.
  void Abandon() {
    context_.TryCancel();
    ReleaseHold();
  }

 private:
  void OnReadDone(bool ok) override {
    Done done;
    {
      absl::MutexLock lock(&mutex_);
      if (!ok) {
        is_at_end_ = true;
      } else {
        done = std::move(waiting_);
        waiting_ = nullptr;
      }
    }
    if (!ok) {
      ReleaseHold();  // OnDone follows and answers
    } else {
      done(std::optional<Message>(std::move(message_)));
    }
  }

  void OnDone(const grpc::Status& status) override {
    Done done;
    const absl::Status ended = StatusOf(context_, status);
    {
      absl::MutexLock lock(&mutex_);
      final_status_ = ended;
      done = std::move(waiting_);
      waiting_ = nullptr;
    }
    if (done) done(End(ended));
    self_.reset();  // may destroy this
  }

  static Next End(const absl::Status& status) {
    if (!status.ok()) return status;
    return std::optional<Message>();
  }

  void ReleaseHold() {
    {
      absl::MutexLock lock(&mutex_);
      if (!std::exchange(is_held_, false)) return;
    }
    this->RemoveHold();
  }

  grpc::ClientContext context_;
  const Request request_;  // gRPC may read it until the call has started
  Message message_;
  std::shared_ptr<StreamReader> self_;
  absl::Mutex mutex_;
  Done waiting_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Status> final_status_ ABSL_GUARDED_BY(mutex_);
  bool is_at_end_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_held_ ABSL_GUARDED_BY(mutex_) = true;
};

// What the caller holds.
template <typename Request, typename Message>
class GrpcMessageStream : public MessageStream<Message> {
 public:
  explicit GrpcMessageStream(std::shared_ptr<StreamReader<Request, Message>> reader)
      : reader_(std::move(reader)) {}
  ~GrpcMessageStream() override { reader_->Abandon(); }

  void Read(std::function<void(typename MessageStream<Message>::Next)> done) override {
    reader_->Read(std::move(done));
  }
  void Cancel() override { reader_->Cancel(); }

 private:
  const std::shared_ptr<StreamReader<Request, Message>> reader_;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENGINE_CLIENT_STREAM_READER_H_
