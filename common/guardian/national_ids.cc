#include "common/guardian/national_ids.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "common/guardian/ascii.h"
#include "common/guardian/checksums.h"

namespace datamigrate::guardian {
namespace {

int Number(std::string_view digits) {
  int number = 0;
  for (const char digit : digits) number = number * 10 + (digit - '0');
  return number;
}

uint64_t LongNumber(std::string_view digits) {
  uint64_t number = 0;
  for (const char digit : digits) number = number * 10 + static_cast<uint64_t>(digit - '0');
  return number;
}

int Last(std::string_view digits) {
  return digits.back() - '0';
}

bool IsMonthAndDay(int month, int day) {
  return month >= 1 && month <= 12 && day >= 1 && day <= (month == 2 ? 29 : 31);
}

bool IsOneDigitRepeated(std::string_view digits) {
  return digits.find_first_not_of(digits[0]) == std::string_view::npos;
}

template <size_t n>
int Weighted(std::string_view digits, const int (&weights)[n]) {
  return WeightedSum(digits, weights);
}

// ICAO 9303 part 3: weights 7, 3, 1; letters count 10 to 35.
int IcaoSum(std::string_view text) {
  constexpr int kWeights[] = {7, 3, 1};
  int sum = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    sum += kWeights[i % 3] * (IsDigit(text[i]) ? text[i] - '0' : text[i] - 'A' + 10);
  }
  return sum % 10;
}

constexpr std::string_view kSpanishLetters = "TRWAGMYFPDXBNJZSQVHLCKE";

struct CardRange {
  uint16_t first;  // of the number's first four digits
  uint16_t last;
  uint8_t shortest;
  uint8_t longest;
};

// Issuer ranges of ISO/IEC 7812 as the networks publish them.
constexpr CardRange kCardRanges[] = {
    {1000, 1999, 15, 15},                        // UATP
    {2014, 2014, 15, 15}, {2149, 2149, 15, 15},  // enRoute
    {2200, 2204, 16, 19},                        // Mir
    {2221, 2720, 16, 16},                        // Mastercard
    {3000, 3059, 14, 19}, {3095, 3095, 14, 19}, {3600, 3699, 14, 19}, {3800, 3999, 14, 19},
    {3400, 3499, 15, 15}, {3700, 3799, 15, 15},                        // American Express
    {3528, 3589, 16, 19},                                              // JCB
    {4000, 4999, 13, 19},                                              // Visa: 13, 16, 19
    {5018, 5020, 12, 19}, {5038, 5038, 12, 19}, {5893, 5893, 12, 19},  // Maestro, Dankort
    {5100, 5599, 16, 16},                                              // Mastercard
    {5610, 5610, 16, 16}, {6011, 6011, 16, 19}, {6040, 6042, 16, 16}, {6062, 6062, 16, 16},
    {6200, 6299, 16, 19},  // UnionPay
    {6304, 6304, 12, 19}, {6370, 6399, 16, 16}, {6440, 6599, 16, 19}, {6759, 6763, 12, 19},
    {6500, 6599, 16, 19}, {8100, 8199, 16, 19}, {9792, 9792, 16, 16}};

}  // namespace

bool IsPaymentCard(std::string_view number) {
  const int front = Number(number.substr(0, 4));
  const bool issued =
      std::any_of(std::begin(kCardRanges), std::end(kCardRanges), [&](const CardRange& range) {
        return front >= range.first && front <= range.last && number.size() >= range.shortest &&
               number.size() <= range.longest;
      });
  if (front >= 4000 && front <= 4999 && number.size() != 13 && number.size() != 16 &&
      number.size() != 19) {
    return false;
  }
  return issued && LuhnHolds(number);
}

bool IsUsSocialSecurity(std::string_view number) {
  const int area = Number(number.substr(0, 3));
  // The last two are numbers printed in advertisements, known to be nobody's.
  return area != 0 && area != 666 && area < 900 && number.substr(3, 2) != "00" &&
         number.substr(5) != "0000" && number != "078051120" && number != "219099999" &&
         number != "123456789" && !IsOneDigitRepeated(number);
}

