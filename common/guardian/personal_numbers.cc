#include "common/guardian/personal_numbers.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "common/guardian/ascii.h"
#include "common/guardian/checksums.h"
#include "common/guardian/mailboxes.h"
#include "common/guardian/naming_words.h"
#include "common/guardian/national_ids.h"
#include "common/guardian/network_addresses.h"
#include "common/guardian/shape_index.h"
#include "common/guardian/text/byte_blocks.h"

namespace datamigrate::guardian {
namespace {

constexpr size_t kLongestToken = 100;  // longer runs of letters and digits hold no number
constexpr size_t kMostGroups = 8;      // of one number
constexpr size_t kShortestNumber = 7;  // letters and digits of one
constexpr size_t kFewestDigits = 4;    // of a number

// The position of the first digit at or after `position`, or the size of the text.
size_t NextDigit(std::string_view text, size_t position) {
  return FindFirst(text, position, [](ByteVector c) -> ByteMask { return (c - '0') < 10; });
}

class NumberScan {
 public:
  NumberScan(std::string_view text, std::vector<Finding>& findings)
      : text_(text), findings_(findings) {}

  void Run() {
    size_t position = 0;
    while (true) {
      const size_t digit = NextDigit(text_, position);
      if (digit >= text_.size()) return;
      size_t begin = digit;
      while (begin > position && IsLetterOrDigit(text_[begin - 1]) &&
             digit - begin < kLongestToken) {
        --begin;
      }
      size_t end = digit + 1;
      while (end < text_.size() && IsLetterOrDigit(text_[end])) ++end;
      position = end;
      if (end - begin > kLongestToken) continue;
      if (const size_t found = At(begin, end); found > position) position = found;
    }
  }

 private:
  char CharacterAt(size_t position) const {
    return position < text_.size() ? text_[position] : '\0';
  }
  char Before(size_t position) const { return position == 0 ? '\0' : text_[position - 1]; }

  // True for a byte that a number cannot stand next to.
  static bool IsWordByte(char c) { return IsLetterOrDigit(c) || c == '_'; }

  // Looks at the letters and digits in [begin, end); returns the end of what it found, or 0.
  size_t At(size_t begin, size_t end) {
    const size_t length = end - begin;
    const char after = CharacterAt(end);
    const char before = Before(begin);
    const bool goes_on =
        (after == ' ' || after == '-' || after == '.' || after == ':' || after == '/' ||
         after == ')') &&
        IsLetterOrDigit(CharacterAt(end + 1 + (after == ')' ? CharacterAt(end + 1) == ' ' : 0)));
    const bool is_after_colon = before == ':';
    if (length < 7 && !goes_on && !is_after_colon && after != ':') return 0;
    if (before == '_' || (after == '_' && !goes_on)) return 0;

    if (const size_t skipped = Guid(begin, end)) return skipped;
    if (after == ':' || is_after_colon || after == '-' || after == '.') {
      if (const size_t found = Address(begin, end)) return found;
    }
    if (before == '+') {
      if (const size_t found = InternationalPhone(begin)) return found;
    }
    if (before == '(' && after == ')' && length <= 5) {
      if (const size_t found = PhoneWithAreaCode(begin, end)) return found;
    }
    if (length >= 26) {
      if (const size_t found = Wallet(begin, end)) return found;
    }
    if (length >= 4 && IsLetter(text_[begin]) && IsLetter(text_[begin + 1]) &&
        IsDigit(text_[begin + 2]) && IsDigit(text_[begin + 3])) {
      if (const size_t found = Iban(begin)) return found;
    }
    if (length > kLongestNumber) return 0;
    if (goes_on || length >= 7) {
      if (after == '.' || after == '-') {
        if (const size_t found = Mixed(begin)) return found;
      }
      // Two letters and a separator before it belong to some ids.
      if ((before == ' ' || before == '-') && begin >= 3 && IsLetter(text_[begin - 2]) &&
          IsLetter(text_[begin - 3]) && !(begin >= 4 && IsWordByte(text_[begin - 4]))) {
        if (const size_t found = Grouped(begin - 3)) return found;
      }
      return Grouped(begin);
    }
    return 0;
  }

