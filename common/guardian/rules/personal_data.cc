// Personal data: what FindPersonalNumbers() finds (rows without anchors) and what a literal leads
// to.
#include <array>

#include "common/guardian/rule.h"

namespace datamigrate::guardian {
namespace {

// A row of FindPersonalNumbers().
constexpr Rule Scanned(std::string_view id, std::string_view title, std::string_view reference) {
  return {id, "", 0, 0, "", nullptr, title, reference};
}

constexpr auto kRules = std::to_array<Rule>({
    Scanned("personal_data.payment_card", "A payment card number", "ISO/IEC 7812-1"),
    Scanned(
        "personal_data.iban", "An IBAN",
        "ISO 13616; "
        "https://www.swift.com/standards/data-standards/iban-international-bank-account-number"),
    Scanned("personal_data.email_address", "An e-mail address", "RFC 5321 section 4.1.2"),
    Scanned("personal_data.phone_number", "A phone number",
            "ITU-T E.164; https://www.itu.int/oth/T0202.aspx?parent=T0202"),
    Scanned("personal_data.ip_address", "An IP address", "RFC 791; RFC 4291 section 2.2"),
    Scanned("personal_data.mac_address", "A MAC address", "IEEE 802 section 8"),
    Scanned("personal_data.wallet", "A Bitcoin, Litecoin or Ethereum address",
            "https://github.com/bitcoin/bips/blob/master/bip-0173.mediawiki; "
            "https://eips.ethereum.org/EIPS/eip-55"),
    Scanned("personal_data.passport", "A passport number", "ICAO 9303 part 4"),
    Scanned("personal_data.us_social_security", "A US social security number",
            "https://www.ssa.gov/employer/randomization.html"),
    Scanned("personal_data.us_taxpayer", "A US individual taxpayer number (ITIN)",
            "https://www.irs.gov/individuals/individual-taxpayer-identification-number"),
    Scanned("personal_data.us_routing_number", "A US bank routing number",
            "https://www.aba.com/about-us/routing-number"),
    Scanned("personal_data.us_provider", "A US health provider number (NPI)",
            "https://www.cms.gov/regulations-and-guidance/administrative-simplification/"
            "nationalprovidentstand"),
    Scanned("personal_data.us_medicare", "A US Medicare number (MBI)",
            "https://www.cms.gov/medicare/new-medicare-card/understanding-the-mbi.pdf"),
    Scanned("personal_data.ca_social_insurance", "A Canadian social insurance number",
            "https://www.canada.ca/en/employment-social-development/services/sin.html"),
    Scanned("personal_data.br_cpf", "A Brazilian CPF",
            "https://www.gov.br/receitafederal/pt-br/assuntos/cadastros/cpf"),
    Scanned("personal_data.br_cnpj", "A Brazilian CNPJ",
            "https://www.gov.br/receitafederal/pt-br/assuntos/cadastros/cnpj"),
    Scanned("personal_data.uk_health", "A UK NHS number",
            "https://www.datadictionary.nhs.uk/attributes/nhs_number.html"),
    Scanned("personal_data.uk_national_insurance", "A UK national insurance number",
            "https://www.gov.uk/hmrc-internal-manuals/national-insurance-manual/nim39110"),
    Scanned("personal_data.uk_driving_licence", "A UK driving licence number",
            "https://www.gov.uk/dvla-driving-licence"),
    Scanned("personal_data.de_tax_id", "A German tax id", "AO section 139b; ISO 7064"),
    Scanned("personal_data.de_tax_number", "A German tax number",
            "https://www.elster.de/eportal/infoseite/steuernummer"),
    Scanned("personal_data.de_pension_insurance", "A German pension insurance number",
            "VKVV section 2"),
    Scanned("personal_data.de_health_insurance", "A German health insurance number",
            "SGB V section 290"),
    Scanned("personal_data.de_document", "A German id card or passport number",
            "ICAO 9303 part 3 section 4.9"),
    Scanned("personal_data.de_physician", "A German physician's number (LANR)",
            "https://www.kbv.de"),
    Scanned("personal_data.de_vat", "A German VAT number", "UStG section 27a"),
    Scanned("personal_data.fr_social_insurance", "A French social security number",
            "https://www.insee.fr/en/metadonnees/definition/c1409"),
    Scanned("personal_data.es_id", "A Spanish NIF", "https://www.interior.gob.es"),
    Scanned("personal_data.es_foreigner", "A Spanish NIE", "https://www.interior.gob.es"),
    Scanned("personal_data.it_fiscal_code", "An Italian codice fiscale", "DM 23 December 1976"),
    Scanned("personal_data.it_vat", "An Italian VAT number", "https://www.agenziaentrate.gov.it"),
    Scanned("personal_data.pl_pesel", "A Polish PESEL",
            "https://www.gov.pl/web/gov/czym-jest-numer-pesel"),
    Scanned("personal_data.nl_bsn", "A Dutch BSN", "https://www.rvig.nl/bsn"),
    Scanned("personal_data.be_national_number", "A Belgian national number",
            "https://www.ibz.rrn.fgov.be"),
    Scanned("personal_data.se_personal_number", "A Swedish personal identity number",
            "https://skatteverket.se"),
    Scanned("personal_data.se_organization", "A Swedish organization number",
            "https://skatteverket.se"),
    Scanned("personal_data.no_birth_number", "A Norwegian birth number",
            "https://www.skatteetaten.no"),
    Scanned("personal_data.dk_personal_number", "A Danish CPR number", "https://cpr.dk"),
    Scanned("personal_data.fi_personal_number", "A Finnish personal identity code",
            "https://dvv.fi/en/personal-identity-code"),
    Scanned("personal_data.pt_tax", "A Portuguese NIF", "https://www.portaldasfinancas.gov.pt"),
    Scanned("personal_data.ch_social_insurance", "A Swiss AHV number", "https://www.zas.admin.ch"),
    Scanned("personal_data.tr_id", "A Turkish id number", "https://www.nvi.gov.tr"),
    Scanned("personal_data.in_aadhaar", "An Indian Aadhaar number", "https://uidai.gov.in"),
    Scanned("personal_data.in_pan", "An Indian PAN", "https://incometaxindia.gov.in"),
    Scanned("personal_data.in_gstin", "An Indian GSTIN", "https://www.gst.gov.in"),
    Scanned("personal_data.sg_id", "A Singapore NRIC or FIN", "https://www.ica.gov.sg"),
    Scanned("personal_data.kr_resident", "A Korean resident registration number",
            "https://www.mois.go.kr"),
    Scanned("personal_data.kr_business", "A Korean business registration number",
            "https://www.nts.go.kr"),
    Scanned("personal_data.th_id", "A Thai id number", "https://www.bora.dopa.go.th"),
    Scanned("personal_data.za_id", "A South African id number", "https://www.dha.gov.za"),
    Scanned("personal_data.au_tax", "An Australian tax file number", "https://www.ato.gov.au"),
    Scanned("personal_data.au_business", "An Australian business number",
            "https://abr.business.gov.au/Help/AbnFormat"),
    Scanned("personal_data.au_company", "An Australian company number", "https://asic.gov.au"),
    Scanned("personal_data.au_medicare", "An Australian Medicare number",
            "https://www.servicesaustralia.gov.au/medicare"),
    {"personal_data.unspecified_address", "ipv6|unspecified", 0, 24,
     R"((?i)(?:ipv6|unspecified)[^\n:]{0,12}\s(::)(?:[\s/.,]|$))", nullptr,
     "The unspecified IPv6 address", "RFC 4291 section 2.5.2"},
});

}  // namespace

std::span<const Rule> PersonalDataRules() {
  return kRules;
}

}  // namespace datamigrate::guardian
