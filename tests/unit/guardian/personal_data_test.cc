// Personal numbers and addresses, and the numbers of ordinary data beside them.
#include <catch2/catch.hpp>

#include <set>
#include <string>
#include <vector>

#include "common/guardian/checksums.h"
#include "common/guardian/naming_words.h"
#include "common/guardian/national_ids.h"
#include "common/guardian/network_addresses.h"
#include "common/guardian/number_shapes.h"
#include "common/guardian/personal_numbers.h"
#include "common/guardian/rule.h"

namespace datamigrate::guardian {
namespace {

// "payment_card 4111..." for each finding.
std::vector<std::string> Find(std::string_view text) {
  std::vector<Finding> findings;
  FindPersonalNumbers(text, findings);
  std::vector<std::string> found;
  for (const Finding& finding : findings) {
    REQUIRE(finding.rule != nullptr);
    found.push_back(std::string(finding.rule->id.substr(finding.rule->id.find('.') + 1)) + " " +
                    std::string(text.substr(finding.offset, finding.length)));
  }
  return found;
}

using Found = std::vector<std::string>;

TEST_CASE("payment cards have an issuer, a length and a check digit") {
  CHECK(Find("card 4111 1111 1111 1111 please") == Found{"payment_card 4111 1111 1111 1111"});
  CHECK(Find("4111-1111-1111-1111") == Found{"payment_card 4111-1111-1111-1111"});
  CHECK(Find("x,5105105105105100,y") == Found{"payment_card 5105105105105100"});
  CHECK(Find("3782 822463 10005") == Found{"payment_card 3782 822463 10005"});
  CHECK(Find("4111111111111112").empty());
  CHECK(Find("0.4111111111111111").empty());
  CHECK(Find("7111111111111111").empty());
  CHECK(Find("id_4111111111111111").empty());
  CHECK(Find("4111-1111 1111-1111").empty());
}

TEST_CASE("IBANs have their country's length and modulo 97") {
  CHECK(Find("IBAN GB82 WEST 1234 5698 7654 32.") == Found{"iban GB82 WEST 1234 5698 7654 32"});
  CHECK(Find("DE89370400440532013000") == Found{"iban DE89370400440532013000"});
  CHECK(Find("DE89370400440532013001").empty());
  CHECK(Find("XX89370400440532013000").empty());
}

TEST_CASE("phone numbers have a country code, separators or a word that names them") {
  CHECK(Find("call +49 30 1234567 now") == Found{"phone_number +49 30 1234567"});
  CHECK(Find("(415) 555-0132") == Found{"phone_number (415) 555-0132"});
  CHECK(Find("415.555.0132") == Found{"phone_number 415.555.0132"});
  CHECK(Find("CustomerPhone 4155550132") == Found{"phone_number 4155550132"});
  CHECK(Find("Telefon: 0301234567") == Found{"phone_number 0301234567"});
  CHECK(Find("order 4155550132 was sent").empty());
  CHECK(Find("a+1234567890").empty());
  CHECK(Find("115-555-0132").empty());
}

TEST_CASE("mailboxes have a domain, and a variable of T-SQL is none") {
  CHECK(Find("write to info@corp-mail.de, please") == Found{"email_address info@corp-mail.de"});
  CHECK(Find("a@xn--80ak6aa92e.com") == Found{"email_address a@xn--80ak6aa92e.com"});
  CHECK(Find("SET @name = @first+@last; EXEC p @a.b").empty());
  CHECK(Find("someone@example.com").empty());  // RFC 2606
  CHECK(Find("wasbs://data@account.blob.core.windows.net/").empty());
  CHECK(Find("root@localhost").empty());
}

TEST_CASE("addresses of networks are told from versions, times and code") {
  CHECK(Find("host 192.168.10.7:8080") == Found{"ip_address 192.168.10.7"});
  CHECK(Find("[2001:db8::8a2e:370:7334]:443") == Found{"ip_address 2001:db8::8a2e:370:7334"});
  CHECK(Find("::ffff:10.1.2.3") == Found{"ip_address ::ffff:10.1.2.3"});
  CHECK(Find("00:1a:2b:3c:4d:5e") == Found{"mac_address 00:1a:2b:3c:4d:5e"});
  CHECK(Find("AB-CD-EF-01-23-45") == Found{"mac_address AB-CD-EF-01-23-45"});
  CHECK(Find("001a.2b3c.4d5e") == Found{"mac_address 001a.2b3c.4d5e"});
  for (const char* harmless :
       {"Version=4.0.0.0", "version 12.3.4.5", "v1.2.3.4", "1.2.3.4.5", "300.1.1.1", "1.2.3.04",
        "12:34:56", "2024-01-02 12:34:56.789", "std::vector<int>", "00:00:00:00:00:00",
        "2001::db8::1", "geography::Point(47.65, -122.34, 4326)"}) {
    CAPTURE(harmless);
    CHECK(Find(harmless).empty());
  }
}

TEST_CASE("wallets have a checksum") {
  CHECK(Find("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa") ==
        Found{"wallet 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"});
  CHECK(Find("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb").empty());
  CHECK(Find("pay bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4 now").size() == 1);
  CHECK(Find("pay bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5 now").empty());
  CHECK(Find("x 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed y").size() == 1);  // EIP-55
  CHECK(Find("x 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD y").empty());
  CHECK(Find("x 0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed y").empty());  // as SHA-1 is written
}

TEST_CASE("numbers of common shapes need a word near, or to be all of the text") {
  const std::string sin = "130692544";
  CHECK(Find(sin).size() == 1);
  CHECK(Find("mon NAS est " + sin) == Found{"ca_social_insurance " + sin});
  CHECK(Find("INSERT INTO t VALUES (" + sin + ", 5)").empty());
  CHECK(Find("OBJECT_ID " + sin + " in the log").empty());
  CHECK(Find("SSN 536904399") == Found{"us_social_security 536904399"});
  CHECK(Find("536-90-4399") == Found{"us_social_security 536-90-4399"});
  CHECK(Find("the row 536904399 is missing").empty());
  CHECK(Find("000-12-3456").empty());
  CHECK(Find("078-05-1120").empty());
}

TEST_CASE("ids of many countries are known by shape and check digit") {
  struct Id {
    std::string text;
    std::string rule;
  };
  for (const Id& id : std::vector<Id>{{"943 476 5919", "uk_health"},
                                      {"QQ123456C", ""},  // a prefix that is never issued
                                      {"AB 12 34 56 C", "uk_national_insurance"},
                                      {"PESEL 44051401359", "pl_pesel"},
                                      {"12345678Z", "es_id"},
                                      {"X1234567L", "es_foreigner"},
                                      {"RSSMRA85T10A562S", "it_fiscal_code"},
                                      {"756.9217.0769.85", "ch_social_insurance"},
                                      {"131052-308T", "fi_personal_number"},
                                      {"85.07.30-033.28", "be_national_number"},
                                      {"BSN 111222333", "nl_bsn"},
                                      {"811228-9874", "se_personal_number"},
                                      {"2 55 08 14 168 025 38", "fr_social_insurance"},
                                      {"529.982.247-25", "br_cpf"},
                                      {"11.222.333/0001-81", "br_cnpj"},
                                      {"51 824 753 556", "au_business"},
                                      {"S1234567D", "sg_id"},
                                      {"NPI 1234567893", "us_provider"},
                                      {"1EG4-TE5-MK72", "us_medicare"},
                                      {"10000000146", "tr_id"},
                                      {"27AAPFU0939F1ZV", "in_gstin"}}) {
    CAPTURE(id.text);
    const std::vector<std::string> found = Find(id.text);
    if (id.rule.empty()) {
      CHECK(found.empty());
      continue;
    }
    REQUIRE(found.size() == 1);
    CHECK(found[0].substr(0, found[0].find(' ')) == id.rule);
  }
}

TEST_CASE("of ten last digits one holds") {
  struct Check {
    std::string front;
    bool (*holds)(std::string_view);
  };
  for (const Check& check : {Check{"411111111111111", LuhnHolds},
                             {"23456789012", VerhoeffHolds},
                             {"1234567890", Mod11_10Holds}}) {
    int held = 0;
    for (char last = '0'; last <= '9'; ++last) held += check.holds(check.front + last);
    CAPTURE(check.front);
    CHECK(held == 1);
  }
}

TEST_CASE("Verhoeff notices two digits that changed places") {
  const std::string number = "2363";  // Verhoeff's own example
  CHECK(VerhoeffHolds(number));
  CHECK_FALSE(VerhoeffHolds("3263"));
  CHECK_FALSE(VerhoeffHolds("2633"));
}

TEST_CASE("a script full of keys, dates and GUIDs holds no personal data") {
  CHECK(Find("INSERT INTO Sales.Orders VALUES (43659, '2011-05-31 00:00:00', 20565.6206, "
             "'6F9619FF-8B86-D011-B42D-00C04FC964FF', 1045, N'SO43659', 802124553, "
             "0x0102030405060708090A)")
            .empty());
  CHECK(Find("-- Build 15.0.2000.5, 2019/11/04 14:22:05, 100,000,000 rows, 9223372036854775807")
            .empty());
  CHECK(Find("DECIMAL(38, 10) CHECKSUM(1, 2) 1e308 -2147483648 0.1234567890123456").empty());
}

TEST_CASE("a word names a number when it begins where a word begins") {
  CHECK(IsWordNear("phone 5", 6, 7, "phone|tel"));
  CHECK(IsWordNear("CustomerPhone 5", 14, 15, "phone"));
  CHECK(IsWordNear("5 (Tel.)", 0, 1, "tel"));
  CHECK_FALSE(IsWordNear("microphone 5", 11, 12, "phone"));
  CHECK_FALSE(IsWordNear("telling 5", 8, 9, "tel"));
  CHECK_FALSE(IsWordNear("phone" + std::string(60, ' ') + "5", 65, 66, "phone"));
}

TEST_CASE("every shape has a row, and every row of the scan a shape or a scan of its own") {
  std::set<std::string_view> rows;
  for (const Rule& rule : PersonalDataRules()) {
    CAPTURE(rule.id);
    CHECK(rows.insert(rule.id).second);
    CHECK_FALSE(rule.title.empty());
    CHECK_FALSE(rule.reference.empty());
  }
  for (const NumberShape& shape : NumberShapes()) {
    CAPTURE(shape.rule, shape.pattern);
    CHECK(rows.contains(shape.rule));
    if (shape.proof != Proof::kNone) CHECK_FALSE(WordsThatName(shape.rule).empty());
    if (shape.proof == Proof::kNone) CHECK(shape.check != nullptr);
  }
}

TEST_CASE("hostile digits cost no more than their length") {
  for (const std::string& unit :
       {std::string("1"), std::string("1-"), std::string("12:"), std::string("+1 "),
        std::string("GB82 "), std::string("a@"), std::string("4012 8888 "), std::string("::1")}) {
    std::string text;
    while (text.size() < 2'000'000) text += unit;
    CAPTURE(unit);
    CHECK(Find(text).size() <= text.size() / 4);
  }
}

}  // namespace
}  // namespace datamigrate::guardian
