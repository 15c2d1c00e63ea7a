// Secrets by format, and the look-alikes beside them.
#include <catch2/catch.hpp>

#include <re2/re2.h>

#include <set>
#include <string>
#include <vector>

#include "common/crypto/encoding.h"
#include "common/guardian/entropy.h"
#include "common/guardian/rule.h"
#include "common/guardian/unanchored_secrets.h"
#include "tests/unit/guardian/rule_matching.h"

namespace datamigrate::guardian {
namespace {

std::string Hex(size_t length) {
  return RandomText(length, kHex, 7);
}
std::string Mixed(size_t length) {
  return RandomText(length, kBase62, 11);
}

const std::string kUuid = Hex(8) + "-" + Hex(4) + "-" + Hex(4) + "-" + Hex(4) + "-" + Hex(12);

bool Matches(const std::string& rule, const std::string& text) {
  return MatchingRules(SecretRules(), text).contains(rule);
}

std::vector<std::string> Unanchored(std::string_view text) {
  std::vector<Finding> findings;
  FindUnanchoredSecrets(text, findings);
  std::vector<std::string> found;
  for (const Finding& finding : findings) {
    found.push_back(std::string(finding.rule->id) + " " +
                    std::string(text.substr(finding.offset, finding.length)));
  }
  return found;
}

struct Token {
  std::string rule;
  std::string text;
};

TEST_CASE("a token is known by its issuer's prefix, alphabet and length") {
  const std::vector<Token> tokens = {
      {"aws_access_key_id", "AKIA" + RandomText(16, kBase32)},
      {"google_oauth_client_secret", "GOCSPX-" + Mixed(28)},
      {"azure_client_secret", Mixed(3) + "8Q~" + Mixed(34)},
      {"azure_devops_token", Mixed(76) + "AZDO" + Mixed(4)},
      {"digitalocean_token", "dop_v1_" + Hex(64)},
      {"heroku_key", "HRKU-AA" + Mixed(58)},
      {"databricks_token", "dapi" + Hex(32)},
      {"dbt_cloud_token", "dbtu_" + Mixed(40)},
      {"github_token", "ghp_" + Mixed(36)},
      {"github_fine_grained_token", "github_pat_" + Mixed(22) + "_" + Mixed(59)},
      {"gitlab_token", "glpat-" + Mixed(20)},
      {"npm_token", "npm_" + Mixed(36)},
      {"rubygems_key", "rubygems_" + Hex(48)},
      {"docker_token", "dckr_pat_" + Mixed(27)},
      {"vault_token", "hvs." + Mixed(95)},
      {"terraform_token", Mixed(14) + ".atlasv1." + Mixed(64)},
      {"pulumi_token", "pul-" + Hex(40)},
      {"doppler_token", "dp.pt." + Mixed(43)},
      {"openshift_token", "sha256~" + Mixed(43)},
      {"grafana_token", "glsa_" + Mixed(32) + "_" + Hex(8)},
      {"newrelic_key", "NRAK-" + RandomText(27, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")},
      {"sentry_token", "sntryu_" + Hex(64)},
      {"openai_key", "sk-proj-" + Mixed(40) + "T3BlbkFJ" + Mixed(40)},
      {"anthropic_key", "sk-ant-api03-" + Mixed(93) + "AA"},
      {"huggingface_token", "hf_" + RandomText(34, kLetters)},
      {"groq_key", "gsk_" + Mixed(52)},
      {"slack_token", "xoxb-123456789012-123456789012-" + Mixed(24)},
      {"slack_webhook",
       "https://hooks.slack.com/services/T" + Mixed(9) + "/B" + Mixed(9) + "/" + Mixed(24)},
      {"telegram_bot_token", "7213808860:AA" + Mixed(33)},
      {"sendgrid_key", "SG." + Mixed(22) + "." + Mixed(43)},
      {"mailchimp_key", Hex(32) + "-us12"},
      {"stripe_key", "sk_live_" + Mixed(24)},
      {"square_token", "sq0atp-" + Mixed(22)},
      {"shopify_token", "shpat_" + Hex(32)},
      {"linear_key", "lin_api_" + Mixed(40)},
      {"notion_token", "ntn_12345678901" + Mixed(35)},
      {"airtable_token", "pat" + Mixed(14) + "." + Hex(64)},
      {"figma_token", "figd_" + Mixed(40)},
      {"postman_key", "PMAK-" + Hex(24) + "-" + Hex(34)},
      {"age_key", "AGE-SECRET-KEY-1" + RandomText(58, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L")},
  };
  for (const Token& token : tokens) {
    CAPTURE(token.rule);
    const std::string rule = "secret." + token.rule;
    CHECK(Matches(rule, token.text));
    CHECK(Matches(rule, "the key is \"" + token.text + "\", keep it"));
    // One letter more in front makes it part of another word, and a mask is no token.
    CHECK_FALSE(Matches(rule, "x" + token.text.substr(0, 6)));
    CHECK_FALSE(Matches(rule, token.text.substr(0, 5) + std::string(token.text.size() - 5, 'x')));
  }
}

TEST_CASE("a key without a prefix counts beside its issuer's name") {
  const std::vector<Token> tokens = {
      {"snyk_token", "SNYK_TOKEN = \"" + kUuid + "\""},
      {"assigned_heroku_key", "heroku_api_key: " + kUuid},
      {"datadog_key", "DD_API_KEY=" + Hex(32)},
      {"sonar_token", "sonar.login=" + Hex(40)},
      {"meraki_key", "meraki_key = '" + Hex(40) + "'"},
      {"okta_token", "oktaApiToken: \"00" + Mixed(40) + "\""},
      {"aws_secret_access_key", "aws_secret_access_key = " + Mixed(40)},
      {"azure_storage_key", "AccountName=a;AccountKey=" + Mixed(86) + "==;"},
  };
  for (const Token& token : tokens) {
    CAPTURE(token.rule);
    CHECK(Matches("secret." + token.rule, token.text));
  }
  CHECK_FALSE(Matches("secret.okta_token", "rookTable = 00" + Mixed(40)));
  CHECK_FALSE(Matches("secret.meraki_key", "CameraKit: " + Hex(40)));
}

TEST_CASE("passwords are found where a password stands") {
  const std::string password = "Tr4il" + std::string("-Mix") + "9z";
  CHECK(MatchOf(SecretRules(), "secret.connection_string",
                "Server=db1;Database=Sales;User Id=etl;Password=" + password + ";Encrypt=true") ==
        password);
  CHECK(MatchOf(SecretRules(), "secret.connection_string_password_first",
                "Pwd=" + password + ";Server=db1") == password);
  CHECK(MatchOf(SecretRules(), "secret.sql_password",
                "CREATE LOGIN etl WITH PASSWORD = N'" + password + "'") == password);
  CHECK(MatchOf(SecretRules(), "secret.url_password",
                "postgresql://etl:" + password + "@db1:5432/sales") == password);
  CHECK(Matches("secret.curl_user", "curl -u etl:" + password + " https://db1"));
  CHECK(Matches("secret.command_password", "sqlcmd -S db1 -U etl -P " + password));

  for (const std::string& harmless :
       {std::string("CREATE LOGIN etl WITH PASSWORD = N'<password>'"),
        std::string("Server=db1;User Id=etl;Password=${DB_PASSWORD};"),
        std::string("Server=db1;User Id=etl;Password=<your password>;"),
        std::string("ALTER LOGIN etl WITH PASSWORD = @password"),
        std::string("curl -u \"${user}:${password}\" https://db1"),
        std::string("curl -u <user:password> https://db1"),
        std::string("password = os.environ['DB_PASSWORD']"),
        std::string("the password must have twelve characters: letters, digits and signs"),
        std::string("https://example.org:8443/path@2"),
        std::string("SELECT PasswordHash, PasswordSalt FROM Person.Password")}) {
    CAPTURE(harmless);
    CHECK(MatchingRules(SecretRules(), harmless).empty());
  }
}

TEST_CASE("a value assigned to a name like api_key counts when it is random") {
  CHECK(Matches("secret.assigned_secret", "api_key = \"" + Mixed(32) + "\""));
  CHECK(Matches("secret.assigned_secret", "\"client_secret\" : \"" + Hex(64) + "\","));
  for (const std::string& harmless :
       {std::string("api_key = \"insert_key_here\""),
        std::string("SECRET_NAME = \"prod-gpt4-key\""),
        std::string("access_token_url = 'https://example.org/token'"),
        std::string("token = request.headers[0]"), std::string("GITHUB_API_KEY=\nOTHER_KEY="),
        std::string("public_key = \"") + Mixed(40) + "\"",
        std::string("schemaKey = 'DOC_Vector_5_32'"),
        std::string("secret = xxxxxxxxxxxxxxxxxxxx1")}) {
    CAPTURE(harmless);
    CHECK_FALSE(Matches("secret.assigned_secret", harmless));
  }
}

TEST_CASE("a JSON web token is one whose header is JSON") {
  const std::string header = crypto::Base64UrlEncode(R"({"alg":"HS256","typ":"JWT"})");
  const std::string payload = crypto::Base64UrlEncode(R"({"sub":"1234567890"})");
  const std::string token = header + "." + payload + "." + Mixed(43);
  CHECK(Unanchored("Authorization: Bearer " + token + "\n") ==
        std::vector<std::string>{"secret.json_web_token " + token});
  CHECK(Unanchored(header + "." + payload).size() == 1);
  CHECK(Unanchored(header).empty());
  CHECK(Unanchored({}).empty());
  CHECK(Unanchored(header.substr(0, header.size() - 2) + "." + payload + "." + Mixed(43)).empty());
  CHECK(Unanchored(crypto::Base64UrlEncode("{\"am\":\"no algorithm\"}") + "." + payload).empty());
  CHECK(Unanchored("eyJ" + Mixed(20) + "." + payload).empty());
}

TEST_CASE("a private key is one that has a body") {
  const std::string kind = std::string("PRIVATE") + " KEY";
  const std::string begin = "-----BEGIN RSA " + kind + "-----";
  const std::string end = "-----END RSA " + kind + "-----";
  const std::string key = begin + "\n" + Mixed(64) + "\n" + Mixed(64) + "==\n" + end;
  CHECK(Unanchored("a\n" + key + "\nb") == std::vector<std::string>{"secret.private_key " + key});
  CHECK(Unanchored("\"" + begin + "\\n" + Mixed(64) + "\\n" + end + "\"").size() == 1);
  CHECK(Unanchored(begin + "\n" + Mixed(64)).size() == 1);
  CHECK(Unanchored("-----BEGIN PGP " + kind + " BLOCK-----\nVersion: GnuPG v2\n\n" + Mixed(64))
            .size() == 1);
  CHECK(Unanchored(begin + "\nanything\n" + end).empty());
  CHECK(Unanchored("-----BEGIN PUBLIC KEY-----\n" + Mixed(64)).empty());
  CHECK(Unanchored("a file that starts with " + begin + " is a key").empty());
}

TEST_CASE("a Discord bot's token has an id, a time and a signature") {
  const std::string id = crypto::Base64UrlEncode("198622483471925248");
  CHECK(Unanchored("token " + id + ".Cl2FMQ." + Mixed(27)).size() == 1);
  CHECK(Unanchored(id + ".Cl2FM." + Mixed(27)).empty());
  CHECK(Unanchored(id + ".Cl2FMQ." + Mixed(20)).empty());
  CHECK(Unanchored("P" + id.substr(1) + ".Cl2FMQ." + Mixed(27)).empty());
}

TEST_CASE("a hostile text costs no more than its length") {
  for (const std::string& unit : {std::string("eyJ."), std::string("-----BEGIN PRIVATE KEY-----"),
                                  std::string("eyJhbGciOiJub25lIn0."), std::string("MTk4.")}) {
    std::string text;
    while (text.size() < 4'000'000) text += unit;
    CHECK(Unanchored(text).size() < text.size() / 16);
  }
}

TEST_CASE("every secret's row is complete, compiles and has one group") {
  std::set<std::string_view> ids;
  for (const Rule& rule : SecretRules()) {
    CAPTURE(rule.id);
    CHECK(ids.insert(rule.id).second);
    CHECK(rule.id.starts_with("secret."));
    CHECK_FALSE(rule.title.empty());
    CHECK_FALSE(rule.reference.empty());
    CHECK(rule.anchors.empty() == rule.pattern.empty());
    if (rule.pattern.empty()) continue;
    const re2::RE2 pattern(re2::StringPiece(rule.pattern.data(), rule.pattern.size()));
    CHECK(pattern.ok());
    CHECK(pattern.NumberOfCapturingGroups() == 1);
  }
  CHECK(ids.size() >= 120);
}

TEST_CASE("placeholders, words and random text are told apart") {
  for (const char* text : {"<password>", "${TOKEN}", "{{ token }}", "%s", "$TOKEN", "@password",
                           "changeme", "xxxxxxxx", "your-api-key", "[KEY]", "AKIAEXAMPLE"}) {
    CAPTURE(text);
    CHECK(IsPlaceholder(text));
  }
  CHECK_FALSE(IsPlaceholder(Mixed(32)));
  CHECK(IsWords("AcceptanceTimeoutSeconds"));
  CHECK(IsWords("notapassword"));
  CHECK_FALSE(IsWords(Mixed(40)));
  CHECK(ShannonEntropy("") == 0);
  CHECK(ShannonEntropy("aaaa") == 0);
  CHECK(ShannonEntropy("abab") == Approx(1));
}

}  // namespace
}  // namespace datamigrate::guardian
