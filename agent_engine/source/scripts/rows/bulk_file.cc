#include "agent_engine/source/scripts/rows/bulk_file.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent_engine/catalog/catalog.h"
#include "agent_engine/source/text_encoding.h"

namespace datamigrate::source {
namespace {

constexpr size_t kBlockBytes = 1u << 20;

enum class FileEncoding { kBytes, kUtf16LittleEndian, kUtf16BigEndian };

// Gives a file's text as UTF-8 (or, for kBytes, as it is) piece by piece.
class TextStream {
 public:
  TextStream(const std::filesystem::path& path, bool is_wide) : stream_(path, std::ios::binary) {
    std::string head(3, '\0');
    stream_.read(head.data(), 3);
    head.resize(static_cast<size_t>(stream_.gcount()));
    encoding_ = is_wide ? FileEncoding::kUtf16LittleEndian : FileEncoding::kBytes;
    if (head.starts_with("\xFF\xFE")) {
      encoding_ = FileEncoding::kUtf16LittleEndian;
      head.erase(0, 2);
    } else if (head.starts_with("\xFE\xFF")) {
      encoding_ = FileEncoding::kUtf16BigEndian;
      head.erase(0, 2);
    } else if (head.starts_with("\xEF\xBB\xBF")) {
      head.clear();
    }
    raw_ = std::move(head);
  }

  bool is_open() const { return stream_.is_open(); }

  // Appends the next piece to `text`; false at the end of the file.
  bool Append(std::string& text) {
    const size_t before = raw_.size();
    raw_.resize(before + kBlockBytes);
    stream_.read(raw_.data() + before, kBlockBytes);
    raw_.resize(before + static_cast<size_t>(stream_.gcount()));
    const bool at_end = stream_.gcount() == 0;
    if (raw_.empty()) return false;
    if (encoding_ == FileEncoding::kBytes) {
      text += std::exchange(raw_, {});
      return true;
    }
    const size_t whole = at_end ? raw_.size() : WholeUnits();
    text += Utf16ToUtf8(std::string_view(raw_).substr(0, whole),
                        encoding_ == FileEncoding::kUtf16BigEndian);
    raw_.erase(0, whole);
    return true;
  }

 private:
  // Bytes of raw_ up to the last unit that is not the first half of a pair.
  size_t WholeUnits() const {
    size_t whole = raw_.size() & ~size_t{1};
    if (whole < 2) return 0;
    const bool big = encoding_ == FileEncoding::kUtf16BigEndian;
    const auto high = static_cast<unsigned char>(raw_[big ? whole - 2 : whole - 1]);
    return high >= 0xD8 && high < 0xDC ? whole - 2 : whole;
  }

  std::ifstream stream_;
  FileEncoding encoding_;
  std::string raw_;
};

// Finds fields in the stream. `\n` in a terminator fits CR LF as well.
class FieldScanner {
 public:
  FieldScanner(TextStream& stream, const BulkFormat& format) : stream_(stream), format_(format) {}

  // False when nothing but the end of the file is left.
  bool HasMore() {
    if (at_ > kBlockBytes) {
      buffer_.erase(0, at_);
      at_ = 0;
    }
    return at_ < buffer_.size() || Fill();
  }

  // The text up to `terminator`, which is passed over; false: the file ended without it.
  bool TakeUntil(const std::string& terminator, std::string& field) {
    size_t from = at_;
    while (true) {
      size_t length = 0;
      const size_t found = Find(terminator, from, length);
      if (found != std::string::npos) {
        size_t end = found;
        if (terminator[0] == '\n' && end > at_ && buffer_[end - 1] == '\r') --end;
        field.assign(buffer_, at_, end - at_);
        at_ = found + length;
        return true;
      }
      from = std::max(at_, buffer_.size() - std::min(buffer_.size(), terminator.size() + 1));
      if (!Fill()) {
        field.assign(buffer_, at_);
        at_ = buffer_.size();
        return false;
      }
    }
  }

  // One row of CSV; quotes are undone. Returns false at the end of the file without a row
  // terminator.
  bool TakeCsvRow(std::vector<std::string>& fields) {
    fields.assign(1, "");
    bool in_quotes = false;
    while (true) {
      if (at_ + 2 >= buffer_.size()) Fill();
      if (at_ >= buffer_.size()) return false;
      const char c = buffer_[at_];
      if (in_quotes) {
        ++at_;
        if (c != format_.field_quote) {
          fields.back() += c;
        } else if (at_ < buffer_.size() && buffer_[at_] == format_.field_quote) {
          fields.back() += c;
          ++at_;
        } else {
          in_quotes = false;
        }
      } else if (c == format_.field_quote && fields.back().empty()) {
        in_quotes = true;
        ++at_;
      } else if (buffer_.compare(at_, format_.field_terminator.size(), format_.field_terminator) ==
                 0) {
        at_ += format_.field_terminator.size();
        fields.emplace_back();
      } else if (c == '\r' && buffer_.compare(at_ + 1, format_.row_terminator.size(),
                                              format_.row_terminator) == 0) {
        at_ += 1 + format_.row_terminator.size();
        return true;
      } else if (buffer_.compare(at_, format_.row_terminator.size(), format_.row_terminator) == 0) {
        at_ += format_.row_terminator.size();
        return true;
      } else {
        fields.back() += c;
        ++at_;
      }
    }
  }

