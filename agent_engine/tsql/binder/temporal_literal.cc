#include "agent_engine/tsql/binder/temporal_literal.h"

#include <array>
#include <cctype>
#include <cstdio>
#include <vector>

namespace datamigrate::tsql {
namespace {

constexpr int64_t kTicksPerSecond = 10'000'000;
constexpr int64_t kTicksPerDay = 86'400 * kTicksPerSecond;

// Days since 1970-01-01 in the proleptic Gregorian calendar.
int64_t DaysFromCivil(int64_t year, int64_t month, int64_t day) {
  year -= month <= 2;
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

void CivilFromDays(int64_t days, DateAndTime& value) {
  days += 719'468;
  const int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const int64_t day_of_era = days - era * 146'097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted_month = (5 * day_of_year + 2) / 153;
  value.day = static_cast<int32_t>(day_of_year - (153 * shifted_month + 2) / 5 + 1);
  value.month = static_cast<int32_t>(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
  value.year = static_cast<int32_t>(year_of_era + era * 400 + (value.month <= 2));
}

bool IsLeap(int32_t year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

bool IsValidDate(const DateAndTime& value) {
  constexpr std::array<int32_t, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (value.year < 1 || value.year > 9999 || value.month < 1 || value.month > 12) return false;
  const int32_t days = kDays[value.month - 1] + (value.month == 2 && IsLeap(value.year));
  return value.day >= 1 && value.day <= days;
}

int32_t FullYear(int32_t year, size_t digits) {
  if (digits > 2) return year;
  return year < 50 ? 2000 + year : 1900 + year;
}

int32_t MonthOf(std::string_view word) {
  constexpr std::array<std::string_view, 12> kMonths = {
      "january", "february", "march",     "april",   "may",      "june",
      "july",    "august",   "september", "october", "november", "december"};
  std::string lower;
  for (const char c : word) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (size_t i = 0; i < kMonths.size(); ++i) {
    if (lower == kMonths[i] || lower == kMonths[i].substr(0, 3)) return static_cast<int32_t>(i) + 1;
  }
  return 0;
}

struct Piece {
  enum class Kind : uint8_t { kNumber, kWord, kMark };
  Kind kind;
  std::string_view text;
  int32_t value = 0;
};

std::vector<Piece> Split(std::string_view text) {
  std::vector<Piece> pieces;
  for (size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    size_t end = i + 1;
    Piece::Kind kind = Piece::Kind::kMark;
    if (std::isdigit(c)) {
      while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end]))) ++end;
      kind = Piece::Kind::kNumber;
    } else if (std::isalpha(c)) {
      while (end < text.size() && std::isalpha(static_cast<unsigned char>(text[end]))) ++end;
      kind = Piece::Kind::kWord;
    }
    Piece piece{kind, text.substr(i, end - i)};
    if (kind == Piece::Kind::kNumber) {
      for (const char digit : piece.text.substr(0, 9))
        piece.value = piece.value * 10 + (digit - '0');
    }
    if (!std::isspace(c)) pieces.push_back(piece);
    i = end;
  }
  return pieces;
}

// Reads the pieces of one literal from the left.
class LiteralReader {
 public:
  LiteralReader(std::string_view text, int32_t style) : pieces_(Split(text)), style_(style % 100) {}

  std::optional<DateAndTime> Read() {
    bool has_date = false;
    bool has_time = false;
    while (position_ < pieces_.size()) {
      if (!has_time && LooksLikeTime()) {
        if (!ReadTime()) return std::nullopt;
        has_time = true;
      } else if (has_time && !value_.has_offset && (IsMark('+') || IsMark('-') || IsWord("Z"))) {
        if (!ReadOffset()) return std::nullopt;
      } else if (!has_date) {
        if (!ReadDate()) return std::nullopt;
        has_date = true;
        if (IsWord("T")) ++position_;
      } else {
        return std::nullopt;
      }
    }
    if (!IsValidDate(value_)) return std::nullopt;
    return value_;
  }

