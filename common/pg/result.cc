#include "common/pg/result.h"

#include <libpq-fe.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>

#include "absl/strings/numbers.h"

namespace datamigrate::pg {
namespace {

// pg_type.dat
constexpr Oid kBoolOid = 16;
constexpr Oid kByteaOid = 17;
constexpr Oid kBigintOid = 20;
constexpr Oid kIntegerOid = 23;
constexpr Oid kTextOid = 25;
constexpr Oid kDoubleOid = 701;
constexpr Oid kTimestamptzOid = 1184;
constexpr Oid kUuidOid = 2950;

constexpr int64_t kSecondsTo2000 = 946684800;

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

// A number of 1 to 8 bytes, the highest first, of one of these types.
int64_t BigEndian(std::string_view bytes, Oid type, std::initializer_list<Oid> types,
                  std::string_view column) {
  const bool is_of_type = std::find(types.begin(), types.end(), type) != types.end();
  if (!is_of_type || bytes.empty() || bytes.size() > 8)
    Fail("not of the type it is read as", column);
  uint64_t number = (bytes[0] & 0x80) != 0 && bytes.size() < 8 ? ~uint64_t{0} : 0;
  for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
  return static_cast<int64_t>(number);
}

// As PostgreSQL writes it: 8-4-4-4-12 digits.
std::string UuidText(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    const auto byte = static_cast<unsigned char>(bytes[i]);
    text += {kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return text;
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

// A value as the server sent it.
struct Row::Value {
  std::string_view bytes;
  Oid type;
  bool is_binary;
};

Row::Value Row::ValueOf(std::string_view column) const {
  int index = Column(column);
  if (PQgetisnull(result_, row_, index) == 1) Fail("NULL read as a value", column);
  return {{PQgetvalue(result_, row_, index),
           static_cast<std::size_t>(PQgetlength(result_, row_, index))},
          PQftype(result_, index),
          PQfformat(result_, index) == 1};
}

template <>
std::string Row::Get<std::string>(std::string_view column) const {
  const Value value = ValueOf(column);
  if (!value.is_binary || value.type == kTextOid) return std::string(value.bytes);
  if (value.type != kUuidOid || value.bytes.size() != 16) Fail("not a text or a UUID", column);
  return UuidText(value.bytes);
}

template <>
bool Row::Get<bool>(std::string_view column) const {
  const Value value = ValueOf(column);
  if (value.is_binary) return BigEndian(value.bytes, value.type, {kBoolOid}, column) != 0;
  if (value.bytes != "t" && value.bytes != "f") Fail("not a boolean", column);
  return value.bytes == "t";
}

template <>
int Row::Get<int>(std::string_view column) const {
  const Value value = ValueOf(column);
  if (!value.is_binary) return ParseInteger<int>(value.bytes, column);
  return static_cast<int>(BigEndian(value.bytes, value.type, {kIntegerOid}, column));
}

template <>
int64_t Row::Get<int64_t>(std::string_view column) const {
  const Value value = ValueOf(column);
  if (!value.is_binary) return ParseInteger<int64_t>(value.bytes, column);
  return BigEndian(value.bytes, value.type, {kIntegerOid, kBigintOid}, column);
}

template <>
double Row::Get<double>(std::string_view column) const {
  const Value value = ValueOf(column);
  if (value.is_binary) {
    return std::bit_cast<double>(BigEndian(value.bytes, value.type, {kDoubleOid}, column));
  }
  double number;
  if (!absl::SimpleAtod({value.bytes.data(), value.bytes.size()}, &number)) {
    Fail("not a number", column);
  }
  return number;
}

// bytea_output = hex: "\x" and two digits a byte (PostgreSQL documentation, 8.4 Binary Data Types).
template <>
Bytes Row::Get<Bytes>(std::string_view column) const {
  const Value value = ValueOf(column);
  if (value.is_binary) {
    if (value.type != kByteaOid) Fail("not a bytea", column);
    return {std::string(value.bytes)};
  }
  const std::string_view text = value.bytes;
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

// DateStyle ISO in time zone UTC: 2024-05-06 07:08:09.123456+00. Binary: microseconds since 2000.
template <>
absl::Time Row::Get<absl::Time>(std::string_view column) const {
  const Value value = ValueOf(column);
  if (value.is_binary) {
    const int64_t micros = BigEndian(value.bytes, value.type, {kTimestamptzOid}, column);
    return absl::FromUnixSeconds(kSecondsTo2000) + absl::Microseconds(micros);
  }
  absl::Time time;
  std::string error;
  if (!absl::ParseTime("%Y-%m-%d %H:%M:%E*S%Ez", {value.bytes.data(), value.bytes.size()}, &time,
                       &error)) {
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