 private:
  bool Fill() { return stream_.Append(buffer_); }

  // The terminator and the bytes it takes in the buffer. One that ends with a line break, such as
  // "&|\n", also ends with CR LF.
  size_t Find(const std::string& terminator, size_t from, size_t& length) const {
    length = terminator.size();
    if (length == 1 || terminator.back() != '\n') return buffer_.find(terminator, from);
    const std::string_view start(terminator.data(), length - 1);
    for (size_t at = buffer_.find(start, from); at != std::string::npos;
         at = buffer_.find(start, at + 1)) {
      const std::string_view rest = std::string_view(buffer_).substr(at + start.size(), 2);
      if (rest.starts_with('\n')) return at;
      if (rest == "\r\n") {
        ++length;
        return at;
      }
    }
    return std::string::npos;
  }

  TextStream& stream_;
  const BulkFormat& format_;
  std::string buffer_;
  size_t at_ = 0;
};

// One row of fields that end at terminators. The server looks for the field terminator alone until
// the last field, so that line breaks may stand in the others.
bool TakeRow(FieldScanner& scanner, const BulkFormat& format, size_t field_count,
             std::vector<std::string>& fields) {
  fields.resize(field_count);
  for (size_t i = 0; i < field_count; ++i) {
    const bool is_last = i + 1 == field_count;
    const std::string& terminator = is_last ? format.row_terminator : format.field_terminator;
    if (!scanner.TakeUntil(terminator, fields[i]) && !is_last) {
      fields.resize(i + 1);
      return false;
    }
  }
  return true;
}

void DecodeFields(const BulkFormat& format, std::vector<std::string>& fields) {
  if (format.is_wide) return;
  for (std::string& field : fields) {
    if (!IsUtf8(field)) field = Windows1252ToUtf8(field);
  }
}

}  // namespace

std::string ParseTerminator(std::string_view written) {
  if (written.size() > 2 && written.size() % 2 == 0 && written.substr(0, 2) == "0x") {
    std::string bytes;
    for (size_t i = 2; i < written.size(); i += 2) {
      unsigned value = 0;
      const auto parsed = std::from_chars(written.data() + i, written.data() + i + 2, value, 16);
      if (parsed.ec != std::errc() || parsed.ptr != written.data() + i + 2)
        return std::string(written);
      bytes += static_cast<char>(value);
    }
    return bytes;
  }
  std::string text;
  for (size_t i = 0; i < written.size(); ++i) {
    const char next = written[i] == '\\' && i + 1 < written.size() ? written[i + 1] : '\0';
    constexpr std::string_view kLetters = "tnr0\\", kValues("\t\n\r\0\\", 5);
    const size_t found = next == '\0' ? std::string_view::npos : kLetters.find(next);
    if (found == std::string_view::npos) {
      text += written[i];
    } else {
      text += kValues[found];
      ++i;
    }
  }
  // "\r\n" and "\n" mean the same: a line's end.
  const size_t crlf = text.find("\r\n");
  if (crlf != std::string::npos) text.erase(crlf, 1);
  return text;
}

absl::Status BulkFileReader::Read(const std::filesystem::path& path, const BulkFormat& format,
                                  size_t field_count, const Consumer& consume) {
  errno = 0;
  TextStream stream(path, format.is_wide);
  if (!stream.is_open()) {
    const std::string why = std::generic_category().message(errno == 0 ? EIO : errno);
    return absl::NotFoundError(absl::StrCat("the file ", path.string(), " cannot be read: ", why));
  }
  FieldScanner scanner(stream, format);
  std::vector<std::string> fields;
  for (int64_t number = 1; scanner.HasMore(); ++number) {
    if (format.last_row > 0 && number > format.last_row) break;
    if (format.is_csv) {
      scanner.TakeCsvRow(fields);
    } else {
      TakeRow(scanner, format, field_count, fields);
    }
    if (number < format.first_row) continue;
    DecodeFields(format, fields);
    if (absl::Status consumed = consume(number, fields); !consumed.ok()) return consumed;
  }
  return absl::OkStatus();
}

}  // namespace datamigrate::source