 private:
  const Piece* At(size_t offset = 0) const {
    return position_ + offset < pieces_.size() ? &pieces_[position_ + offset] : nullptr;
  }
  bool IsMark(char mark, size_t offset = 0) const {
    const Piece* piece = At(offset);
    return piece != nullptr && piece->kind == Piece::Kind::kMark && piece->text[0] == mark;
  }
  bool IsNumber(size_t offset = 0) const {
    const Piece* piece = At(offset);
    return piece != nullptr && piece->kind == Piece::Kind::kNumber;
  }
  bool IsWord(std::string_view word, size_t offset = 0) const {
    const Piece* piece = At(offset);
    return piece != nullptr && piece->text.size() == word.size() &&
           piece->kind == Piece::Kind::kWord &&
           std::equal(word.begin(), word.end(), piece->text.begin(), [](char a, char b) {
             return a == std::toupper(static_cast<unsigned char>(b));
           });
  }
  bool LooksLikeTime() const {
    return IsNumber() && (IsMark(':', 1) || IsWord("AM", 1) || IsWord("PM", 1));
  }

  bool ReadTime() {
    value_.hour = At()->value;
    ++position_;
    if (IsMark(':')) {
      if (!IsNumber(1)) return false;
      value_.minute = At(1)->value;
      position_ += 2;
      if (IsMark(':')) {
        if (!IsNumber(1)) return false;
        value_.second = At(1)->value;
        position_ += 2;
        if ((IsMark('.') || IsMark(':')) && IsNumber(1)) ReadFraction(IsMark(':'));
      }
    }
    if (IsWord("AM") || IsWord("PM")) {
      if (value_.hour < 1 || value_.hour > 12) return false;
      value_.hour = value_.hour % 12 + (IsWord("PM") ? 12 : 0);
      ++position_;
    }
    return value_.hour < 24 && value_.minute < 60 && value_.second < 60;
  }

  // ".5" is half a second; ":5" is five milliseconds.
  void ReadFraction(bool is_milliseconds) {
    std::string digits(At(1)->text.substr(0, 7));
    if (is_milliseconds) digits.insert(0, digits.size() < 3 ? 3 - digits.size() : 0, '0');
    digits.resize(7, '0');
    value_.ticks = std::stoi(digits);
    position_ += 2;
  }

  bool ReadOffset() {
    value_.has_offset = true;
    if (IsWord("Z")) {
      ++position_;
      return true;
    }
    const int32_t sign = IsMark('-') ? -1 : 1;
    if (!IsNumber(1) || !IsMark(':', 2) || !IsNumber(3)) return false;
    value_.offset_minutes = sign * (At(1)->value * 60 + At(3)->value);
    position_ += 4;
    return value_.offset_minutes >= -840 && value_.offset_minutes <= 840;
  }

  bool ReadDate() {
    if (IsNumber() && At()->text.size() >= 4 && !HasSeparator(1) && !HasMonthWord())
      return ReadDigits();
    if (HasMonthWord()) return ReadWithMonthName();
    return ReadThreeNumbers();
  }

  bool HasSeparator(size_t offset) const {
    return IsMark('-', offset) || IsMark('/', offset) || IsMark('.', offset);
  }
  bool HasMonthWord() const {
    for (size_t i = 0; i < 5; ++i) {
      const Piece* piece = At(i);
      if (piece != nullptr && piece->kind == Piece::Kind::kWord && MonthOf(piece->text) != 0)
        return true;
    }
    return false;
  }

