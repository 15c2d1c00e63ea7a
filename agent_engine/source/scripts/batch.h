// One batch of a script: the text between two GO lines, with SQLCMD variables filled in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/diagnostics/source_file.h"

namespace datamigrate::source {

// A position in a script file.
struct ScriptPosition {
  const diagnostics::SourceFile* file = nullptr;
  uint32_t offset = 0;
};

// Borrows the script files, which must outlive it. Movable; immutable after Finish().
class Batch {
 public:
  // Appends bytes [begin, end) of `file` as they are.
  void Append(const diagnostics::SourceFile& file, uint32_t begin, uint32_t end);
  // Appends `value`, which stands for something at `offset` of `file`.
  void AppendValue(const diagnostics::SourceFile& file, uint32_t offset, std::string_view value);
  // Builds the text. Nothing may be appended after it.
  void Finish();

  // Stays valid when the batch is moved only while it is one piece of one file; otherwise take it
  // anew.
  std::string_view text() const { return is_view_ ? view_ : std::string_view(storage_); }
  // Where a byte of text() comes from.
  ScriptPosition PositionOf(uint32_t offset) const;
  bool empty() const { return pieces_.empty(); }

  int repeat = 1;  // The count after GO.
  // The script that was being read, also where the text comes from a file that it includes.
  const diagnostics::SourceFile* script = nullptr;

 private:
  struct Piece {
    uint32_t begin;  // In text().
    const diagnostics::SourceFile* file;
    uint32_t file_begin;
    uint32_t file_end;  // Equal to file_begin for a value.
  };

  std::vector<Piece> pieces_;
  uint32_t size_ = 0;
  std::vector<std::string> values_;  // One for each piece that is a value, in order.
  std::string storage_;
  std::string_view view_;
  bool is_view_ = false;
};

}  // namespace datamigrate::source
