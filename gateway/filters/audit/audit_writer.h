// Writes audit rows in groups: what waits is committed together.
#ifndef DATAMIGRATE_GATEWAY_FILTERS_AUDIT_AUDIT_WRITER_H_
#define DATAMIGRATE_GATEWAY_FILTERS_AUDIT_AUDIT_WRITER_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <span>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/telemetry/metrics.h"
#include "gateway/store/audit_log.h"

namespace datamigrate::gateway {

struct AuditWriterOptions {
  // One writes while the other tells those that waited.
  int threads = 2;
  size_t max_queued = 4096;
  size_t max_batch = 256;
  // How long rows that nobody waits for may wait for company.
  absl::Duration linger = absl::Milliseconds(100);
  // After a failure, before rows that nobody waits for are tried again.
  absl::Duration pause = absl::Seconds(1);
};

// A row that somebody waits for is in the next batch, which begins as soon as a thread is free.
// When a batch cannot be written, those who wait get the error, and the other rows stay in the
// queue. While they fill it nothing more is taken: the queue never drops a row.
class AuditWriter : public AuditLog {
 public:
  // Blocks. Called by one thread at a time.
  using Write = std::function<absl::Status(std::span<audit::Row>)>;

  AuditWriter(AuditWriterOptions options, Write write, telemetry::Metrics& metrics);

  // Writes what is queued. Rows that nobody waits for and that cannot be written now are lost; the
  // log names their requests.
  ~AuditWriter() override;

  bool Append(audit::Row row, Done done) override;

 private:
  struct Entry {
    audit::Row row;
    Done done;
  };

  void Run();
  // Takes a batch and writes it; what became of it, piece by piece. Nothing when it is time to end.
  struct Outcome {
    std::vector<Entry> entries;
    absl::Status written;
  };
  std::vector<Outcome> TakeAndWrite() ABSL_LOCKS_EXCLUDED(writing_, mutex_);
  // Waits for a batch; an empty one when it is time to end.
  std::vector<Entry> Take() ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status WriteBatch(std::vector<Entry>& batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(writing_);
  // Tells those who wait; keeps what nobody waits for when it was not written, and pauses.
  void Settle(std::vector<Entry> batch, const absl::Status& written) ABSL_LOCKS_EXCLUDED(mutex_);
  // True when any is in the queue again.
  bool Keep(std::vector<Entry>& batch, bool is_hopeless) ABSL_LOCKS_EXCLUDED(mutex_);
  bool HasNews() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return is_stopping_ || !queue_.empty();
  }
  bool HasHaste() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return is_stopping_ || waiters_ > 0 || queue_.size() >= options_.max_batch;
  }
  bool MayRetry() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return is_stopping_ || waiters_ > 0; }

  const AuditWriterOptions options_;
  const Write write_;
  telemetry::Counter& rows_;
  telemetry::Counter& batches_;
  telemetry::Counter& failures_;
  // Held from taking a batch to its commit, so that rows are written in the order they came in.
  absl::Mutex writing_ ABSL_ACQUIRED_BEFORE(mutex_);
  absl::Mutex mutex_;
  std::deque<Entry> queue_ ABSL_GUARDED_BY(mutex_);
  size_t waiters_ ABSL_GUARDED_BY(mutex_) = 0;  // rows of queue_ that somebody waits for
  bool is_stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_FILTERS_AUDIT_AUDIT_WRITER_H_