  // The end of a GUID that begins here, which holds no number of anybody's; or 0.
  size_t Guid(size_t begin, size_t end) const {
    if (end - begin != 8 || CharacterAt(end) != '-' || begin + 36 > text_.size()) return 0;
    for (size_t i = 0; i < 36; ++i) {
      const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
      if (is_dash ? text_[begin + i] != '-' : !IsHexDigit(text_[begin + i])) return 0;
    }
    return IsWordByte(CharacterAt(begin + 36)) ? 0 : begin + 36;
  }

  // IPv4, IPv6 and MAC addresses that the token [begin, end) is part of.
  size_t Address(size_t begin, size_t end) {
    if (const size_t found = Mac(begin, end)) return found;
    if (CharacterAt(end) == ':' || Before(begin) == ':') {
      size_t first = begin, last = end;
      while (first > 0 && begin - first < 45 &&
             (IsHexDigit(text_[first - 1]) || text_[first - 1] == ':'))
        --first;
      while (last < text_.size() && last - end < 45 &&
             (IsHexDigit(text_[last]) || text_[last] == ':' || text_[last] == '.')) {
        ++last;
      }
      while (last > first &&
             (text_[last - 1] == '.' ||
              (text_[last - 1] == ':' && (last < first + 2 || text_[last - 2] != ':'))))
        --last;
      const std::string_view address = text_.substr(first, last - first);
      const std::string_view front = address.substr(0, address.find(':'));
      if (address.size() >= 3 && !IsWordByte(Before(first)) && !IsWordByte(CharacterAt(last)) &&
          (front.empty() || std::any_of(front.begin(), front.end(), IsDigit)) &&
          IsIpv6Address(address)) {
        return Found(kIpAddress, first, last);
      }
      if (std::count(address.begin(), address.end(), ':') > 3) return 0;
    }
    if (CharacterAt(end) != '.' || end - begin > 3 || Before(begin) == '.') return 0;
    size_t last = end;
    int points = 0;
    while (last < text_.size() && last - begin < 16 &&
           (IsDigit(text_[last]) || text_[last] == '.')) {
      points += text_[last] == '.';
      ++last;
    }
    if (Before(last) == '.') {
      --last;
      --points;
    }
    if (points != 3 || IsWordByte(CharacterAt(last)) || !IsDigit(text_[begin])) return 0;
    const std::string_view address = text_.substr(begin, last - begin);
    if (!IsIpv4Address(address) || IsVersion(address, begin)) return 0;
    return Found(kIpAddress, begin, last);
  }

  // Four numbers with points are versions of software more often than addresses in some places.
  bool IsVersion(std::string_view address, size_t begin) const {
    const size_t start = begin > 28 ? begin - 28 : 0;
    const std::string before = ToLower(text_.substr(start, begin - start));
    for (const std::string_view word : {"version", "ver.", "ver ", "assembly", "build", "release",
                                        "sdk", "update", "driver", "publickeytoken"}) {
      if (before.find(word) != std::string::npos) return true;
    }
    const char previous = Before(begin);
    if (previous == 'v' || previous == 'V' || previous == '-') return true;
    return address.ends_with(".0.0.0") && address[0] != '0' && !address.starts_with("10.");
  }

  size_t Mac(size_t begin, size_t end) {
    const size_t length = end - begin;
    if (length == 4 && CharacterAt(end) == '.') return MacAt(begin, 14);
    if (length != 2) return 0;
    // The token with the first digit need not be the first pair.
    for (size_t start = begin;; start -= 3) {
      if (const size_t found = MacAt(start, 17)) return found;
      if (start < 3 || begin - start >= 15 || text_[start - 1] != CharacterAt(end)) return 0;
    }
  }

