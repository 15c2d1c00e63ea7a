#include "agent_engine/source/scripts/batch.h"

#include <algorithm>

namespace datamigrate::source {

void Batch::Append(const diagnostics::SourceFile& file, uint32_t begin, uint32_t end) {
  if (begin == end) return;
  const bool continues = !pieces_.empty() && pieces_.back().file == &file &&
                         pieces_.back().file_end == begin &&
                         pieces_.back().file_end != pieces_.back().file_begin;
  if (continues) {
    pieces_.back().file_end = end;
  } else {
    pieces_.push_back({size_, &file, begin, end});
  }
  size_ += end - begin;
}

void Batch::AppendValue(const diagnostics::SourceFile& file, uint32_t offset,
                        std::string_view value) {
  pieces_.push_back({size_, &file, offset, offset});
  values_.emplace_back(value);
  size_ += static_cast<uint32_t>(value.size());
}

void Batch::Finish() {
  if (pieces_.size() == 1 && values_.empty()) {
    const Piece& piece = pieces_[0];
    view_ = piece.file->text().substr(piece.file_begin, piece.file_end - piece.file_begin);
    is_view_ = true;
    return;
  }
  storage_.reserve(size_);
  size_t next_value = 0;
  for (const Piece& piece : pieces_) {
    if (piece.file_begin == piece.file_end) {
      storage_ += values_[next_value++];
    } else {
      storage_ += piece.file->text().substr(piece.file_begin, piece.file_end - piece.file_begin);
    }
  }
}

ScriptPosition Batch::PositionOf(uint32_t offset) const {
  if (pieces_.empty()) return {script, 0};
  auto piece = std::upper_bound(pieces_.begin(), pieces_.end(), offset,
                                [](uint32_t at, const Piece& p) { return at < p.begin; });
  if (piece != pieces_.begin()) --piece;
  return {piece->file, std::min(piece->file_begin + (offset - piece->begin), piece->file_end)};
}

}  // namespace datamigrate::source
