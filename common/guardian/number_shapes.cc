#include "common/guardian/number_shapes.h"

#include <algorithm>
#include <array>
#include <string>

#include "common/guardian/checksums.h"
#include "common/guardian/national_ids.h"

namespace datamigrate::guardian {
namespace {

constexpr std::string_view kAny = " -.";
constexpr std::string_view kDash = "-";
constexpr std::string_view kDashOrSpace = " -";
constexpr std::string_view kDashOrDot = "-.";

constexpr auto kShapes =
    std::to_array<NumberShape>(
        {
            {"personal_data.payment_card", "9999-9999-9999-9999", kAny, Proof::kNone,
             IsPaymentCard},
            {"personal_data.payment_card", "9999-999999-99999", kAny, Proof::kNone, IsPaymentCard},
            {"personal_data.payment_card", "9999-999999-9999", kAny, Proof::kNone, IsPaymentCard},
            {"personal_data.payment_card", "9999-9999-9999-9999-999", kAny, Proof::kNone,
             IsPaymentCard},
            {"personal_data.payment_card", "999999999999", "", Proof::kWord, IsPaymentCard},
            {"personal_data.payment_card", "9999999999999", "", Proof::kWordOrAlone, IsPaymentCard},
            {"personal_data.payment_card", "99999999999999", "", Proof::kNone, IsPaymentCard},
            {"personal_data.payment_card", "999999999999999", "", Proof::kNone, IsPaymentCard},
            {"personal_data.payment_card", "9999999999999999", "", Proof::kNone, IsPaymentCard},
            {"personal_data.payment_card", "99999999999999999", "", Proof::kWordOrAlone,
             IsPaymentCard},
            {"personal_data.payment_card", "999999999999999999", "", Proof::kWordOrAlone,
             IsPaymentCard},
            {"personal_data.payment_card", "9999999999999999999", "", Proof::kWordOrAlone,
             IsPaymentCard},

            {"personal_data.us_social_security", "999-99-9999", kDashOrDot, Proof::kNone,
             IsUsSocialSecurity},
            {"personal_data.us_social_security", "999-99-9999", " ", Proof::kNone,
             IsUsSocialSecurity},
            {"personal_data.us_social_security", "999999999", "", Proof::kWord, IsUsSocialSecurity},
            {"personal_data.us_taxpayer", "999-99-9999", kDashOrSpace, Proof::kNone, IsUsTaxpayer},
            {"personal_data.us_taxpayer", "999-999999", kDash, Proof::kNone, IsUsTaxpayer},
            {"personal_data.us_taxpayer", "99999-9999", kDash, Proof::kWord, IsUsTaxpayer},
            {"personal_data.us_taxpayer", "999999999", "", Proof::kWordOrAlone, IsUsTaxpayer},
            {"personal_data.us_routing_number", "999999999", "", Proof::kWordOrAlone,
             IsUsRoutingNumber},
            {"personal_data.us_routing_number", "9999-9999-9", kDash, Proof::kNone,
             IsUsRoutingNumber},
            {"personal_data.us_provider", "9999999999", "", Proof::kWordOrAlone, IsUsProvider},
            {"personal_data.us_provider", "9999-999-999", kDashOrSpace, Proof::kWordOrAlone,
             IsUsProvider},
            {"personal_data.us_medicare", "9AX9AX9AA99", "", Proof::kNone, IsUsMedicareBeneficiary},
            {"personal_data.us_medicare", "9AX9-AX9-AA99", kDashOrSpace, Proof::kNone,
             IsUsMedicareBeneficiary},
            {"personal_data.ca_social_insurance", "999-999-999", kDash, Proof::kWordOrAlone,
             IsCanadianSocialInsurance},
            {"personal_data.ca_social_insurance", "999-999-999", " ", Proof::kWordOrAlone,
             IsCanadianSocialInsurance},
            {"personal_data.ca_social_insurance", "999999999", "", Proof::kWordOrAlone,
             IsCanadianSocialInsurance},
            {"personal_data.br_cpf", "99999999999", "", Proof::kWordOrAlone, IsBrazilianCpf},
            {"personal_data.br_cnpj", "99999999999999", "", Proof::kWordOrAlone, IsBrazilianCnpj},

            {"personal_data.uk_health", "999-999-9999", kDashOrSpace, Proof::kNone,
             IsBritishHealth},
            {"personal_data.uk_health", "9999999999", "", Proof::kWordOrAlone, IsBritishHealth},
            {"personal_data.uk_national_insurance", "AA999999A", "", Proof::kNone,
             IsBritishInsurance},
            {"personal_data.uk_national_insurance", "AA-99-99-99-A", kDashOrSpace, Proof::kNone,
             IsBritishInsurance},
            {"personal_data.uk_national_insurance", "AA-999999A", kDashOrSpace, Proof::kNone,
             IsBritishInsurance},
            {"personal_data.uk_national_insurance", "AA-999999-A", kDashOrSpace, Proof::kNone,
             IsBritishInsurance},
            {"personal_data.uk_driving_licence", "XXXXX999999XX9AA", "", Proof::kNone,
             IsBritishDriver},
            {"personal_data.uk_driving_licence", "XXXXX999999XXXAA", "", Proof::kNone,
             IsBritishDriver},

            {"personal_data.de_tax_id", "99999999999", "", Proof::kWordOrAlone, IsGermanTax},
            {"personal_data.de_tax_id", "99-999-999-999", " ", Proof::kNone, IsGermanTax},
            {"personal_data.de_tax_number", "99-999-9999", "/", Proof::kWordOrAlone, nullptr},
            {"personal_data.de_tax_number", "99-999-99999", "/", Proof::kWordOrAlone, nullptr},
            {"personal_data.de_tax_number", "99-9999-9999", "/", Proof::kWordOrAlone, nullptr},
            {"personal_data.de_tax_number", "999-999-99999", "/", Proof::kWordOrAlone, nullptr},
            {"personal_data.de_tax_number", "999-9999-9999", "/", Proof::kWordOrAlone, nullptr},
            {"personal_data.de_tax_number", "9999999999999", "", Proof::kWord, nullptr},
            {"personal_data.de_pension_insurance", "99999999A999", "", Proof::kNone,
             IsGermanPension},
            {"personal_data.de_pension_insurance", "99-999999-A-999", " ", Proof::kNone,
             IsGermanPension},
            {"personal_data.de_health_insurance", "A999999999", "", Proof::kWordOrAlone,
             IsGermanHealth},
            {"personal_data.de_document", "AXXXXXXX9", "", Proof::kWordOrAlone, IsGermanDocument},
            {"personal_data.de_document", "AXXXXXXXX9", "", Proof::kWordOrAlone, IsGermanDocument},
            {"personal_data.de_physician", "999999999", "", Proof::kWordOrAlone, IsGermanPhysician},
            {"personal_data.de_vat", "AA999999999", "", Proof::kNone,
             [](std::string_view number) { return number.starts_with("DE") && number[2] != '0'; }},
            {"personal_data.de_vat", "AA-999999999", " ", Proof::kNone,
             [](std::string_view number) { return number.starts_with("DE") && number[2] != '0'; }},
            {"personal_data.de_vat", "AA-999-999-999", " ", Proof::kNone,
             [](std::string_view number) { return number.starts_with("DE") && number[2] != '0'; }},

            {"personal_data.fr_social_insurance", "99999X999999999", "", Proof::kNone,
             IsFrenchInsurance},
            {"personal_data.fr_social_insurance", "9-99-99-9X-999-999-99", kAny, Proof::kNone,
             IsFrenchInsurance},
            {"personal_data.fr_social_insurance", "99999X9999999-99", kDashOrSpace, Proof::kNone,
             IsFrenchInsurance},
            {"personal_data.es_id", "99999999A", "", Proof::kNone, IsSpanishId},
            {"personal_data.es_id", "99999999-A", kDashOrSpace, Proof::kNone, IsSpanishId},
            {"personal_data.es_id", "9999999-A", kDash, Proof::kWordOrAlone, IsSpanishId},
            {"personal_data.es_foreigner", "A9999999A", "", Proof::kNone, IsSpanishForeigner},
            {"personal_data.es_foreigner", "A9999999-A", kDashOrSpace, Proof::kNone,
             IsSpanishForeigner},
            {"personal_data.it_fiscal_code", "AAAAAA99A99A999A", "", Proof::kNone,
             IsItalianFiscalCode},
            {"personal_data.it_fiscal_code", "AAAAAA99A99A999A", "", Proof::kWordOrAlone, nullptr},
            {"personal_data.it_fiscal_code", "AAA-AAA-99A99-A999A", " ", Proof::kNone,
             IsItalianFiscalCode},
            {"personal_data.it_vat", "99999999999", "", Proof::kWordOrAlone, IsItalianVat},
            {"personal_data.pl_pesel", "99999999999", "", Proof::kWordOrAlone, IsPolishPesel},
            {"personal_data.nl_bsn", "999999999", "", Proof::kWord, IsDutchBsn},
            {"personal_data.be_national_number", "99999999999", "", Proof::kWordOrAlone,
             IsBelgianNational},
            {"personal_data.se_personal_number", "999999-9999", "-", Proof::kNone,
             IsSwedishPersonal},
            {"personal_data.se_personal_number", "99999999-9999", "-", Proof::kNone,
             IsSwedishPersonal},
            {"personal_data.se_personal_number", "999999999999", "", Proof::kWordOrAlone,
             IsSwedishPersonal},
            {"personal_data.se_personal_number", "9999999999", "", Proof::kWord, IsSwedishPersonal},
            {"personal_data.se_organization", "999999-9999", "-", Proof::kNone,
             IsSwedishOrganization},
            {"personal_data.se_organization", "9999999999", "", Proof::kWordOrAlone,
             IsSwedishOrganization},
            {"personal_data.no_birth_number", "99999999999", "", Proof::kWordOrAlone,
             IsNorwegianBirth},
            {"personal_data.no_birth_number", "999999-99999", kDashOrSpace, Proof::kNone,
             IsNorwegianBirth},
            {"personal_data.dk_personal_number", "999999-9999", kDashOrSpace, Proof::kWord,
             IsDanishPersonal},
            {"personal_data.dk_personal_number", "9999999999", "", Proof::kWord, IsDanishPersonal},
            {"personal_data.fi_personal_number", "999999-999X", "-", Proof::kNone,
             IsFinnishPersonal},
            {"personal_data.fi_personal_number", "999999A999X", "", Proof::kNone,
             [](std::string_view number) {
               const std::string plain =
                   std::string(number.substr(0, 6)) + std::string(number.substr(7));
               return (number[6] == 'A' || number[6] == 'B') && IsFinnishPersonal(plain);
             }},
            {"personal_data.pt_tax", "999999999", "", Proof::kWord, IsPortugueseTax},
            {"personal_data.pt_tax", "999-999-999", " ", Proof::kWord, IsPortugueseTax},
            {"personal_data.ch_social_insurance", "999-9999-9999-99", kAny, Proof::kNone,
             IsSwissInsurance},
            {"personal_data.ch_social_insurance", "9999999999999", "", Proof::kWordOrAlone,
             IsSwissInsurance},
            {"personal_data.tr_id", "99999999999", "", Proof::kWordOrAlone, IsTurkishId},

            {"personal_data.in_aadhaar", "9999-9999-9999", " -:", Proof::kNone, IsIndianAadhaar},
            {"personal_data.in_aadhaar", "999999999999", "", Proof::kWordOrAlone, IsIndianAadhaar},
            {"personal_data.in_pan", "AAAAA9999A", "", Proof::kNone, IsIndianPan},
            {"personal_data.in_pan", "AAAAA9999A", "", Proof::kWordOrAlone, nullptr},
            {"personal_data.in_gstin", "99AAAAA9999AXAX", "", Proof::kNone, IsIndianGstin},
            {"personal_data.sg_id", "A9999999A", "", Proof::kNone, IsSingaporeId},
            {"personal_data.sg_id", "A9999999A", "", Proof::kWordOrAlone,
             [](std::string_view number) {
               return std::string_view("STFGM").find(number[0]) != std::string_view::npos;
             }},
            {"personal_data.kr_resident", "999999-9999999", "-", Proof::kNone, IsKoreanResident},
            {"personal_data.kr_resident", "9999999999999", "", Proof::kWordOrAlone,
             IsKoreanResident},
            {"personal_data.kr_resident", "999999-9999999", "-", Proof::kWord, nullptr},
            {"personal_data.kr_business", "999-99-99999", "-", Proof::kNone, IsKoreanBusiness},
            {"personal_data.kr_business", "9999999999", "", Proof::kWord, IsKoreanBusiness},
            {"personal_data.th_id", "9999999999999", "", Proof::kWordOrAlone, IsThaiId},
            {"personal_data.th_id", "9-9999-99999-99-9", kDashOrSpace, Proof::kNone, IsThaiId},
            {"personal_data.za_id", "9999999999999", "", Proof::kWordOrAlone, IsSouthAfricanId},
            {"personal_data.za_id", "999999-9999-999", kDashOrSpace, Proof::kNone,
             IsSouthAfricanId},
            {"personal_data.au_tax", "999-999-999", " ", Proof::kWordOrAlone, IsAustralianTax},
            {"personal_data.au_tax", "999999999", "", Proof::kWordOrAlone, IsAustralianTax},
            {"personal_data.au_business", "99-999-999-999", " ", Proof::kNone,
             IsAustralianBusiness},
            {"personal_data.au_business", "99999999999", "", Proof::kWordOrAlone,
             IsAustralianBusiness},
            {"personal_data.au_company", "999-999-999", " ", Proof::kWordOrAlone,
             IsAustralianCompany},
            {"personal_data.au_company", "999999999", "", Proof::kWordOrAlone, IsAustralianCompany},
            {"personal_data.au_medicare", "9999-99999-9", kDashOrSpace, Proof::kNone,
             IsAustralianMedicare},
            {"personal_data.au_medicare", "9999999999", "", Proof::kWordOrAlone,
             IsAustralianMedicare},

            {"personal_data.passport", "A99999999", "", Proof::kWordOrAlone, nullptr},
            {"personal_data.passport", "A9999999", "", Proof::kWordOrAlone, nullptr},
            {"personal_data.passport", "AA9999999", "", Proof::kWordOrAlone, nullptr},
            {"personal_data.passport", "AAA999999", "", Proof::kWordOrAlone, nullptr},
            {"personal_data.passport", "A999A9999", "", Proof::kWord, nullptr},
            {"personal_data.passport", "999999999", "", Proof::kWord, nullptr},
            {"personal_data.passport", "99AA99999", "", Proof::kWord, nullptr},

            {"personal_data.phone_number", "999-999-9999", kAny, Proof::kNone,
             [](std::string_view number) {
               return number[0] >= '2' && number[3] >= '2' && number.substr(1, 2) != "11";
             }},
            {"personal_data.phone_number", "9-999-999-9999", kAny, Proof::kNone,
             [](std::string_view number) {
               return number[0] == '1' && number[1] >= '2' && number[4] >= '2';
             }},
            {"personal_data.phone_number", "9999-999-99-99", kAny, Proof::kNone,
             [](std::string_view number) { return number[0] == '0' && number[1] >= '2'; }},
            {"personal_data.phone_number", "9-999-999-99-99", kAny, Proof::kNone,
             [](std::string_view number) { return number[0] == '0' && number[1] >= '2'; }},
            {"personal_data.phone_number", "999-999-99-99", kAny, Proof::kWordOrAlone,
             [](std::string_view number) { return number[0] >= '2'; }},
            {"personal_data.phone_number", "99-99-99-99-99", kAny, Proof::kNone,
             [](std::string_view number) { return number[0] == '0' && number[1] != '0'; }},
            {"personal_data.phone_number", "9999-999-9999", kAny, Proof::kNone,
             [](std::string_view number) { return number[0] == '0' && number[1] != '0'; }},
            {"personal_data.phone_number", "99999-999999", kDashOrSpace, Proof::kNone,
             [](std::string_view number) { return number[0] == '0' && number[1] != '0'; }},
            {"personal_data.phone_number", "999-9999-9999", kDashOrSpace, Proof::kNone,
             [](std::string_view number) { return number[0] == '0' && number[1] != '0'; }},
            {"personal_data.phone_number", "99-9999-9999", kDashOrSpace, Proof::kWordOrAlone,
             [](std::string_view number) { return number[0] == '0' && number[1] != '0'; }},
            {"personal_data.phone_number", "99-9999999", kDashOrSpace, Proof::kNone,
             [](std::string_view number) {
               return number[0] == '0' && number[1] >= '2' && number[2] >= '2';
             }},
            {"personal_data.phone_number", "999-9999999", kDashOrSpace, Proof::kWordOrAlone,
             [](std::string_view number) { return number[0] == '0' && number[1] != '0'; }},
            {"personal_data.phone_number", "9999-9999999", kDashOrSpace, Proof::kWordOrAlone,
             [](std::string_view number) { return number[0] == '0' && number[1] != '0'; }},
            {"personal_data.phone_number", "99999999999", "", Proof::kWordOrAlone,
             [](std::string_view number) {
               return number[0] == '0' &&
                      (number[1] == '5' || number[1] == '7' || number[1] == '9');
             }},
            {"personal_data.phone_number", "99999999999", "", Proof::kWord, nullptr},
            {"personal_data.phone_number", "9999999999", "", Proof::kWord, nullptr},
            {"personal_data.phone_number", "999-9999", kDash, Proof::kWord, nullptr},
        });

struct NamingWords {
  std::string_view rule;
  std::string_view words;
};

constexpr auto kWords = std::to_array<NamingWords>({
    {"personal_data.payment_card",
     "card|visa|mastercard|amex|credit|debit|karte|carte|tarjeta|carta|cart|karta|kart|pan"},
    {"personal_data.us_social_security", "ssn|social security|soc sec|social-security|ssns"},
    {"personal_data.us_taxpayer", "itin|taxpayer|tax id|tax-id|tin"},
    {"personal_data.us_routing_number", "routing|aba|bank|rtn|transit"},
    {"personal_data.us_provider", "npi|provider|physician"},
    {"personal_data.ca_social_insurance", "sin|social insurance|nas|assurance sociale"},
    {"personal_data.br_cpf", "cpf|cadastro"},
    {"personal_data.br_cnpj", "cnpj|cadastro"},
    {"personal_data.uk_health", "nhs|national health|patient"},
    {"personal_data.de_tax_id",
     "steuer|idnr|steuer-id|identifikationsnummer|tax id|tin|steueridentifikationsnummer"},
    {"personal_data.de_tax_number", "steuernummer|steuer-nr|steuernr|st.-nr|finanzamt|tax number"},
    {"personal_data.de_health_insurance",
     "krankenkasse|kvnr|egk|versichertennummer|krankenversicherung|krankenversichertennummer|"
     "health insurance"},
    {"personal_data.de_document",
     "personalausweis|ausweis|ausweisnummer|reisepass|pass|passport|id card|passnummer"},
    {"personal_data.de_physician", "lanr|arztnummer|arzt|physician"},
    {"personal_data.es_id", "dni|nif|documento"},
    {"personal_data.wallet", "wallet|eth|ethereum|crypto"},
    {"personal_data.it_vat", "iva|p.iva|partita|vat"},
    {"personal_data.pl_pesel", "pesel"},
    {"personal_data.nl_bsn", "bsn|burgerservicenummer|sofinummer|sofi"},
    {"personal_data.be_national_number",
     "rijksregister|registre national|national number|rijksregisternummer|nrn|insz|niss"},
    {"personal_data.se_personal_number",
     "personnummer|personal identity|personal number|samordningsnummer"},
    {"personal_data.se_organization",
     "organisationsnummer|org.nr|orgnr|company identity|organization number|company"},
    {"personal_data.no_birth_number", "fødselsnummer|fodselsnummer|personnummer|d-nummer|fnr"},
    {"personal_data.dk_personal_number", "cpr|cpr-nummer|personnummer|cpr-nr"},
    {"personal_data.pt_tax", "nif|contribuinte|fiscal|tax"},
    {"personal_data.ch_social_insurance", "ahv|avs|sozialversicherung|assurance sociale"},
    {"personal_data.tr_id", "tckn|kimlik|turkish id|tc no|t.c|vatandaş|national id"},
    {"personal_data.in_aadhaar", "aadhaar|aadhar|uidai|uid"},
    {"personal_data.in_pan", "pan|permanent account|income tax"},
    {"personal_data.kr_resident",
     "rrn|frn|resident registration|foreigner registration|주민|주민등록번호|외국인등록번호"},
    {"personal_data.kr_business", "brn|business registration|사업자|사업자등록번호"},
    {"personal_data.sg_id", "nric|fin|identity card"},
    {"personal_data.it_fiscal_code", "codice fiscale|cf|fiscal"},
    {"personal_data.th_id", "thai|tnin|บัตรประชาชน|เลขประจำตัว|national id"},
    {"personal_data.za_id",
     "south african|sa id|rsa id|identity number|id number|resident number|id no"},
    {"personal_data.au_tax", "tfn|tax file"},
    {"personal_data.au_business", "abn|business number"},
    {"personal_data.au_company", "acn|company number"},
    {"personal_data.au_medicare", "medicare"},
    {"personal_data.passport",
     "passport|pasaporte|passeport|reisepass|passaporto|passaporte|paspoort|paszport|pasaport|"
     "паспорт|travel document|여권|护照|パスポート|passports|pass"},
    {"personal_data.phone_number",
     "phone|tel|telephone|mobile|cell|fax|call|sms|whatsapp|contact|telefon|telefono|teléfono|"
     "téléphone|telefone|telepono|celular|cep|gsm|handy|rufnummer|telefonnummer|numaram|phones|"
     "電話|电话|手机|전화|телефон"},
});

}  // namespace

std::span<const NumberShape> NumberShapes() {
  return kShapes;
}

std::string_view WordsThatName(std::string_view rule) {
  const auto row = std::find_if(kWords.begin(), kWords.end(),
                                [rule](const NamingWords& words) { return words.rule == rule; });
  return row == kWords.end() ? std::string_view() : row->words;
}

}  // namespace datamigrate::guardian