  size_t MacAt(size_t begin, size_t length) {
    if (begin + length > text_.size()) return 0;
    if (!IsMacAddress(text_.substr(begin, length))) return 0;
    const char before = Before(begin);
    const char after = CharacterAt(begin + length);
    if (IsWordByte(before) || IsWordByte(after) ||
        ((after == ':' || after == '-') && IsHexDigit(CharacterAt(begin + length + 1)))) {
      return 0;
    }
    if ((before == ':' || before == '-') && begin >= 2 && IsHexDigit(text_[begin - 2])) return 0;
    return Found(kMacAddress, begin, begin + length);
  }

  // E.164 after "+": 8 to 15 digits, single separators or a pair of parentheses between.
  size_t InternationalPhone(size_t begin) {
    if (text_[begin] == '0' || (begin >= 2 && IsWordByte(text_[begin - 2]))) return 0;
    size_t digits = 0, end = begin, position = begin;
    bool has_separators = false;
    while (position < text_.size() && position - begin < 24 && digits <= 15) {
      const char c = text_[position];
      if (IsDigit(c)) {
        ++digits;
        end = ++position;
        continue;
      }
      size_t next = position;
      while (next < text_.size() && next - position < 2 &&
             std::string_view(" -.()/").find(text_[next]) != std::string_view::npos) {
        ++next;
      }
      if (next == position || !IsDigit(CharacterAt(next))) break;
      has_separators = true;
      position = next;
    }
    if (digits > 15 || IsWordByte(CharacterAt(end))) return 0;
    if (digits < (has_separators ? 9 : 10) && !(digits >= 8 && IsNamed(kPhoneNumber, begin, end))) {
      return 0;
    }
    return Found(kPhoneNumber, begin - 1, end);
  }

  // "(415) 555-0132", "(030) 1234567".
  size_t PhoneWithAreaCode(size_t begin, size_t end) {
    size_t position = end + 1;
    if (CharacterAt(position) == ' ') ++position;
    size_t digits = 0, last = position;
    while (last < text_.size() && digits <= 9) {
      if (IsDigit(text_[last])) {
        ++digits;
        ++last;
      } else if ((text_[last] == '-' || text_[last] == ' ' || text_[last] == '.') &&
                 IsDigit(CharacterAt(last + 1))) {
        ++last;
      } else {
        break;
      }
    }
    if (!std::all_of(text_.begin() + static_cast<std::ptrdiff_t>(begin),
                     text_.begin() + static_cast<std::ptrdiff_t>(end), IsDigit)) {
      return 0;
    }
    const bool is_north_american = end - begin == 3 && digits == 7 && text_[begin] >= '2' &&
                                   text_[position] >= '2' && CharacterAt(position + 3) != ' ';
    const bool is_national = text_[begin] == '0' && digits >= 6 && digits <= 9;
    if ((!is_north_american && !is_national) || IsWordByte(CharacterAt(last))) return 0;
    return Found(kPhoneNumber, begin - 1, last);
  }

  size_t Wallet(size_t begin, size_t end) {
    const std::string_view token = text_.substr(begin, end - begin);
    if (token[0] == '1' || token[0] == '3') {
      return BitcoinBase58Holds(token) ? Found(kWallet, begin, end) : 0;
    }
    const std::string lower = ToLower(token.substr(0, 4));
    if (lower.starts_with("bc1") || lower.starts_with("tb1") || lower == "ltc1") {
      return token.size() <= 90 && Bech32Holds(token) ? Found(kWallet, begin, end) : 0;
    }
    if (lower.starts_with("0x") && token.size() == 42 &&
        std::all_of(token.begin() + 2, token.end(), IsHexDigit) &&
        (EthereumChecksumHolds(token) || IsNamed(kWallet, begin, end))) {
      return Found(kWallet, begin, end);
    }
    return 0;
  }