  // yyyymmdd, yymmdd, yyyy.
  bool ReadDigits() {
    const std::string_view digits = At()->text;
    const int32_t number = At()->value;
    ++position_;
    if (digits.size() == 4) {
      value_.year = number;
      return true;
    }
    if (digits.size() != 6 && digits.size() != 8) return false;
    value_.year = FullYear(number / 10'000, digits.size() - 4);
    value_.month = number / 100 % 100;
    value_.day = number % 100;
    return true;
  }

  bool ReadWithMonthName() {
    std::vector<Piece> numbers;
    bool has_month = false;
    while (const Piece* piece = At()) {
      if (piece->kind == Piece::Kind::kNumber) {
        if (LooksLikeTime() || numbers.size() == 2) break;
        numbers.push_back(*piece);
      } else if (piece->kind == Piece::Kind::kWord && !has_month && MonthOf(piece->text) != 0) {
        value_.month = MonthOf(piece->text);
        has_month = true;
      } else if (!HasSeparator(0) && !IsMark(',')) {
        break;
      }
      ++position_;
    }
    if (!has_month || numbers.empty()) return false;
    if (numbers.size() == 1) {
      value_.year = FullYear(numbers[0].value, numbers[0].text.size());
      return true;
    }
    const bool year_first = numbers[0].text.size() == 4;
    const Piece& year = numbers[year_first ? 0 : 1];
    value_.year = FullYear(year.value, year.text.size());
    value_.day = numbers[year_first ? 1 : 0].value;
    return true;
  }

  bool ReadThreeNumbers() {
    if (!IsNumber() || !HasSeparator(1) || !IsNumber(2) || !HasSeparator(3) || !IsNumber(4))
      return false;
    const Piece a = *At();
    const Piece b = *At(2);
    const Piece c = *At(4);
    position_ += 5;
    const bool is_dmy = style_ == 3 || style_ == 4 || style_ == 5;
    const bool is_ymd = style_ == 2 || style_ == 11;
    if (a.text.size() == 4 || is_ymd) {
      value_.year = FullYear(a.value, a.text.size());
      value_.month = b.value;
      value_.day = c.value;
      return true;
    }
    value_.month = is_dmy ? b.value : a.value;
    value_.day = is_dmy ? a.value : b.value;
    value_.year = FullYear(c.value, c.text.size());
    return true;
  }

  std::vector<Piece> pieces_;
  int32_t style_;
  size_t position_ = 0;
  DateAndTime value_;
};

int64_t TicksOfDay(const DateAndTime& value) {
  return ((value.hour * 60 + value.minute) * int64_t{60} + value.second) * kTicksPerSecond +
         value.ticks;
}

int64_t RoundTo(int64_t ticks, int64_t unit) {
  return (ticks + unit / 2) / unit * unit;
}

int64_t RoundForType(int64_t ticks, const SqlType& type) {
  switch (type.id) {
    case TypeId::kDateTime: {
      // 1/300 of a second, shown as .000, .003 and .007.
      const int64_t three_hundredths = (ticks * 300 + kTicksPerSecond / 2) / kTicksPerSecond;
      const int64_t milliseconds = (three_hundredths * 10 + 1) / 3;
      return milliseconds * 10'000;
    }
    case TypeId::kSmallDateTime: {
      // Up to 29.998 seconds round down.
      const int64_t milliseconds = ticks / 10'000;
      return (milliseconds + 30'001) / 60'000 * 60 * kTicksPerSecond;
    }
    case TypeId::kTime:
    case TypeId::kDateTime2:
    case TypeId::kDateTimeOffset: {
      int64_t unit = 1;
      for (int32_t i = type.scale; i < 7; ++i) unit *= 10;
      return RoundTo(ticks, unit);
    }
    default:
      return ticks;
  }
}

std::string TimeText(int64_t ticks) {
  const int64_t seconds = ticks / kTicksPerSecond;
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%02d:%02d:%02d", static_cast<int>(seconds / 3600),
                static_cast<int>(seconds / 60 % 60), static_cast<int>(seconds % 60));
  std::string text = buffer;
  const int64_t fraction = ticks % kTicksPerSecond;
  if (fraction == 0) return text;
  std::snprintf(buffer, sizeof buffer, ".%07d", static_cast<int>(fraction));
  text += buffer;
  while (text.back() == '0') text.pop_back();
  return text;
}

std::string DateText(const DateAndTime& value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%04d-%02d-%02d", value.year, value.month, value.day);
  return buffer;
}

}  // namespace

std::optional<DateAndTime> ParseDateAndTime(std::string_view text, int32_t style) {
  return LiteralReader(text, style).Read();
}

std::optional<std::string> FormatForType(DateAndTime value, const SqlType& type) {
  if (type.id == TypeId::kDate) return DateText(value);
  int64_t ticks = RoundForType(TicksOfDay(value), type);
  if (type.id == TypeId::kTime) return TimeText(ticks % kTicksPerDay);
  if (ticks >= kTicksPerDay) {
    CivilFromDays(DaysFromCivil(value.year, value.month, value.day) + 1, value);
    ticks -= kTicksPerDay;
  }
  if (type.id == TypeId::kDateTime && value.year < 1753) return std::nullopt;
  const bool is_late =
      value.year > 2079 ||
      (value.year == 2079 && (value.month > 6 || (value.month == 6 && value.day > 6)));
  if (type.id == TypeId::kSmallDateTime && (value.year < 1900 || is_late)) return std::nullopt;
  if (value.year > 9999) return std::nullopt;
  std::string text = DateText(value) + " " + TimeText(ticks);
  if (type.id == TypeId::kDateTimeOffset) {
    const int32_t offset = value.offset_minutes;
    char buffer[16];
    std::snprintf(buffer, sizeof buffer, "%c%02d:%02d", offset < 0 ? '-' : '+',
                  std::abs(offset) / 60 % 24, std::abs(offset) % 60);
    text += buffer;
  }
  return text;
}

}  // namespace datamigrate::tsql
