// A source text with a name, and the line and column of any byte in it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace datamigrate::diagnostics {

// Half-open byte range [begin, end) in one source file.
struct SourceSpan {
  uint32_t begin = 0;
  uint32_t end = 0;
};

// A position for people: both count from 1; the column counts bytes.
struct LineColumn {
  uint32_t line = 1;
  uint32_t column = 1;
};

// Owns a text (UTF-8, at most 4 GiB) and outlives every string_view into it. Immutable after construction: safe to
// share between threads.
class SourceFile {
 public:
  SourceFile(std::string name, std::string text);

  const std::string& name() const { return name_; }
  std::string_view text() const { return text_; }

  // The line and column of byte `offset`; an offset past the end is taken as the end. O(log lines).
  LineColumn Locate(uint32_t offset) const;

 private:
  std::string name_;
  std::string text_;
  std::vector<uint32_t> line_starts_;
};

}  // namespace datamigrate::diagnostics