  size_t Iban(size_t begin) {
    const std::string country = ToUpper(text_.substr(begin, 2));
    const size_t length = IbanLength(country);
    if (length == 0) return 0;
    std::string number;
    size_t position = begin;
    bool has_lower = false, has_upper = false;
    while (number.size() < length && position < text_.size()) {
      const char c = text_[position];
      if (IsLetterOrDigit(c)) {
        has_lower = has_lower || IsLower(c);
        has_upper = has_upper || IsUpper(c);
        number += ToUpper(c);
      } else if ((c != ' ' && c != '-') || !IsLetterOrDigit(CharacterAt(position + 1))) {
        return 0;
      }
      ++position;
    }
    if (IsWordByte(CharacterAt(position)) || (has_lower && has_upper) || !IbanHolds(number))
      return 0;
    return Found(kIban, begin, position);
  }

  // Shapes with different separators in one number: "9" is a digit, all else stands for itself.
  struct MixedShape {
    size_t row;
    std::string_view pattern;
    bool (*check)(std::string_view);
  };
  size_t Mixed(size_t begin);

  // Letters and digits from `begin` on, in groups with one separator throughout.
  struct Groups {
    // What the groups up to this one make together.
    struct Prefix {
      size_t end;        // in the text
      size_t size;       // letters and digits
      uint64_t lengths;  // of the groups, as in Shape::groups
      bool is_mixed_case;
    };
    size_t begin = 0;
    std::array<Prefix, kMostGroups> prefixes{};
    size_t count = 0;
    size_t digits = 0;
    char separator = '\0';  // '\0' while there is one group
    std::array<char, kLongestNumber> number{};
  };

  // The longest number that begins at `begin`: its end, or 0.
  size_t Grouped(size_t begin) {
    size_t end = begin;
    while (end < text_.size() && IsLetterOrDigit(text_[end])) ++end;
    if (end - begin < kShortestNumber &&
        !ShapeIndex::Get().MayBegin(end - begin, CharacterAt(end), CharacterAt(end + 1))) {
      return 0;
    }
    const Groups groups = GroupsFrom(begin);
    if (groups.digits < kFewestDigits) return 0;
    for (size_t count = groups.count; count > 0; --count) {
      if (const size_t found = Match(groups, count)) return found;
    }
    return 0;
  }

  Groups GroupsFrom(size_t begin) const {
    Groups groups;
    groups.begin = begin;
    size_t size = 0, position = begin;
    uint64_t lengths = 0;
    bool has_lower = false, has_upper = false;
    while (groups.count < kMostGroups) {
      const size_t start = position;
      for (; position < text_.size() && IsLetterOrDigit(text_[position]); ++position) {
        if (size == kLongestNumber) return groups;
        const char c = text_[position];
        has_lower = has_lower || IsLower(c);
        has_upper = has_upper || IsUpper(c);
        groups.digits += IsDigit(c);
        groups.number[size++] = ToUpper(c);
      }
      lengths = lengths * 32 + (position - start);
      groups.prefixes[groups.count++] = {position, size, lengths, has_lower && has_upper};
      const char c = CharacterAt(position);
      const bool goes_on =
          groups.count == 1 ? kSeparators.find(c) != std::string_view::npos : c == groups.separator;
      if (!goes_on || !IsLetterOrDigit(CharacterAt(position + 1))) break;
      groups.separator = c;
      ++position;
    }
    return groups;
  }

  // The end of the number that the first `count` groups make, or 0.
  size_t Match(const Groups& groups, size_t count) {
    const Groups::Prefix& prefix = groups.prefixes[count - 1];
    const char separator = count > 1 ? groups.separator : '\0';
    if (prefix.size < kShortestNumber || !StandsAlone(groups.begin, prefix.end, separator)) {
      return 0;
    }
    const std::string_view number(groups.number.data(), prefix.size);
    for (const Shape& shape : ShapeIndex::Get().OfLength(prefix.size)) {
      if (shape.groups != prefix.lengths ||
          (shape.is_grouped && shape.separators.find(separator) == std::string_view::npos) ||
          (prefix.is_mixed_case && shape.proof == Proof::kNone) ||
          !IsOfClasses(number, shape.classes) || (shape.check != nullptr && !shape.check(number)) ||
          (shape.proof != Proof::kNone && !IsProven(shape, groups.begin, prefix.end))) {
        continue;
      }
      findings_.push_back({shape.rule, groups.begin, prefix.end - groups.begin});
      return prefix.end;
    }
    return 0;
  }