bool IsUsTaxpayer(std::string_view number) {
  const int group = Number(number.substr(3, 2));
  return number[0] == '9' && ((group >= 50 && group <= 65) || (group >= 70 && group <= 88) ||
                              (group >= 90 && group <= 92) || (group >= 94 && group <= 99));
}

bool IsUsRoutingNumber(std::string_view number) {
  const int district = Number(number.substr(0, 2));
  return ((district >= 1 && district <= 12) || (district >= 21 && district <= 32) ||
          (district >= 61 && district <= 72) || district == 80) &&
         Weighted(number, {3, 7, 1, 3, 7, 1, 3, 7, 1}) % 10 == 0;
}

bool IsUsProvider(std::string_view number) {
  return (number[0] == '1' || number[0] == '2') && !IsOneDigitRepeated(number.substr(0, 9)) &&
         LuhnHolds("80840" + std::string(number));
}

bool IsUsMedicareBeneficiary(std::string_view number) {
  constexpr std::string_view kShape = "CANNANNAANN";  // see below
  for (size_t i = 0; i < kShape.size(); ++i) {
    const char c = number[i];
    const bool is_letter =
        IsUpper(c) && std::string_view("SLOIBZ").find(c) == std::string_view::npos;
    // Places 3 and 6 take either.
    if (i == 2 || i == 5) {
      if (!is_letter && !IsDigit(c)) return false;
    } else if (kShape[i] == 'A' ? !is_letter : !IsDigit(c)) {
      return false;
    }
  }
  return number[0] != '0';
}

bool IsCanadianSocialInsurance(std::string_view number) {
  return number[0] != '0' && number[0] != '8' && LuhnHolds(number);
}

bool IsBrazilianCpf(std::string_view number) {
  if (IsOneDigitRepeated(number)) return false;
  const int first = Weighted(number, {10, 9, 8, 7, 6, 5, 4, 3, 2}) * 10 % 11 % 10;
  const int second = Weighted(number, {11, 10, 9, 8, 7, 6, 5, 4, 3, 2}) * 10 % 11 % 10;
  return first == number[9] - '0' && second == number[10] - '0';
}

bool IsBrazilianCnpj(std::string_view number) {
  const auto check = [](int sum) { return sum % 11 < 2 ? 0 : 11 - sum % 11; };
  return !IsOneDigitRepeated(number) &&
         check(Weighted(number, {5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2})) == number[12] - '0' &&
         check(Weighted(number, {6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2})) == number[13] - '0';
}

bool IsBritishHealth(std::string_view number) {
  const int check = 11 - Weighted(number, {10, 9, 8, 7, 6, 5, 4, 3, 2}) % 11;
  return !IsOneDigitRepeated(number) && check % 11 == Last(number) && check != 10;
}

bool IsBritishInsurance(std::string_view number) {
  constexpr std::array<std::string_view, 7> kNeverIssued = {"BG", "GB", "KN", "NK",
                                                            "NT", "TN", "ZZ"};
  constexpr std::string_view kNever = "DFIQUV";
  return kNever.find(number[0]) == std::string_view::npos &&
         kNever.find(number[1]) == std::string_view::npos && number[1] != 'O' &&
         std::find(kNeverIssued.begin(), kNeverIssued.end(), number.substr(0, 2)) ==
             kNeverIssued.end() &&
         number[8] >= 'A' && number[8] <= 'D';
}

bool IsBritishDriver(std::string_view number) {
  // Five letters of the name filled with 9; then decade, month (+50 for women), day, year.
  bool filled = false;
  for (const char c : number.substr(0, 5)) {
    if (IsDigit(c) ? c != '9' : filled) return false;
    filled = filled || c == '9';
  }
  if (!std::all_of(number.begin() + 5, number.begin() + 11, IsDigit)) return false;
  const int month = Number(number.substr(6, 2)) % 50;
  return IsUpper(number[0]) && IsMonthAndDay(month, Number(number.substr(8, 2)));
}

