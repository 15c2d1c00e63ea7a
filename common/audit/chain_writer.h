// Adds rows to the audit log's chains.
#ifndef DATAMIGRATE_COMMON_AUDIT_CHAIN_WRITER_H_
#define DATAMIGRATE_COMMON_AUDIT_CHAIN_WRITER_H_

#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "common/audit/audit_row.h"
#include "common/pg/pool.h"
#include "common/pg/transaction.h"

namespace datamigrate::audit {

// Where a chain ends: {0, ""} for one without rows.
struct Head {
  int64_t sequence = 0;
  std::string hash;

  friend bool operator==(const Head&, const Head&) = default;
};
using Heads = std::map<std::string, Head>;  // by organization

// Appends `rows`, each to its organization's chain ("" is kNoOrganization), in their order, inside
// a transaction: locks the chains' heads until it ends. Fills sequence, at, the commitments and
// hash. Texts that PostgreSQL would not take are made storable first.
absl::Status AppendRows(pg::Transaction& transaction, std::span<Row> rows);

// Appends as AppendRows in a transaction of its own, and remembers where the chains end: as long as
// nobody else appends to them, a call is one statement and one round trip, however many rows.
// Not thread safe.
class ChainWriter {
 public:
  // `pool` must outlive the writer.
  explicit ChainWriter(pg::Pool* pool) : pool_(pool) {}

  // After a lost connection it finds out whether the rows are there, and writes them again if they
  // are not, or if others' rows came after them: a row written twice tells no lie.
  absl::Status Write(std::span<Row> rows);

 private:
  absl::Status WriteAfterLock(std::span<Row> rows, const Heads* hoped_for);

  pg::Pool* const pool_;
  Heads heads_;
};

}  // namespace datamigrate::audit

#endif  // DATAMIGRATE_COMMON_AUDIT_CHAIN_WRITER_H_
