#include "common/pg/result.h"

#include <libpq-fe.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/numbers.h"

namespace datamigrate::pg {
namespace {

// A statement of ours and the code that reads it disagree.
[[noreturn]] void Fail(std::string_view problem, std::string_view column) {
  std::fprintf(stderr, "pg::Row: %.*s: column %.*s\n", static_cast<int>(problem.size()),
               problem.data(), static_cast<int>(column.size()), column.data());
  std::abort();
}

template <typename T>
T ParseInteger(std::string_view text, std::string_view column) {
  T value;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    Fail("not an integer of this width", column);
  }
  return value;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

int Row::Column(std::string_view name) const {
  int columns = PQnfields(result_);
  for (int i = 0; i < columns; ++i) {
    if (name == PQfname(result_, i)) return i;
  }
  Fail("not in the result", name);
}

bool Row::IsNull(std::string_view column) const {
  return PQgetisnull(result_, row_, Column(column)) == 1;
}

std::string_view Row::Text(std::string_view column) const {
  int index = Column(column);
  if (PQgetisnull(result_, row_, index) == 1) Fail("NULL read as a value", column);
  return {PQgetvalue(result_, row_, index),
          static_cast<std::size_t>(PQgetlength(result_, row_, index))};
}

template <>
std::string Row::Get<std::string>(std::string_view column) const {
  return std::string(Text(column));
}

template <>
bool Row::Get<bool>(std::string_view column) const {
  std::string_view text = Text(column);
  if (text != "t" && text != "f") Fail("not a boolean", column);
  return text == "t";
}

template <>
int Row::Get<int>(std::string_view column) const {
  return ParseInteger<int>(Text(column), column);
}

template <>
int64_t Row::Get<int64_t>(std::string_view column) const {
  return ParseInteger<int64_t>(Text(column), column);
}

template <>
double Row::Get<double>(std::string_view column) const {
  double value;
  if (!absl::SimpleAtod(Get<std::string>(column), &value)) Fail("not a number", column);
  return value;
}

// bytea_output = hex: "\x" and two digits a byte (PostgreSQL documentation, 8.4 Binary Data Types).
template <>
Bytes Row::Get<Bytes>(std::string_view column) const {
  std::string_view text = Text(column);
  if (text.size() < 2 || text.size() % 2 != 0 || text.substr(0, 2) != "\\x") {
    Fail("not a bytea in hex format", column);
  }
  Bytes bytes;
  bytes.value.reserve(text.size() / 2 - 1);
  for (std::size_t i = 2; i < text.size(); i += 2) {
    int high = HexDigit(text[i]);
    int low = HexDigit(text[i + 1]);
    if (high < 0 || low < 0) Fail("not a bytea in hex format", column);
    bytes.value.push_back(static_cast<char>(high * 16 + low));
  }
  return bytes;
}

// DateStyle ISO in time zone UTC: 2024-05-06 07:08:09.123456+00.
template <>
absl::Time Row::Get<absl::Time>(std::string_view column) const {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime("%Y-%m-%d %H:%M:%E*S%Ez", Get<std::string>(column), &time, &error)) {
    Fail("not a timestamp with time zone", column);
  }
  return time;
}

Result::Result(pg_result* result) : result_(result) {}

void Result::Clear::operator()(pg_result* result) const {
  PQclear(result);
}

std::size_t Result::size() const {
  return static_cast<std::size_t>(PQntuples(result_.get()));
}

Row Result::operator[](std::size_t index) const {
  if (index >= size()) Fail("no such row", "");
  return Row(result_.get(), static_cast<int>(index));
}

int64_t Result::affected_rows() const {
  int64_t count = 0;
  return absl::SimpleAtoi(PQcmdTuples(result_.get()), &count) ? count : 0;
}

std::string_view Result::command_tag() const {
  return PQcmdStatus(result_.get());
}

}  // namespace datamigrate::pg
