#include "gateway/endpoints/answer_stream.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "gateway/endpoints/filtered_answer.h"
#include "gateway/endpoints/json_body.h"
#include "gateway/endpoints/model_problem.h"

namespace datamigrate::gateway {
namespace {

constexpr int kClientGone = 499;  // of no RFC, but as proxies have it

std::string Event(std::string_view name, std::string_view data) {
  return fmt::format("event: {}\ndata: {}\n\n", name, data);
}

std::string TextEvent(std::string text) {
  if (text.empty()) return "";
  v1::StreamCompleteResponse message;
  message.set_text(std::move(text));
  return Event("text", ToJson(message));
}

// Shared with the read that is pending, which may outlive the stream, and then finds it over.
class Telling {
 public:
  Telling(AnswerFilter filter, AnswerRecord record, const Request& request)
      : filter_(std::move(filter)), record_(std::move(record)) {
    origin_.path = request.path;
    origin_.request_id = request.request_id;
  }

  bool is_over() const ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    return is_over_;
  }

  // Nobody reads any more; when this has returned, nothing that the stream was made of is used.
  void Abandon() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    if (std::exchange(is_over_, true) || !record_.is_kept()) return;
    // Should the log be full, there is nobody left to tell.
    static_cast<void>(record_.Write(filter_.verdict(), model_, kClientGone, nullptr));
  }

  void Take(AnswerPieces::Next next, const BodyStream::Done& done) ABSL_LOCKS_EXCLUDED(mutex_) {
    Told told;
    bool is_written = true;
    {
      absl::MutexLock lock(&mutex_);
      if (!is_over_) told = Read(std::move(next));
      if (told.last_status != 0) {
        is_over_ = true;
        if (record_.is_kept()) is_written = Record(told, done);
        if (record_.is_kept() && is_written) return;
      }
    }
    done(is_written ? std::move(told.piece) : std::optional(Unrecorded()));
  }

 private:
  // What the reader is told of one message.
  struct Told {
    std::optional<std::string> piece;
    int last_status = 0;  // of the answer as a whole, when it ends with this piece; else 0
  };

  Told Read(AnswerPieces::Next next) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (!next.ok()) return Failed(ModelProblem(origin_, next.status()));
    if (!next->has_value()) {
      return Failed(ModelProblem(origin_, absl::DataLossError("the answer has no end")));
    }
    v1::StreamCompleteResponse& message = **next;
    if (message.has_answer()) return ReadAnswer(*message.mutable_answer());
    if (message.event_case() == v1::StreamCompleteResponse::kRestart) {
      model_ = message.restart();
      filter_.Restart();
      return {Event("restart", ToJson(message))};
    }
    std::string passed = filter_.Add(message.text());
    if (filter_.is_blocked()) return Failed(HeldBack(origin_, filter_.verdict()));
    return {TextEvent(std::move(passed))};
  }

  Told ReadAnswer(v1::CompleteResponse& answer) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    model_ = answer.model();
    std::string rest = filter_.Finish();
    FilterToolCalls(filter_, answer);
    if (filter_.is_blocked()) return Failed(HeldBack(origin_, filter_.verdict()));
    answer.clear_text();
    v1::StreamCompleteResponse last;
    *last.mutable_answer() = std::move(answer);
    return {TextEvent(std::move(rest)) + Event("answer", ToJson(last)), 200};
  }

  static Told Failed(const Response& problem) {
    return {Event("error", problem.body), problem.status};
  }

  // The log tells the piece when it has the row.
  bool Record(const Told& told, const BodyStream::Done& done)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return record_.Write(
        filter_.verdict(), model_, told.last_status,
        [piece = told.piece, otherwise = std::optional(Unrecorded()),
         done](const absl::Status& stored) { done(stored.ok() ? piece : otherwise); });
  }

  std::string Unrecorded() const { return Event("error", AnswerUnrecorded(origin_).body); }

  Request origin_;  // what problems say of the request
  mutable absl::Mutex mutex_;
  AnswerFilter filter_ ABSL_GUARDED_BY(mutex_);
  const AnswerRecord record_;
  std::string model_ ABSL_GUARDED_BY(mutex_);
  bool is_over_ ABSL_GUARDED_BY(mutex_) = false;
};

class AnswerBodyStream : public BodyStream {
 public:
  AnswerBodyStream(std::unique_ptr<AnswerPieces> pieces, std::shared_ptr<Telling> telling)
      : pieces_(std::move(pieces)), telling_(std::move(telling)) {}
  ~AnswerBodyStream() override { telling_->Abandon(); }

  void Next(Done done) override {
    if (telling_->is_over()) return done(std::nullopt);
    pieces_->Read([telling = telling_, done = std::move(done)](AnswerPieces::Next next) {
      telling->Take(std::move(next), done);
    });
  }

  void Cancel() override {
    telling_->Abandon();
    pieces_->Cancel();
  }

 private:
  const std::unique_ptr<AnswerPieces> pieces_;
  const std::shared_ptr<Telling> telling_;
};

}  // namespace

std::unique_ptr<BodyStream> AnswerBody(std::unique_ptr<AnswerPieces> pieces, AnswerFilter filter,
                                       AnswerRecord record, const Request& request) {
  return std::make_unique<AnswerBodyStream>(
      std::move(pieces), std::make_shared<Telling>(std::move(filter), std::move(record), request));
}

}  // namespace datamigrate::gateway