bool IsGermanTax(std::string_view number) {
  return number[0] != '0' && !IsOneDigitRepeated(number) && Mod11_10Holds(number);
}

bool IsGermanPension(std::string_view number) {
  const int month = Number(number.substr(4, 2));
  const int day = Number(number.substr(2, 2)) % 50;
  if (month > 12 || month == 0 || day > 31) return false;
  const int letter = number[8] - 'A' + 1;
  const std::string digits =
      std::string(number.substr(0, 8)) + static_cast<char>('0' + letter / 10) +
      static_cast<char>('0' + letter % 10) + std::string(number.substr(9, 2));
  constexpr int kFactors[] = {2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1};
  int sum = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    const int product = (digits[i] - '0') * kFactors[i];
    sum += product / 10 + product % 10;
  }
  return sum % 10 == Last(number);
}

bool IsGermanHealth(std::string_view number) {
  const int letter = number[0] - 'A' + 1;
  const std::string digits = std::string(1, static_cast<char>('0' + letter / 10)) +
                             static_cast<char>('0' + letter % 10) +
                             std::string(number.substr(1, 8));
  int sum = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    const int product = (digits[i] - '0') * (i % 2 == 0 ? 1 : 2);
    sum += product / 10 + product % 10;
  }
  return sum % 10 == Last(number);
}

bool IsGermanDocument(std::string_view number) {
  return number.find_first_of("ABDEIOQSU") == std::string_view::npos && IsDigit(number.back()) &&
         IcaoSum(number.substr(0, number.size() - 1)) == Last(number);
}

bool IsGermanPhysician(std::string_view number) {
  return !IsOneDigitRepeated(number.substr(0, 6)) &&
         (10 - Weighted(number, {4, 9, 4, 9, 4, 9}) % 10) % 10 == number[6] - '0';
}

bool IsFrenchInsurance(std::string_view number) {
  std::string digits(number);
  uint64_t corsica = 0;  // 2A and 2B count as 19 and 18
  if (digits[6] == 'A' || digits[6] == 'B') {
    if (digits[5] != '2') return false;
    corsica = digits[6] == 'A' ? 1'000'000 : 2'000'000;
    digits[6] = '0';
  }
  if (!std::all_of(digits.begin(), digits.end(), IsDigit)) return false;
  const int month = Number(digits.substr(3, 2));
  if (digits[0] == '0' || digits[0] == '5' || digits[0] == '6' || digits[0] == '9' || month == 0) {
    return false;
  }
  if (month > 12 && month < 20) return false;
  const uint64_t key = 97 - (LongNumber(digits.substr(0, 13)) - corsica) % 97;
  return key == LongNumber(digits.substr(13));
}

bool IsSpanishId(std::string_view number) {
  const std::string_view digits = number.substr(0, number.size() - 1);
  return Number(digits) != 0 &&
         kSpanishLetters[static_cast<size_t>(Number(digits) % 23)] == number.back();
}

bool IsSpanishForeigner(std::string_view number) {
  if (number[0] < 'X' || number[0] > 'Z') return false;
  const int value = (number[0] - 'X') * 10'000'000 + Number(number.substr(1, 7));
  return kSpanishLetters[static_cast<size_t>(value % 23)] == number.back();
}

bool IsItalianFiscalCode(std::string_view number) {
  constexpr int kOdd[] = {1,  0,  5, 7, 9, 13, 15, 17, 19, 21, 2,  4,  18,
                          20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};
  if (std::string_view("ABCDEHLMPRST").find(number[8]) == std::string_view::npos) return false;
  int sum = 0;
  for (size_t i = 0; i < 15; ++i) {
    const int value = IsDigit(number[i]) ? number[i] - '0' : number[i] - 'A';
    sum += i % 2 == 0 ? kOdd[value] : value;
  }
  return number[15] == 'A' + sum % 26;
}