  // False for part of a longer number: another group with the same separator, or a decimal.
  bool StandsAlone(size_t begin, size_t end, char separator) const {
    const char before = Before(begin);
    const char after = CharacterAt(end);
    if (IsWordByte(before) || IsWordByte(after)) return false;
    const bool digit_before = begin >= 2 && IsDigit(text_[begin - 2]);
    const bool digit_after = IsDigit(CharacterAt(end + 1));
    if (separator == '\0') {
      constexpr std::string_view kJoins = "-./:+";
      return !(digit_before && kJoins.find(before) != std::string_view::npos) &&
             !(digit_after && kJoins.find(after) != std::string_view::npos) && before != '.';
    }
    return !(digit_before && before == separator) && !(digit_after && after == separator) &&
           !(separator == '-' && after == '-') && !(separator == '-' && before == '-');
  }

  bool IsProven(const Shape& shape, size_t begin, size_t end) const {
    if (shape.proof == Proof::kWordOrAlone && IsAlone(begin, end)) return true;
    return IsWordNear(text_, begin, end, shape.words);
  }

  // True if nothing but blanks and punctuation stands around [begin, end).
  bool IsAlone(size_t begin, size_t end) const {
    if (text_.size() - (end - begin) > 64) return false;
    return std::none_of(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(begin),
                        IsWordByte) &&
           std::none_of(text_.begin() + static_cast<std::ptrdiff_t>(end), text_.end(), IsWordByte);
  }

  bool IsNamed(size_t row, size_t begin, size_t end) const {
    return IsAlone(begin, end) || IsWordNear(text_, begin, end, WordsThatName(RowId(row)));
  }

  enum : size_t {
    kIpAddress,
    kMacAddress,
    kPhoneNumber,
    kWallet,
    kIban,
    kCpf,
    kCnpj,
    kBelgian,
    kRows
  };
  static std::string_view RowId(size_t row) {
    static constexpr std::array<std::string_view, kRows> kIds = {
        "personal_data.ip_address",   "personal_data.mac_address",
        "personal_data.phone_number", "personal_data.wallet",
        "personal_data.iban",         "personal_data.br_cpf",
        "personal_data.br_cnpj",      "personal_data.be_national_number"};
    return kIds[row];
  }

  size_t Found(size_t row, size_t begin, size_t end) {
    static const std::array<const Rule*, kRows> rows = [] {
      std::array<const Rule*, kRows> found{};
      for (size_t i = 0; i < kRows; ++i) found[i] = PersonalDataRow(RowId(i));
      return found;
    }();
    findings_.push_back({rows[row], begin, end - begin});
    return end;
  }

  std::string_view text_;
  std::vector<Finding>& findings_;
};

size_t NumberScan::Mixed(size_t begin) {
  static constexpr MixedShape kMixed[] = {
      {kCpf, "999.999.999-99", IsBrazilianCpf},
      {kCnpj, "99.999.999/9999-99", IsBrazilianCnpj},
      {kBelgian, "99.99.99-999.99", IsBelgianNational},
      {kBelgian, "999999-999.99", IsBelgianNational},
  };
  for (const MixedShape& shape : kMixed) {
    const size_t end = begin + shape.pattern.size();
    if (end > text_.size() || IsWordByte(CharacterAt(end))) continue;
    std::string number;
    bool is_of_shape = true;
    for (size_t i = 0; i < shape.pattern.size() && is_of_shape; ++i) {
      const char c = text_[begin + i];
      is_of_shape = shape.pattern[i] == '9' ? IsDigit(c) : c == shape.pattern[i];
      if (IsDigit(c)) number += c;
    }
    if (is_of_shape && shape.check(number)) return Found(shape.row, begin, end);
  }
  return 0;
}

}  // namespace

void FindPersonalNumbers(std::string_view text, std::vector<Finding>& findings) {
  NumberScan(text, findings).Run();
  FindMailboxes(text, findings);
}

}  // namespace datamigrate::guardian
