// MigrationWriter over an open transaction.
#ifndef DATAMIGRATE_AGENT_ENGINE_STORE_TRANSACTION_WRITER_H_
#define DATAMIGRATE_AGENT_ENGINE_STORE_TRANSACTION_WRITER_H_

#include <string>
#include <string_view>
#include <vector>

#include "agent_engine/store/migration_writer.h"
#include "common/pg/transaction.h"

namespace datamigrate::store {

class TransactionWriter : public MigrationWriter {
 public:
  // `transaction` must outlive the writer.
  TransactionWriter(pg::Transaction* transaction, std::string_view migration_id)
      : transaction_(transaction), migration_id_(migration_id) {}

  absl::Status Update(const MigrationUpdate& update) override;
  absl::Status UpsertModels(const std::vector<ModelRecord>& models) override;
  absl::Status ClearResults() override;
  absl::Status RecordChunk(const ChunkRecord& chunk) override;
  absl::Status RecordGrades(const std::vector<ModelGrade>& grades) override;
  absl::Status SendMessage(std::string_view from, const workflow::Message& message,
                           int64_t step) override;
  absl::Status TakeMessages(const std::vector<int64_t>& numbers, int64_t step) override;
  absl::Status RewindMessages(int64_t step) override;
  absl::Status Remember(std::string_view agent, const workflow::Memory& memory) override;

 private:
  pg::Transaction* const transaction_;
  const std::string migration_id_;
};

}  // namespace datamigrate::store

#endif  // DATAMIGRATE_AGENT_ENGINE_STORE_TRANSACTION_WRITER_H_