bool IsItalianVat(std::string_view number) {
  return !IsOneDigitRepeated(number) && number.substr(0, 7) != "0000000" && LuhnHolds(number);
}

bool IsPolishPesel(std::string_view number) {
  return IsMonthAndDay(Number(number.substr(2, 2)) % 20, Number(number.substr(4, 2))) &&
         (10 - Weighted(number, {1, 3, 7, 9, 1, 3, 7, 9, 1, 3}) % 10) % 10 == Last(number);
}

bool IsDutchBsn(std::string_view number) {
  return !IsOneDigitRepeated(number) &&
         (Weighted(number, {9, 8, 7, 6, 5, 4, 3, 2}) - Last(number)) % 11 == 0;
}

bool IsBelgianNational(std::string_view number) {
  const uint64_t front = LongNumber(number.substr(0, 9));
  const uint64_t check = LongNumber(number.substr(9));
  return Number(number.substr(2, 2)) % 20 <= 12 && Number(number.substr(4, 2)) <= 31 &&
         (97 - front % 97 == check || 97 - (2'000'000'000 + front) % 97 == check);
}

bool IsSwedishPersonal(std::string_view number) {
  if (number.size() == 12) {
    const int century = Number(number.substr(0, 2));
    if (century < 18 || century > 20) return false;
    number.remove_prefix(2);
  }
  const int day = Number(number.substr(4, 2));
  return IsMonthAndDay(Number(number.substr(2, 2)), day > 60 ? day - 60 : day) && LuhnHolds(number);
}

bool IsSwedishOrganization(std::string_view number) {
  return number[2] >= '2' && number[0] != '0' && number[0] != '3' && number[0] != '4' &&
         LuhnHolds(number);
}

bool IsNorwegianBirth(std::string_view number) {
  const int day = Number(number.substr(0, 2));
  const int first = (11 - Weighted(number, {3, 7, 6, 1, 8, 9, 4, 5, 2}) % 11) % 11;
  const int second = (11 - Weighted(number, {5, 4, 3, 2, 7, 6, 5, 4, 3, 2}) % 11) % 11;
  return IsMonthAndDay(Number(number.substr(2, 2)) % 40, day > 40 ? day - 40 : day) &&
         first == number[9] - '0' && second == number[10] - '0';
}

bool IsDanishPersonal(std::string_view number) {
  return IsMonthAndDay(Number(number.substr(2, 2)), Number(number.substr(0, 2)));
}

bool IsFinnishPersonal(std::string_view number) {
  constexpr std::string_view kChecks = "0123456789ABCDEFHJKLMNPRSTUVWXY";
  const int value = Number(std::string(number.substr(0, 6)) + std::string(number.substr(6, 3)));
  return IsMonthAndDay(Number(number.substr(2, 2)), Number(number.substr(0, 2))) &&
         kChecks[static_cast<size_t>(value % 31)] == number[9];
}

bool IsPortugueseTax(std::string_view number) {
  const int rest = Weighted(number, {9, 8, 7, 6, 5, 4, 3, 2}) % 11;
  return number[0] != '0' && number[0] != '4' && !IsOneDigitRepeated(number) &&
         (rest < 2 ? 0 : 11 - rest) == Last(number);
}

bool IsSwissInsurance(std::string_view number) {
  return number.substr(0, 3) == "756" &&
         (10 - Weighted(number, {1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3}) % 10) % 10 == Last(number);
}

bool IsTurkishId(std::string_view number) {
  const int odd = Weighted(number, {1, 0, 1, 0, 1, 0, 1, 0, 1});
  const int even = Weighted(number, {0, 1, 0, 1, 0, 1, 0, 1});
  const int tenth = ((odd * 7 - even) % 10 + 10) % 10;
  return number[0] != '0' && tenth == number[9] - '0' &&
         (odd + even + tenth) % 10 == number[10] - '0';
}

bool IsIndianAadhaar(std::string_view number) {
  return number[0] >= '2' && !IsOneDigitRepeated(number) && VerhoeffHolds(number);
}

bool IsIndianPan(std::string_view number) {
  return std::string_view("ABCFGHJLPT").find(number[3]) != std::string_view::npos &&
         number.substr(5, 4) != "0000";
}

bool IsIndianGstin(std::string_view number) {
  const int state = Number(number.substr(0, 2));
  return ((state >= 1 && state <= 37) || state == 97) && number[13] == 'Z' && number[12] != '0';
}

bool IsSingaporeId(std::string_view number) {
  const char series = number[0];
  int sum = Weighted(number.substr(1), {2, 7, 6, 5, 4, 3, 2});
  if (series == 'T' || series == 'G') sum += 4;
  if (series == 'M') sum += 3;
  std::string_view checks;
  if (series == 'S' || series == 'T') checks = "JZIHGFEDCBA";
  if (series == 'F' || series == 'G') checks = "XWUTRQPNMLK";
  if (series == 'M') checks = "XWUTRQPNJLK";
  if (checks.empty()) return false;
  return checks[static_cast<size_t>(sum % 11)] == number[8];
}

bool IsKoreanResident(std::string_view number) {
  // 1, 2, 5 and 6 are people born from 1900 on, of whom none of the first ten years is alive.
  const bool born_before_2000 = std::string_view("1256").find(number[6]) != std::string_view::npos;
  return IsMonthAndDay(Number(number.substr(2, 2)), Number(number.substr(4, 2))) &&
         number[6] != '0' && !(born_before_2000 && number[0] == '0') &&
         (11 - Weighted(number, {2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5}) % 11 +
          (number[6] >= '5' && number[6] <= '8' ? 2 : 0)) %
                 10 ==
             Last(number);
}

bool IsKoreanBusiness(std::string_view number) {
  const int sum = Weighted(number, {1, 3, 7, 1, 3, 7, 1, 3, 5}) + (number[8] - '0') * 5 / 10;
  return (10 - sum % 10) % 10 == Last(number);
}

bool IsThaiId(std::string_view number) {
  // The second and third digit are the province of registration.
  const int province = Number(number.substr(1, 2));
  const bool issued = (province >= 10 && province <= 27) || (province >= 30 && province <= 58) ||
                      (province >= 60 && province <= 67) || (province >= 70 && province <= 77) ||
                      (province >= 80 && province <= 86) || (province >= 90 && province <= 96);
  return number[0] >= '1' && number[0] <= '8' && issued &&
         (11 - Weighted(number, {13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2}) % 11) % 10 ==
             Last(number);
}

bool IsSouthAfricanId(std::string_view number) {
  return IsMonthAndDay(Number(number.substr(2, 2)), Number(number.substr(4, 2))) &&
         number[10] <= '2' && LuhnHolds(number);
}

bool IsAustralianTax(std::string_view number) {
  return !IsOneDigitRepeated(number) && Weighted(number, {1, 4, 3, 7, 5, 8, 6, 9, 10}) % 11 == 0;
}

bool IsAustralianBusiness(std::string_view number) {
  return number[0] != '0' &&
         (Weighted(number, {10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19}) - 10) % 89 == 0;
}

bool IsAustralianCompany(std::string_view number) {
  return !IsOneDigitRepeated(number) &&
         (10 - Weighted(number, {8, 7, 6, 5, 4, 3, 2, 1}) % 10) % 10 == Last(number);
}

bool IsAustralianMedicare(std::string_view number) {
  return number[0] >= '2' && number[0] <= '6' &&
         Weighted(number, {1, 3, 7, 9, 1, 3, 7, 9}) % 10 == number[8] - '0';
}

}  // namespace datamigrate::guardian
