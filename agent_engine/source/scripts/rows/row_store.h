// Keeps the rows that scripts load: encoded, in memory up to a bound and beyond it in a temporary
// file.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent_engine/data/row_source.h"

namespace datamigrate::source {

// A file without a name: it is gone when the process ends, however it ends. Reading is thread-safe,
// writing is not.
class SpillFile {
 public:
  SpillFile() = default;
  ~SpillFile();
  SpillFile(const SpillFile&) = delete;
  SpillFile& operator=(const SpillFile&) = delete;

  // Appends `bytes` and gives their offset. The file is made in the folder for temporary files at
  // the first call. Errors: kResourceExhausted when the disk is full; kInternal.
  absl::StatusOr<uint64_t> Append(const std::string& bytes);
  absl::StatusOr<std::string> Read(uint64_t offset, size_t size) const;

 private:
  int descriptor_ = -1;
  uint64_t size_ = 0;
};

// Rows that come from somewhere else at each reading, such as a file for BULK INSERT.
class ForeignRows {
 public:
  using Consumer = std::function<absl::Status(data::Row)>;

  virtual ~ForeignRows() = default;
  // Gives every row in order; stops at the consumer's first error. Safe to call from several
  // threads.
  virtual absl::Status Read(const Consumer& consume) const = 0;
  virtual int64_t count() const = 0;
};

struct RowStoreLimits {
  size_t max_memory_bytes = 128u << 20;
  size_t chunk_bytes = 256u << 10;
};

// Rows by table number. Filling is single-threaded; afterwards Read may be called from any thread.
class RowStore {
 public:
  using Consumer = ForeignRows::Consumer;

  explicit RowStore(RowStoreLimits limits = {}) : limits_(limits) {}

  // Errors: those of SpillFile.
  absl::Status Append(size_t table, const data::Row& row);
  void AppendForeign(size_t table, std::shared_ptr<const ForeignRows> rows);
  void Clear(size_t table);
  // Swaps the contents of two tables.
  void Swap(size_t left, size_t right);

  int64_t Count(size_t table) const;
  absl::Status Read(size_t table, const Consumer& consume) const;

 private:
  struct Chunk {
    std::string bytes;  // Empty once it is in the file.
    uint64_t offset = 0;
    size_t size = 0;
    int64_t rows = 0;
    bool is_spilled = false;
    std::shared_ptr<const ForeignRows> foreign;
  };

  std::vector<Chunk>& ChunksOf(size_t table);
  absl::Status SpillAll();

  RowStoreLimits limits_;
  std::vector<std::vector<Chunk>> tables_;
  size_t memory_bytes_ = 0;
  std::unique_ptr<SpillFile> file_ = std::make_unique<SpillFile>();
};

}  // namespace datamigrate::source
