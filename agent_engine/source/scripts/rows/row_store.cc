#include "agent_engine/source/scripts/rows/row_store.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace datamigrate::source {
namespace {

constexpr uint32_t kNullLength = UINT32_MAX;

void AppendNumber(std::string& bytes, uint32_t number) {
  bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
}

// Per row: the number of cells; per cell: its length, then its bytes.
void Encode(const data::Row& row, std::string& bytes) {
  AppendNumber(bytes, static_cast<uint32_t>(row.size()));
  for (const data::Cell& cell : row) {
    AppendNumber(bytes, cell ? static_cast<uint32_t>(cell->size()) : kNullLength);
    if (cell) bytes += *cell;
  }
}

uint32_t TakeNumber(std::string_view& bytes) {
  uint32_t number = 0;
  std::memcpy(&number, bytes.data(), sizeof number);
  bytes.remove_prefix(sizeof number);
  return number;
}

data::Row Decode(std::string_view& bytes) {
  data::Row row(TakeNumber(bytes));
  for (data::Cell& cell : row) {
    const uint32_t length = TakeNumber(bytes);
    if (length == kNullLength) continue;
    cell.emplace(bytes.substr(0, length));
    bytes.remove_prefix(length);
  }
  return row;
}

absl::Status FileError(const char* doing, int error) {
  const std::string message = absl::StrCat("the temporary file of the scripts' rows: ", doing, ": ",
                                           std::generic_category().message(error));
  if (error == ENOSPC || error == EDQUOT) {
    return absl::ResourceExhaustedError(absl::StrCat(message, "; free space or set TMPDIR"));
  }
  return absl::InternalError(message);
}

}  // namespace

SpillFile::~SpillFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

absl::StatusOr<uint64_t> SpillFile::Append(const std::string& bytes) {
  if (descriptor_ < 0) {
    std::error_code error;
    const std::filesystem::path folder = std::filesystem::temp_directory_path(error);
    if (error) return FileError("finding the folder for temporary files", error.value());
    std::string name = (folder / "datamigrate-rows-XXXXXX").string();
    descriptor_ = mkstemp(name.data());
    if (descriptor_ < 0) return FileError("creating it", errno);
    unlink(name.c_str());
  }
  size_t written = 0;
  while (written < bytes.size()) {
    const ssize_t n = pwrite(descriptor_, bytes.data() + written, bytes.size() - written,
                             static_cast<off_t>(size_ + written));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return FileError("writing", errno);
    written += static_cast<size_t>(n);
  }
  return std::exchange(size_, size_ + bytes.size());
}

absl::StatusOr<std::string> SpillFile::Read(uint64_t offset, size_t size) const {
  std::string bytes(size, '\0');
  size_t read = 0;
  while (read < size) {
    const ssize_t n =
        pread(descriptor_, bytes.data() + read, size - read, static_cast<off_t>(offset + read));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return FileError("reading", n == 0 ? EIO : errno);
    read += static_cast<size_t>(n);
  }
  return bytes;
}

std::vector<RowStore::Chunk>& RowStore::ChunksOf(size_t table) {
  if (table >= tables_.size()) tables_.resize(table + 1);
  return tables_[table];
}

absl::Status RowStore::Append(size_t table, const data::Row& row) {
  std::vector<Chunk>& chunks = ChunksOf(table);
  const bool has_room = !chunks.empty() && !chunks.back().foreign && !chunks.back().is_spilled &&
                        chunks.back().bytes.size() < limits_.chunk_bytes;
  if (!has_room) chunks.emplace_back();
  Chunk& chunk = chunks.back();
  const size_t before = chunk.bytes.size();
  Encode(row, chunk.bytes);
  ++chunk.rows;
  memory_bytes_ += chunk.bytes.size() - before;
  return memory_bytes_ > limits_.max_memory_bytes ? SpillAll() : absl::OkStatus();
}

absl::Status RowStore::SpillAll() {
  for (std::vector<Chunk>& chunks : tables_) {
    for (Chunk& chunk : chunks) {
      if (chunk.is_spilled || chunk.foreign) continue;
      const auto offset = file_->Append(chunk.bytes);
      if (!offset.ok()) return offset.status();
      chunk.offset = *offset;
      chunk.size = chunk.bytes.size();
      chunk.is_spilled = true;
      memory_bytes_ -= chunk.size;
      std::string().swap(chunk.bytes);
    }
  }
  return absl::OkStatus();
}

void RowStore::AppendForeign(size_t table, std::shared_ptr<const ForeignRows> rows) {
  Chunk chunk;
  chunk.rows = rows->count();
  chunk.foreign = std::move(rows);
  ChunksOf(table).push_back(std::move(chunk));
}

void RowStore::Clear(size_t table) {
  for (const Chunk& chunk : ChunksOf(table)) memory_bytes_ -= chunk.bytes.size();
  ChunksOf(table).clear();
}

void RowStore::Swap(size_t left, size_t right) {
  ChunksOf(std::max(left, right));
  std::swap(tables_[left], tables_[right]);
}

int64_t RowStore::Count(size_t table) const {
  int64_t count = 0;
  if (table < tables_.size()) {
    for (const Chunk& chunk : tables_[table]) count += chunk.rows;
  }
  return count;
}

absl::Status RowStore::Read(size_t table, const Consumer& consume) const {
  if (table >= tables_.size()) return absl::OkStatus();
  for (const Chunk& chunk : tables_[table]) {
    if (chunk.foreign) {
      if (absl::Status read = chunk.foreign->Read(consume); !read.ok()) return read;
      continue;
    }
    std::string from_file;
    if (chunk.is_spilled) {
      auto bytes = file_->Read(chunk.offset, chunk.size);
      if (!bytes.ok()) return bytes.status();
      from_file = *std::move(bytes);
    }
    std::string_view rest = chunk.is_spilled ? std::string_view(from_file) : chunk.bytes;
    while (!rest.empty()) {
      if (absl::Status consumed = consume(Decode(rest)); !consumed.ok()) return consumed;
    }
  }
  return absl::OkStatus();
}

}  // namespace datamigrate::source
