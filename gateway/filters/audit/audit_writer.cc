#include "gateway/filters/audit/audit_writer.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <string>
#include <utility>

namespace datamigrate::gateway {
namespace {

// True for an error of a value, which trying again will not mend.
bool IsOfRow(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsOutOfRange(status);
}

}  // namespace

AuditWriter::AuditWriter(AuditWriterOptions options, Write write, telemetry::Metrics& metrics)
    : options_(options),
      write_(std::move(write)),
      rows_(metrics.AddCounter("datamigrate_gateway_audit_rows_total", "Audit rows written.")),
      batches_(metrics.AddCounter("datamigrate_gateway_audit_batches_total",
                                  "Transactions that wrote audit rows.")),
      failures_(metrics.AddCounter("datamigrate_gateway_audit_failures_total",
                                   "Audit rows that could not be written, each time.")) {
  for (int i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { Run(); });
}

AuditWriter::~AuditWriter() {
  {
    absl::MutexLock lock(&mutex_);
    is_stopping_ = true;
  }
  for (std::thread& thread : threads_) thread.join();
}

bool AuditWriter::Append(audit::Row row, Done done) {
  absl::MutexLock lock(&mutex_);
  if (queue_.size() >= options_.max_queued) return false;
  if (done) ++waiters_;
  queue_.push_back({std::move(row), std::move(done)});
  return true;
}

void AuditWriter::Run() {
  while (true) {
    std::vector<Outcome> outcomes = TakeAndWrite();
    if (outcomes.empty()) return;
    for (Outcome& outcome : outcomes) Settle(std::move(outcome.entries), outcome.written);
  }
}

std::vector<AuditWriter::Outcome> AuditWriter::TakeAndWrite() {
  absl::MutexLock lock(&writing_);
  std::vector<Entry> batch = Take();
  std::vector<Outcome> outcomes;
  if (batch.empty()) return outcomes;
  const absl::Status written = WriteBatch(batch);
  if (written.ok() || batch.size() == 1 || !IsOfRow(written)) {
    outcomes.push_back({std::move(batch), written});
    return outcomes;
  }
  // One row stands in the way of the others.
  for (Entry& entry : batch) {
    std::vector<Entry> single;
    single.push_back(std::move(entry));
    const absl::Status alone = WriteBatch(single);
    outcomes.push_back({std::move(single), alone});
  }
  return outcomes;
}

absl::Status AuditWriter::WriteBatch(std::vector<Entry>& batch) {
  std::vector<audit::Row> rows;
  rows.reserve(batch.size());
  for (Entry& entry : batch) rows.push_back(std::move(entry.row));
  const absl::Status written = write_(rows);
  for (size_t i = 0; i < batch.size(); ++i) batch[i].row = std::move(rows[i]);
  return written;
}

std::vector<AuditWriter::Entry> AuditWriter::Take() {
  absl::MutexLock lock(&mutex_);
  std::vector<Entry> batch;
  mutex_.Await(absl::Condition(this, &AuditWriter::HasNews));
  if (!HasHaste()) {
    mutex_.AwaitWithTimeout(absl::Condition(this, &AuditWriter::HasHaste), options_.linger);
  }
  const size_t size = std::min(queue_.size(), options_.max_batch);
  batch.reserve(size);
  for (size_t i = 0; i < size; ++i) {
    if (queue_.front().done) --waiters_;
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return batch;
}

void AuditWriter::Settle(std::vector<Entry> batch, const absl::Status& written) {
  if (written.ok()) {
    rows_.Increment({}, batch.size());
    batches_.Increment();
    for (const Entry& entry : batch) {
      if (entry.done) entry.done(absl::OkStatus());
    }
    return;
  }
  failures_.Increment({}, batch.size());
  spdlog::error("{} audit rows were not written: {}", batch.size(), std::string(written.message()));
  const bool keeps_any = Keep(batch, IsOfRow(written));
  for (const Entry& entry : batch) {
    if (entry.done) entry.done(written);
  }
  if (!keeps_any) return;
  absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithTimeout(absl::Condition(this, &AuditWriter::MayRetry), options_.pause);
}

bool AuditWriter::Keep(std::vector<Entry>& batch, bool is_hopeless) {
  bool keeps_any = false;
  absl::MutexLock lock(&mutex_);
  for (auto entry = batch.rbegin(); entry != batch.rend(); ++entry) {
    if (entry->done) continue;
    if (is_stopping_ || (is_hopeless && batch.size() == 1)) {
      spdlog::critical("the audit row of request {} is lost", entry->row.request_id);
    } else {
      queue_.push_front(std::move(*entry));
      keeps_any = true;
    }
  }
  return keeps_any;
}

}  // namespace datamigrate::gateway
