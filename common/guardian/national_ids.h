// Check digits, dates and reserved ranges of numbers that states and banks give to people.
//
// Each takes the number without separators, letters in upper case, already of the right length and
// of the right classes (digit or letter) at each place, and says whether it can have been issued.
// Pure functions, safe from any thread.
#ifndef DATAMIGRATE_COMMON_GUARDIAN_NATIONAL_IDS_H_
#define DATAMIGRATE_COMMON_GUARDIAN_NATIONAL_IDS_H_

#include <string_view>

namespace datamigrate::guardian {

// ISO/IEC 7812: Luhn, and a length that the issuer of that range uses.
bool IsPaymentCard(std::string_view number);

bool IsUsSocialSecurity(std::string_view number);       // no area 000, 666 or 9xx
bool IsUsTaxpayer(std::string_view number);             // ITIN: 9xx, groups 50-65, 70-88, 90-99
bool IsUsRoutingNumber(std::string_view number);        // ABA: weights 3 7 1
bool IsUsProvider(std::string_view number);             // NPI: Luhn after 80840
bool IsUsMedicareBeneficiary(std::string_view number);  // MBI: no S, L, O, I, B, Z
bool IsCanadianSocialInsurance(std::string_view number);
bool IsBrazilianCpf(std::string_view number);
bool IsBrazilianCnpj(std::string_view number);

bool IsBritishHealth(std::string_view number);     // NHS: modulus 11
bool IsBritishInsurance(std::string_view number);  // NINO: prefixes that are issued
bool IsBritishDriver(std::string_view number);     // month and day of birth
bool IsGermanTax(std::string_view number);         // ISO 7064 MOD 11,10
bool IsGermanPension(std::string_view number);     // RVNR
bool IsGermanHealth(std::string_view number);      // KVNR
bool IsGermanDocument(std::string_view number);    // ICAO 9303 check digit at the end
bool IsGermanPhysician(std::string_view number);   // LANR
bool IsFrenchInsurance(std::string_view number);   // INSEE: 97 - n mod 97
bool IsSpanishId(std::string_view number);         // NIF: letter by modulus 23
bool IsSpanishForeigner(std::string_view number);  // NIE
bool IsItalianFiscalCode(std::string_view number);
bool IsItalianVat(std::string_view number);
bool IsPolishPesel(std::string_view number);
bool IsDutchBsn(std::string_view number);
bool IsBelgianNational(std::string_view number);
bool IsSwedishPersonal(std::string_view number);  // 10 or 12 digits
bool IsSwedishOrganization(std::string_view number);
bool IsNorwegianBirth(std::string_view number);
bool IsDanishPersonal(std::string_view number);  // date only: no check digit since 2007
bool IsFinnishPersonal(std::string_view number);
bool IsPortugueseTax(std::string_view number);
bool IsSwissInsurance(std::string_view number);  // AHV: EAN-13 with 756
bool IsTurkishId(std::string_view number);

bool IsIndianAadhaar(std::string_view number);   // Verhoeff
bool IsIndianPan(std::string_view number);       // kind of holder in the fourth place
bool IsIndianGstin(std::string_view number);     // state, PAN and Z
bool IsSingaporeId(std::string_view number);     // NRIC and FIN
bool IsKoreanResident(std::string_view number);  // RRN
bool IsKoreanBusiness(std::string_view number);
bool IsThaiId(std::string_view number);
bool IsSouthAfricanId(std::string_view number);
bool IsAustralianTax(std::string_view number);
bool IsAustralianBusiness(std::string_view number);
bool IsAustralianCompany(std::string_view number);
bool IsAustralianMedicare(std::string_view number);

}  // namespace datamigrate::guardian

#endif  // DATAMIGRATE_COMMON_GUARDIAN_NATIONAL_IDS_H_
